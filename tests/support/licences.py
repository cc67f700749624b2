"""Licences for tests: sound particulars of any kind of document, and houses that hold what their products need."""

from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from kernel.clock import now, shanghai_date
from participants.domain.particulars import NATION, Particular, ParticularType
from participants.models import Document, Organisation
from participants.selectors.profiles import certification_profile

PAPER = b"%PDF-1.4 licence"


@cache
def paper() -> str:
    """The one file that all these licences lie in."""
    return default_storage.save("papers/licence.pdf", ContentFile(PAPER))


def sound(kind: str, code: str) -> dict[str, Any]:
    """Particulars that count today, of a document held by the entity of that code; the nation is covered."""
    return {
        name: _value(name, field, code)
        for name, field in certification_profile().documents[kind].particulars.items()
    }


def license_house(house: Organisation) -> None:
    """Give a house, accepted, one document of each group that its products need."""
    needs = certification_profile().products.get(house.kind, {}).values()
    kinds = sorted({group[0] for groups in needs for group in groups})
    Document.objects.bulk_create(
        Document(
            organisation=house,
            kind=kind,
            particulars=sound(kind, house.code),
            file_type="pdf",
            size=len(PAPER),
            sha256=sha256(PAPER).hexdigest(),
            path=paper(),
            accepted_at=now(),
        )
        for kind in kinds
    )


def _value(name: str, field: Particular, code: str) -> Any:
    today = shanghai_date(now())
    match field.type:
        case ParticularType.CODE:
            return code
        case ParticularType.DIVISIONS:
            return [NATION]
        case ParticularType.YEAR:
            return today.year
        case ParticularType.LEVEL:
            return 3
        case ParticularType.DATE:
            return str(today + timedelta(days=300 if name == "next_test" else -300))
        case _:
            return "演示"

"""What goes on in the place of identifiers that ended."""

from collections.abc import Iterable
from uuid import UUID

from identifiers.domain.codes import Code
from identifiers.errors import UnknownCode
from identifiers.models import Identifier, Succession


def successors_of(identifiers: Iterable[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Identifier → codes of those that followed it, in order; absent where none did. One query."""
    rows = Succession.objects.filter(predecessor__in=set(identifiers)).order_by("successor__code")
    found: dict[UUID, tuple[str, ...]] = {}
    for before, code in rows.values_list("predecessor_id", "successor__code"):
        found[before] = (*found.get(before, ()), code or "")
    return found


def way_on(text: str) -> tuple[str, tuple[str, ...]]:
    """A code in canonical spelling, and the codes that went on in its place: none while it lives, or where it just ended.

    Raises MalformedCode, UnknownCode. Two queries.
    """
    code = str(Code.parse(text))
    row = Identifier.objects.filter(code=code).first()
    if row is None:
        raise UnknownCode(written=code)
    return code, successors_of([row.id]).get(row.id, ())

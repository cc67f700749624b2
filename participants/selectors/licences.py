"""Which products in which cities each party may sell today, and why not: one question for any number of parties."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from kernel.clock import now, shanghai_date
from participants.domain.licences import Held, SalesRights, Shortfall
from participants.models import Document, Organisation
from participants.selectors.profiles import certification_profile

__all__ = ["SalesRights", "Shortfall", "rights_of", "sales_rights"]


def sales_rights(parties: Iterable[UUID], *, today: date | None = None) -> dict[UUID, SalesRights]:
    """The rights of each party by its accepted documents; ids that are no party's are absent.

    Two queries however many parties, and one for the clock where no day is given.
    """
    day = today or shanghai_date(now())
    rows = list(Organisation.objects.filter(id__in=set(parties)))
    accepted = Document.objects.filter(organisation__in=rows, accepted_at__isnull=False)
    held: dict[UUID, list[Held]] = {row.id: [] for row in rows}
    for owner, *facts in accepted.values_list("organisation_id", "kind", "valid_until", "particulars"):
        held[owner].append(Held(*facts))
    return {row.id: rights_of(row, held[row.id], day) for row in rows}


def rights_of(row: Organisation, held: list[Held], today: date) -> SalesRights:
    """What a party of this kind may sell with these documents."""
    profile = certification_profile()
    return SalesRights(
        entity=row.legal_entity,
        products=profile.products.get(row.kind, {}),
        held=held,
        labels=profile.labels,
        today=today,
    )

"""Which products in which cities each party may sell today, and why not: one question for any number of parties."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from kernel.clock import now, shanghai_date
from participants.domain.licences import Held, SalesRights, Shortfall, overdue
from participants.models import Document, Organisation
from participants.selectors.profiles import certification_profile

__all__ = ["SalesRights", "Shortfall", "rights_of", "sales_rights", "turning"]


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


def turning(after: datetime, until: datetime) -> set[UUID]:
    """The parties of which an accepted document counts at one of the two times and not at the other, or for another reason.

    One query where the two are on different days in China, else none. It is asked by the node, who sees all documents.
    """
    before, day = shanghai_date(after), shanghai_date(until)
    if before == day:
        return set()
    accepted = Document.objects.filter(accepted_at__isnull=False)
    rows = accepted.values_list("organisation_id", "kind", "valid_until", "particulars")
    return {owner for owner, *facts in rows if overdue(held := Held(*facts), before) != overdue(held, day)}

"""What the gates ask of a party that sells: whether it is certified and qualified, and its rights by its licences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from kernel.models.suspensions import Suspension, SuspensionCause
from kernel.questions import question
from kernel.tenancy import as_node
from participants.domain.licences import Held, SalesRights
from participants.domain.organisations import OrganisationState
from participants.domain.qualifications import QualificationState
from participants.models import Document, Organisation, Qualification
from participants.selectors.licences import rights_of

__all__ = ["Seller", "sellers"]


@dataclass(frozen=True, slots=True)
class Seller:
    """A party as the gates see it: `certified` and `qualified` as in PartyStanding, `rights` by its accepted documents."""

    kind: str
    certified: bool
    qualified: bool
    rights: SalesRights


def sellers(ids: Iterable[UUID], *, today: date) -> dict[UUID, Seller]:
    """Each party that is one; `today` is the day in China. Two queries, always."""
    wanted = list(set(ids))
    with as_node("whoever deals with a party may know how it stands"):
        rows = _parties(ids=wanted)
        held: dict[UUID, list[Held]] = {row.id: [] for row in rows}
        for owner, *facts in _accepted(ids=wanted):
            held[owner].append(Held(*facts))
    return {
        row.id: Seller(
            kind=row.kind,
            certified=row.state == OrganisationState.CERTIFIED and not row.lapsed,
            qualified=row.granted,
            rights=rights_of(row, held[row.id], today),
        )
        for row in rows
    }


@question
def _parties(*, ids: Iterable[UUID]) -> QuerySet[Any]:
    lapsed = Suspension.objects.filter(
        subject=OuterRef("pk"), closed_at=None, cause=SuspensionCause.CERTIFICATION
    )
    granted = Qualification.objects.filter(organisation=OuterRef("pk"), state=QualificationState.GRANTED)
    rows = Organisation.objects.filter(id__among=ids).only("kind", "state", "legal_entity")
    return rows.annotate(lapsed=Exists(lapsed), granted=Exists(granted))


@question
def _accepted(*, ids: Iterable[UUID]) -> QuerySet[Any, Any]:
    accepted = Document.objects.filter(organisation__id__among=ids, accepted_at__isnull=False)
    return accepted.values_list("organisation_id", "kind", "valid_until", "particulars")

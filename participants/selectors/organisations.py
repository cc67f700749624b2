"""Who a party is and where it stands: what every floor above asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from kernel.actor import Actor
from kernel.models.suspensions import Suspension, SuspensionCause
from kernel.questions import question
from kernel.selectors.suspensions import open_causes
from kernel.tenancy import as_node
from participants.domain.organisations import OF_THE_MARKET, OrganisationKind, OrganisationState
from participants.domain.qualifications import QualificationState
from participants.errors import NotCertified
from participants.models import Organisation, Qualification


@dataclass(frozen=True, slots=True)
class PartyStanding:
    """A party as the gate, the market and the reports see it.

    `certified`: by two people, and no required document has run out; `qualified`: holds a granted
    qualification; `affiliates`: other organisations of the same or a declared legal entity;
    `size`: micro, small, medium, large or empty.
    """

    id: UUID
    kind: str
    name: str
    code: str
    state: str
    certified: bool
    qualified: bool
    affiliates: frozenset[UUID]
    size: str


def standings(ids: Iterable[UUID]) -> dict[UUID, PartyStanding]:
    """The standing of each organisation; ids that are no organisation's are absent. Four queries, always."""
    with as_node("whoever deals with a party may know how it stands"):
        rows = list(Organisation.objects.filter(id__in=set(ids)))
        suspended = open_causes([row.id for row in rows])
        granted = Qualification.objects.filter(organisation__in=rows, state=QualificationState.GRANTED)
        qualified = set(granted.values_list("organisation_id", flat=True))
        affiliates = affiliates_of(rows)
    return {
        row.id: PartyStanding(
            id=row.id,
            kind=row.kind,
            name=row.name,
            code=row.code,
            state=row.state,
            certified=row.state == OrganisationState.CERTIFIED
            and SuspensionCause.CERTIFICATION not in suspended.get(row.id, []),
            qualified=row.id in qualified,
            affiliates=affiliates[row.id],
            size=row.size,
        )
        for row in rows
    }


def is_registered(organisation: UUID) -> bool:
    """Whether an organisation has this id, whatever became of it."""
    return bool(standings([organisation]))


def affiliates_of(rows: Iterable[Organisation]) -> dict[UUID, frozenset[UUID]]:
    """Organisations of the same legal entity, or declared by one side or the other. One query."""
    own = {row.id: {row.legal_entity, *row.affiliate_entities} - {""} for row in rows}
    entities = sorted(set[str]().union(*own.values()))
    near = Organisation.objects.filter(legal_entity__in=entities) | Organisation.objects.filter(
        affiliate_entities__overlap=entities
    )
    known = list(near.values_list("id", "legal_entity", "affiliate_entities"))
    return {
        row.id: frozenset(
            other
            for other, entity, declared in known
            if other != row.id and (entity in own[row.id] or row.legal_entity in declared)
        )
        for row in rows
    }


def operator_s_own() -> list[PartyStanding]:
    """The node's operator and the organisations affiliated with it, as far as either side declares. Six queries."""
    rows = list(Organisation.objects.filter(kind=OrganisationKind.OPERATOR))
    ids = {row.id for row in rows}.union(*affiliates_of(rows).values())
    return list(standings(ids).values())


def require_certified(actor: Actor) -> None:
    """Raise NotCertified where the actor's organisation is not certified, or its certification has lapsed."""
    assert actor.tenant_id is not None  # noqa: S101 - members act here
    standing = standings([actor.tenant_id]).get(actor.tenant_id)
    if standing is None or not standing.certified:
        raise NotCertified(organisation=actor.tenant_id)


@dataclass(frozen=True, slots=True)
class BuyerStanding:
    """Whether two people have certified who buys, whatever ran out since, and whether an instruction of the regulator stops it."""

    certified: bool
    instructed: bool


def buyer_standing(buyer: UUID) -> BuyerStanding:
    """How who buys stands, by one statement."""
    ((state, instructed),) = _buyer(id=buyer)
    return BuyerStanding(certified=state == OrganisationState.CERTIFIED, instructed=instructed)


@question
def _buyer(*, id: UUID) -> QuerySet[Organisation, Any]:  # noqa: A002 - the field's name
    instruction = Suspension.objects.filter(
        subject=OuterRef("id"), closed_at=None, cause=SuspensionCause.INSTRUCTION.value
    )
    return Organisation.objects.filter(id=id).values_list("state", Exists(instruction))


def certified_by_kind() -> dict[str, int]:
    """How many organisations of each kind are certified; kinds with none are absent."""
    rows = Organisation.objects.filter(state=OrganisationState.CERTIFIED).values_list("kind")
    return dict(rows.annotate(parties=Count("id")).order_by("kind"))


def certified_parties() -> int:
    """How many certified organisations take part in the market; who runs the node or watches it is none of them."""
    return sum(count for kind, count in certified_by_kind().items() if kind in OF_THE_MARKET)


def parties_of(code: str) -> list[UUID]:
    """The parties of the market with this code: one, or several where one legal entity has several roles."""
    own = (OrganisationKind.REGULATOR, OrganisationKind.OPERATOR)
    return list(
        Organisation.objects.filter(code=code)
        .exclude(kind__in=own)
        .order_by("id")
        .values_list("id", flat=True)
    )

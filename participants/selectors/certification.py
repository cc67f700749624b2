"""What an organisation still lacks, and whose certification has lapsed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from kernel.models.base import EntityQuerySet
from kernel.selectors.suspensions import open_causes
from participants.domain.cases import UNDECIDED
from participants.domain.licences import Held, Shortfall, Want
from participants.domain.organisations import OrganisationState
from participants.domain.qualifications import QualificationState
from participants.models import Document, Organisation
from participants.selectors.licences import rights_of
from participants.selectors.organisations import standings
from participants.selectors.profiles import certification_profile


def pending(organisation: Organisation) -> EntityQuerySet[Document]:
    """The evidence that waits for a decision."""
    return organisation.documents.filter(accepted_at=None, refused_at=None)


class Lapse(NamedTuple):
    """A required document that ran out and was not renewed."""

    organisation: UUID
    document: UUID


def shortfalls(
    organisation: Organisation, wanted: Sequence[str], *, today: date, accepted_only: bool
) -> list[Shortfall]:
    """What is missing or expired of the wanted document kinds; submitted files count unless `accepted_only`."""
    held = organisation.documents.filter(kind__in=wanted, refused_at=None)
    if accepted_only:
        held = held.filter(accepted_at__isnull=False)
    return certification_profile().shortfalls(wanted, held.values_list("kind", "valid_until"), today)


def certification_shortfalls(
    organisation: Organisation, *, today: date, accepted_only: bool
) -> list[Shortfall]:
    """What the organisation lacks for its certification; nothing for kinds that show no documents.

    Where the kind sells products, also what the product lacks for which it lacks the least.
    """
    wanted = certification_profile().certification.get(organisation.kind, ())
    found = shortfalls(organisation, wanted, today=today, accepted_only=accepted_only)
    return found + licence_shortfalls(organisation, today=today, accepted_only=accepted_only)


def licence_shortfalls(organisation: Organisation, *, today: date, accepted_only: bool) -> list[Shortfall]:
    """What the party lacks to sell at least one product of its kind; empty where it may sell one."""
    held = organisation.documents.filter(refused_at=None)
    if accepted_only:
        held = held.filter(accepted_at__isnull=False)
    facts = [Held(*row) for row in held.values_list("kind", "valid_until", "particulars")]
    rights = rights_of(organisation, facts, today)
    return min((rights.why_not(product) for product in rights.products), key=len, default=[])


def lapses(*, today: date) -> list[Lapse]:
    """The newest expired document of each required kind that no valid, accepted one follows."""
    accepted = Document.objects.filter(accepted_at__isnull=False)
    renewed = accepted.filter(organisation=OuterRef("organisation"), kind=OuterRef("kind")).filter(
        Q(valid_until=None) | Q(valid_until__gte=today)
    )
    rows = (
        accepted.filter(organisation__state=OrganisationState.CERTIFIED, valid_until__lt=today)
        .exclude(Exists(renewed))
        .order_by("organisation_id", "kind", "-valid_until", "-id")
        .distinct("organisation_id", "kind")
        .values_list("organisation_id", "id", "kind", "organisation__kind")
    )
    required = certification_profile().certification
    return [Lapse(owner, document) for owner, document, kind, of in rows if kind in required.get(of, ())]


@dataclass(frozen=True, slots=True)
class CertificationReport:
    """Where an organisation stands, with every reason why it could not sell."""

    state: str
    certified: bool
    qualified: bool
    qualification_until: date | None
    shortfalls: list[Shortfall]
    suspensions: list[str]
    code_check: str
    affiliates: list[UUID]
    case: UUID | None
    profile: str

    @property
    def affiliated(self) -> bool:
        """Whether another organisation here is the same legal entity, or one declares the other."""
        return bool(self.affiliates)


def certification_report(organisation: Organisation, *, today: date) -> CertificationReport:
    """What the party itself, the operator and the regulator read about its standing."""
    standing = standings([organisation.id])[organisation.id]
    granted = organisation.qualifications.filter(state=QualificationState.GRANTED).first()
    return CertificationReport(
        state=standing.state,
        certified=standing.certified,
        qualified=standing.qualified,
        qualification_until=granted.valid_until if granted else None,
        shortfalls=_still_lacking(organisation, today=today),
        suspensions=open_causes([organisation.id]).get(organisation.id, []),
        code_check=organisation.code_check,
        affiliates=sorted(standing.affiliates),
        case=organisation.cases.filter(state__in=UNDECIDED).values_list("id", flat=True).first(),
        profile=certification_profile().version,
    )


def _still_lacking(organisation: Organisation, *, today: date) -> list[Shortfall]:
    """What the accepted documents lack: of what the submitted ones make good, that it is in review."""
    found = certification_shortfalls(organisation, today=today, accepted_only=True)
    if not found:
        return found
    lacking = certification_shortfalls(organisation, today=today, accepted_only=False)
    kinds = {each.document for each in lacking}
    return lacking + [
        replace(each, want=Want.IN_REVIEW, said=None) for each in found if each.document not in kinds
    ]

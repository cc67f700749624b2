"""What people decide: a code under review, and a case by two, the second of whom certifies."""

from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now, shanghai_date
from kernel.errors import SamePerson
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.services.outbox import publish
from kernel.services.suspensions import open_suspension
from participants import events
from participants.domain import organisations
from participants.domain.credit_codes import CERTIFIABLE, REVIEW, CodeCheck
from participants.domain.licences import Shortfall
from participants.domain.notices import CERTIFIED, REFUSED
from participants.domain.organisations import OrganisationState
from participants.errors import CertificationIncomplete, CodeUnconfirmed
from participants.models import Case, Decision, Organisation
from participants.selectors.certification import certification_shortfalls, lapses
from participants.selectors.profiles import certification_profile
from participants.services.cases import locked, require_reviewer
from participants.services.documents import accept_pending, refuse_pending
from participants.services.mail import write_to_administrators


@transaction.atomic
def review_code(*, organisation: Organisation, confirmed: bool, reason: str, actor: Actor) -> Organisation:
    """Say, having compared it with the licence, that a code which failed its check character is right or is not.

    Raises StateConflict for a code that waits for no review.
    """
    profile = certification_profile()
    profile.require_decider("review_code", actor.roles)
    act = "confirm_code" if confirmed else "refuse_code"
    row = Organisation.objects.select_for_update().get(id=organisation.id)
    row.code_check = REVIEW.after(act, row.code_check)
    row.advance("code_check")
    Decision.objects.create(
        organisation=row,
        case="code",
        act=act,
        reason=reason,
        profile=profile.version,
        decided_by=actor.person,
    )
    publish(events.CodeReviewed(subject=row.id, tenant=row.id, outcome=row.code_check), actor=actor)
    return row


@transaction.atomic
def check_case(*, case: Case, actor: Actor) -> Case:
    """The reviewer finds the evidence complete; a second person decides.

    Raises NotYourCase, CodeUnconfirmed, CertificationIncomplete.
    """
    row = _decided(case, "check", "", actor)
    require_reviewer(row, actor)
    _require_certifiable(row.organisation)
    row.checked_by = actor.person
    row.advance("state", "checked_by")
    profile = certification_profile().version
    publish(events.CaseChecked(subject=row.id, tenant=row.organisation_id, profile=profile), actor=actor)
    return row


@transaction.atomic
def certify_case(*, case: Case, actor: Actor) -> Case:
    """The second person certifies: the organisation may trade, and what the case brought counts from now on.

    Raises SamePerson for who checked, CodeUnconfirmed, CertificationIncomplete.
    """
    row = _decided(case, "certify", "", actor)
    if row.checked_by == actor.person:
        raise SamePerson
    party = row.organisation
    _require_certifiable(party)
    accept_pending(case=row, actor=actor)
    party.state = organisations.LIFE.after("certify", party.state)
    party.advance("state")
    _close(row, actor)
    publish(
        events.OrganisationCertified(
            subject=party.id,
            tenant=party.id,
            kind=party.kind,
            case=row.id,
            profile=certification_profile().version,
        ),
        actor=actor,
    )
    write_to_administrators(
        organisation=party.id, letter=CERTIFIED, supervision=True, name=party.name, id=party.id
    )
    return row


@transaction.atomic
def refuse_case(*, case: Case, reason: str, actor: Actor) -> Case:
    """Refuse an application, with the reason that its applicant reads; what was certified before, stands."""
    row = _decided(case, "refuse", reason, actor)
    party = row.organisation
    refuse_pending(case=row, reason=reason, actor=actor)
    if party.state != OrganisationState.CERTIFIED:
        party.state = organisations.LIFE.after("refuse", party.state)
        party.advance("state")
    row.reason = reason
    _close(row, actor)
    publish(events.OrganisationRefused(subject=party.id, tenant=party.id, case=row.id), actor=actor)
    write_to_administrators(
        organisation=party.id, letter=REFUSED, supervision=True, name=party.name, id=party.id, reason=reason
    )
    return row


@transaction.atomic
def withdraw_case(*, case: Case, actor: Actor) -> Case:
    """The applicant takes the case back, and its evidence with it; the next document opens another."""
    row = locked(case, "withdraw")
    refuse_pending(case=row, reason="申请人撤回 / withdrawn by the applicant", actor=actor)
    row.advance("state")
    publish(events.CaseWithdrawn(subject=row.id, tenant=row.organisation_id), actor=actor)
    return row


@transaction.atomic
def suspend_lapsed() -> None:
    """Stop new sale by whoever's required document has run out; again changes nothing."""
    for lapse in lapses(today=shanghai_date(now())):
        open_suspension(
            subject=lapse.organisation,
            tenant=lapse.organisation,
            cause=SuspensionCause.CERTIFICATION,
            scope=SuspensionScope.NEW_SALE,
            reference=lapse.document,
            actor=SYSTEM,
        )


def _decided(case: Case, act: str, reason: str, actor: Actor) -> Case:
    """The locked case in its next state (not saved), with the step written into the history."""
    profile = certification_profile()
    profile.require_decider(f"{act}_case", actor.roles)
    row = locked(case, act)
    Decision.objects.create(
        organisation=row.organisation,
        of_case=row,
        case="certification",
        act=act,
        reason=reason,
        profile=profile.version,
        decided_by=actor.person,
    )
    return row


def _close(case: Case, actor: Actor) -> None:
    case.decided_by, case.decided_at = actor.person, now()
    case.advance("state", "decided_by", "decided_at", "reason")


def _require_certifiable(party: Organisation) -> None:
    """Raise CodeUnconfirmed or CertificationIncomplete where the code or a document stands in the way."""
    state = CodeCheck(party.code_check)
    if state not in CERTIFIABLE:
        raise CodeUnconfirmed(written=party.code, state_zh=state.label.zh, state_en=state.label.en)
    if found := certification_shortfalls(party, today=shanghai_date(now()), accepted_only=False):
        raise CertificationIncomplete(
            missing_zh=_joined("、", found, "zh"), missing_en=_joined(", ", found, "en")
        )


def _joined(mark: str, found: list[Shortfall], language: str) -> str:
    return mark.join(each.text.within(language) for each in found)

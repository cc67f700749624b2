"""Certification as a case of two people: check, certify, refuse; and what happens when a document runs out."""

from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now, shanghai_date
from kernel.errors import SamePerson
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.services.outbox import publish
from kernel.services.suspensions import open_suspension
from participants import events
from participants.domain.certification import Shortfall
from participants.domain.credit_codes import CERTIFIABLE, REVIEW, CodeCheck
from participants.domain.organisations import LIFE
from participants.errors import CertificationIncomplete, CodeUnconfirmed
from participants.models import Decision, Organisation
from participants.selectors.certification import certification_shortfalls, lapses
from participants.selectors.profiles import certification_profile
from participants.services.documents import accept_document


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
        decided_by=actor.user_id,
    )
    publish(events.CodeReviewed(subject=row.id, tenant=row.id, outcome=row.code_check), actor=actor)
    return row


@transaction.atomic
def check_organisation(*, organisation: Organisation, actor: Actor) -> Organisation:
    """The first person finds the documents complete, and accepts them.

    Raises CodeUnconfirmed, CertificationIncomplete.
    """
    row = _decided(organisation, "check", "", actor)
    _require_code(row)
    _require_complete(certification_shortfalls(row, today=shanghai_date(now()), accepted_only=False))
    for document in row.documents.filter(accepted_at=None).order_by("id"):
        accept_document(document=document, actor=actor)
    row.checked_by = actor.person
    row.advance("state", "checked_by")
    profile = certification_profile().version
    publish(events.OrganisationChecked(subject=row.id, tenant=row.id, profile=profile), actor=actor)
    return row


@transaction.atomic
def certify_organisation(*, organisation: Organisation, actor: Actor) -> Organisation:
    """The second person certifies. Raises SamePerson for who checked, CodeUnconfirmed, CertificationIncomplete."""
    row = _decided(organisation, "certify", "", actor)
    if row.checked_by == actor.person:
        raise SamePerson
    _require_code(row)
    _require_complete(certification_shortfalls(row, today=shanghai_date(now()), accepted_only=True))
    row.certified_by = actor.person
    row.advance("state", "certified_by")
    profile = certification_profile().version
    publish(
        events.OrganisationCertified(subject=row.id, tenant=row.id, kind=row.kind, profile=profile),
        actor=actor,
    )
    return row


@transaction.atomic
def refuse_organisation(*, organisation: Organisation, reason: str, actor: Actor) -> Organisation:
    """Refuse an application, with the reason that its applicant reads."""
    row = _decided(organisation, "refuse", reason, actor)
    row.advance("state")
    publish(events.OrganisationRefused(subject=row.id, tenant=row.id), actor=actor)
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


def _decided(organisation: Organisation, act: str, reason: str, actor: Actor) -> Organisation:
    """The locked row in its next state (not saved), with the decision written."""
    profile = certification_profile()
    profile.require_decider(f"{act}_organisation", actor.roles)
    row = Organisation.objects.select_for_update().get(id=organisation.id)
    row.state = LIFE.after(act, row.state)
    Decision.objects.create(
        organisation=row,
        case="certification",
        act=act,
        reason=reason,
        profile=profile.version,
        decided_by=actor.user_id,
    )
    return row


def _require_code(row: Organisation) -> None:
    state = CodeCheck(row.code_check)
    if state not in CERTIFIABLE:
        raise CodeUnconfirmed(written=row.code, state_zh=state.label.zh, state_en=state.label.en)


def _require_complete(found: list[Shortfall]) -> None:
    if found:
        raise CertificationIncomplete(
            missing_zh="、".join(each.text.zh for each in found),
            missing_en=", ".join(each.text.en for each in found),
        )

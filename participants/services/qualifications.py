"""The qualification of resale and dispatch providers: two people decide, a last day ends it."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now, shanghai_date
from kernel.errors import InvalidField
from kernel.events import Event
from kernel.models.proposals import Proposal
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from kernel.services.suspensions import close_suspension, open_suspension
from participants import events
from participants.domain.certification import counts
from participants.domain.notices import QUALIFICATION
from participants.domain.organisations import OrganisationState
from participants.domain.qualifications import LIFE, OVER, QualificationAct, QualificationState
from participants.errors import NotQualifiable, NotQualified
from participants.models import Decision, Organisation, Qualification
from participants.selectors.certification import shortfalls
from participants.selectors.profiles import certification_profile
from participants.services.mail import write_to_administrators

KIND = "participants.qualification"


@transaction.atomic
def propose_qualification(
    *,
    organisation: Organisation,
    act: QualificationAct,
    reason: str,
    valid_until: date | None,
    actor: Actor,
) -> Proposal:
    """Ask a second person to grant (until a last day), suspend, restore or revoke a qualification.

    Raises NotQualifiable, NotQualified, StateConflict, or InvalidField for a grant without a coming last day.
    """
    certification_profile().require_decider("propose_qualification", actor.roles)
    today = shanghai_date(now())
    if act is QualificationAct.GRANT:
        if valid_until is None or not counts(valid_until, today):
            raise InvalidField(
                pointer="/valid_until",
                reason_zh="授予资质须填写尚未过去的有效期截止日。",
                reason_en="A grant states its last day, and the day has not passed.",
            )
        _require_qualifiable(organisation, today)
    else:
        LIFE.after(act, _current(organisation.id).state)
    terms = {"act": act.value, "reason": reason, "valid_until": str(valid_until or "")}
    return propose_act(kind=KIND, subject=organisation.id, terms=terms, actor=actor)


@four_eyes(KIND, operation="participants.certify_case")
@transaction.atomic
def decide_qualification(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Let the proposed act happen to organisation `subject`, once a second person has approved."""
    certification_profile().require_decider("approve_qualification", actor.roles)
    organisation = Organisation.objects.select_for_update().get(id=subject)
    act = QualificationAct(terms["act"])
    if act is QualificationAct.GRANT:
        _require_qualifiable(organisation, shanghai_date(now()))
        last_day = date.fromisoformat(terms["valid_until"])
        row = Qualification.objects.create(organisation=organisation, valid_until=last_day)
        _announce(
            row,
            act,
            terms["reason"],
            actor,
            events.QualificationGranted(subject=row.id, tenant=subject, valid_until=last_day),
        )
        return
    row = _current(subject)
    _move(row, act, terms["reason"], actor, ANNOUNCED[act](subject=row.id, tenant=subject))


@transaction.atomic
def expire_qualifications() -> None:
    """End the qualifications whose last day has passed."""
    due = Qualification.objects.select_for_update().exclude(state__in=OVER)
    for row in due.filter(valid_until__lt=shanghai_date(now())).order_by("id"):
        event = events.QualificationExpired(subject=row.id, tenant=row.organisation_id)
        _move(row, "expire", "有效期届满 / the last day has passed", SYSTEM, event)


ANNOUNCED = {
    QualificationAct.SUSPEND: events.QualificationSuspended,
    QualificationAct.RESTORE: events.QualificationRestored,
    QualificationAct.REVOKE: events.QualificationRevoked,
}


def _current(organisation: UUID) -> Qualification:
    row = (
        Qualification.objects.select_for_update()
        .filter(organisation=organisation)
        .exclude(state__in=OVER)
        .first()
    )
    if row is None:
        raise NotQualified
    return row


def _move(row: Qualification, act: str, reason: str, actor: Actor, event: Event) -> None:
    """Take the locked row to its next state; a suspension stops new sale by the party as a whole."""
    row.state = LIFE.after(act, row.state)
    row.advance("state")
    party, cause = row.organisation_id, SuspensionCause.QUALIFICATION
    if row.state == QualificationState.SUSPENDED:
        scope = SuspensionScope.NEW_SALE
        open_suspension(subject=party, tenant=party, cause=cause, scope=scope, reference=row.id, actor=actor)
    else:
        close_suspension(subject=party, tenant=party, cause=cause, reference=row.id, actor=actor)
    _announce(row, act, reason, actor, event)


def _announce(row: Qualification, act: str, reason: str, actor: Actor, event: Event) -> None:
    Decision.objects.create(
        organisation_id=row.organisation_id,
        case="qualification",
        act=act,
        reason=reason,
        profile=certification_profile().version,
        decided_by=actor.user_id,
    )
    publish(event, actor=actor)
    label = QualificationState(row.state).label
    write_to_administrators(
        organisation=row.organisation_id,
        letter=QUALIFICATION,
        supervision=True,
        name=row.organisation.name,
        state_zh=label.zh,
        state_en=label.en,
        last_day=row.valid_until,
        reason=reason,
    )


def _require_qualifiable(organisation: Organisation, today: date) -> None:
    wanted = certification_profile().qualification.get(organisation.kind)
    if wanted is None:
        raise NotQualifiable(
            reason_zh="该类型主体无需资质。", reason_en="Organisations of this kind need no qualification."
        )
    if organisation.state != OrganisationState.CERTIFIED:
        raise NotQualifiable(
            reason_zh="请先完成认证，再授予资质。",
            reason_en="Certify it first, then grant its qualification.",
        )
    if Qualification.objects.filter(organisation=organisation).exclude(state__in=OVER).exists():
        raise NotQualifiable(
            reason_zh="该主体已有资质；请恢复或撤销现有资质。",
            reason_en="It holds a qualification; restore or revoke that one.",
        )
    if lacking := shortfalls(organisation, wanted, today=today, accepted_only=True):
        raise NotQualifiable(
            reason_zh=f"尚缺：{'、'.join(each.text.zh for each in lacking)}。",
            reason_en=f"Still missing: {', '.join(each.text.en for each in lacking)}.",
        )

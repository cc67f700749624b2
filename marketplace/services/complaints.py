"""Complaints: filed by a party of an order against another, answered, appealed to the supervision, and mediated."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.errors import Forbidden, InvalidField
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.complaints import DUTIES, LIFE, OPEN, WAITING, ComplaintState
from marketplace.errors import ComplaintOpen, TooEarly, UnknownReference
from marketplace.models import Complaint, ComplaintStep, Order
from marketplace.selectors.profiles import complaint_profile
from scheduling.selectors.installs import ready_at

OVERDUE = "marketplace.note_overdue_complaint"


@transaction.atomic
def file_complaint(
    *, order: UUID, respondent: UUID, matter: str, words: str, request: str, actor: Actor
) -> Complaint:
    """Complain of another party of an order of the caller's, who has the profile's days to answer.

    Raises UnknownReference, InvalidField with who is a party, ComplaintOpen where the caller's last one of the matter is not over.
    """
    assert actor.tenant_id is not None  # noqa: S101 - the table gives it to members of an organisation
    bought = Order.objects.select_for_update(of=("self",), no_key=True).filter(id=order).first()
    if bought is None or actor.tenant_id not in bought.concerned():
        raise UnknownReference(pointer="/order", noun_zh="订单", noun_en="order", id=order)
    others = [str(each) for each in bought.concerned() if each != actor.tenant_id]
    if str(respondent) not in others:
        raise InvalidField(
            pointer="/respondent",
            reason_zh=f"须为该订单的另一方：{'、'.join(others)}。",
            reason_en=f"It is to be another party of the order: {', '.join(others)}.",
        )
    row = Complaint(
        tenant_id=actor.tenant_id, respondent=respondent, order=bought, matter=matter, request=request
    )
    last = Complaint.objects.filter(
        order=bought, tenant_id=row.tenant_id, respondent=respondent, matter=matter, state__in=OPEN
    ).first()
    if last is not None:
        raise ComplaintOpen(pointer="/matter", complaint=last.id)
    row.due_at = _due(row.state, now())
    row.save(force_insert=True)
    _tell(row, "file", actor, words, late=False)
    return row


@transaction.atomic
def answer_complaint(*, complaint: Complaint, words: str, actor: Actor) -> Complaint:
    """The other side answers. Raises StateConflict, Forbidden for anybody else."""
    if actor.tenant_id != complaint.respondent:
        raise Forbidden(operation="marketplace.answer_complaint")
    return _step(_locked(complaint.id), "answer", actor, words)


@transaction.atomic
def appeal_complaint(*, complaint: Complaint, reason: str, actor: Actor) -> Complaint:
    """Whoever complained asks the supervision: the answer does not do, or none came in its time.

    Raises StateConflict, TooEarly while the other side may still answer.
    """
    row = _locked(complaint.id)
    LIFE.after("appeal", row.state)
    if row.state == ComplaintState.FILED and row.due_at is not None and now() < row.due_at:
        raise TooEarly(earliest=row.due_at.isoformat())
    return _step(row, "appeal", actor, reason)


@transaction.atomic
def take_up_complaint(*, complaint: Complaint, actor: Actor) -> Complaint:
    """The supervision takes an appeal up, and mediates. Raises StateConflict."""
    return _step(_locked(complaint.id), "accept", actor)


@transaction.atomic
def dismiss_complaint(*, complaint: Complaint, reason: str, actor: Actor) -> Complaint:
    """The supervision does not take an appeal up, and says why. Raises StateConflict."""
    return _step(_locked(complaint.id), "dismiss", actor, reason)


@transaction.atomic
def say_to_mediation(*, complaint: Complaint, words: str, actor: Actor) -> Complaint:
    """What either side or the supervision says while it is mediated. Raises StateConflict."""
    return _step(_locked(complaint.id), "say", actor, words)


@transaction.atomic
def conclude_mediation(*, complaint: Complaint, agreed: bool, words: str, actor: Actor) -> Complaint:
    """The supervision writes down what both agreed on, or that they did not. Raises StateConflict."""
    return _step(_locked(complaint.id), "agree" if agreed else "fail", actor, words)


@transaction.atomic
def settle_complaint(*, complaint: Complaint, actor: Actor) -> Complaint:
    """Whoever complained says that it is put right. Raises StateConflict."""
    return _step(_locked(complaint.id), "settle", actor)


@transaction.atomic
def withdraw_complaint(*, complaint: Complaint, reason: str, actor: Actor) -> Complaint:
    """Whoever complained asks no more. Raises StateConflict."""
    return _step(_locked(complaint.id), "withdraw", actor, reason)


@transaction.atomic
def note_overdue(*, complaint: UUID) -> None:
    """Mark and announce, once, that whoever has to act next let the time pass."""
    row = _locked(complaint)
    if row.overdue or row.due_at is None or now() < row.due_at:
        return  # it was acted on, and what is due next has its own job
    row.overdue = True
    row.advance("overdue")
    publish(
        events.ComplaintOverdue(
            subject=row.id,
            tenant=row.tenant_id,
            parties=row.concerned(),
            order=row.order_id,
            state=row.state,
            due_at=row.due_at,
        ),
        actor=SYSTEM,
    )


def _locked(complaint: UUID) -> Complaint:
    return Complaint.objects.select_for_update(of=("self",)).get(id=complaint)


def _step(row: Complaint, act: str, actor: Actor, words: str = "") -> Complaint:
    """Take a complaint along one act, which is late where it was somebody's duty and its deadline had passed."""
    before, at, due = row.state, now(), row.due_at
    row.state = LIFE.after(act, before)
    if row.state != before:
        row.due_at, row.overdue = _due(row.state, at), False
    row.advance("state", "due_at", "overdue")
    _tell(row, act, actor, words, late=act in DUTIES and due is not None and due < at)
    return row


def _due(state: str, at: datetime) -> datetime | None:
    """When a complaint that is in a state since an instant must have been acted on; None where nobody has to."""
    profile = complaint_profile()
    days = {
        ComplaintState.FILED: (profile.answer_days, "calendar"),
        ComplaintState.APPEALED: (profile.decide_working_days, "working"),
        ComplaintState.MEDIATING: (profile.mediate_days, "calendar"),
    }
    if state not in days:
        return None
    number, counted = days[ComplaintState(state)]
    return ready_at(at, number, counted, day_seconds=settings.DAY_SECONDS)


def _tell(row: Complaint, act: str, actor: Actor, words: str, *, late: bool) -> None:
    """Keep the step, announce it, and have the next deadline watched."""
    ComplaintStep.objects.create(
        complaint=row,
        version=row.generation,
        act=act,
        after=row.state,
        actor_user=actor.user_id,
        actor_tenant=actor.tenant_id,
        words=words,
        late=late,
    )
    publish(
        events.ComplaintMoved(
            subject=row.id,
            tenant=row.tenant_id,
            parties=row.concerned(),
            order=row.order_id,
            act=act,
            state=row.state,
        ),
        actor=actor,
    )
    if row.state in WAITING and act != "say":
        enqueue_job(
            OVERDUE,
            key=f"complaint:{row.id}:{row.generation}",
            run_at=row.due_at,
            complaint=str(row.id),
        )

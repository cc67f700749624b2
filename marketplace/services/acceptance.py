"""What comes of compute that is there: accepted, by its sheet or by silence, or refused; and the start of billing."""

from uuid import UUID

from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.orders import AcceptanceSheet, Found, OrderState, refusal_act
from marketplace.models import Order
from marketplace.selectors.orders import deemed_at, delivery_of, ordered_cards, service_start
from marketplace.selectors.profiles import last_refusal
from marketplace.selectors.stops import stopped_by_others
from marketplace.services.order_holds import keep_line_for_its_hours, keep_to_its_end
from marketplace.services.order_steps import cancel_undelivered, locked, take_step
from scheduling.selectors.carriers import require_confirmed
from scheduling.selectors.deliveries import UNDELIVERED, deliveries
from scheduling.services.dispatches import dispatch_again
from scheduling.services.openings import bill_line

DEEM = "marketplace.deem_compute"
END = "marketplace.end_order"
WINDOWS_PASSED = "所预留的时间已过，未能交付 / the time that it was kept for passed before it was delivered"

REFUSED_OFTEN = "多次交付均被用户拒收 / its user refused every delivery of its compute, and there is no other"


@transaction.atomic
def accept_compute(*, order: Order, sheet: AcceptanceSheet, line_waived: bool, actor: Actor) -> Order:
    """The user accepts the compute with its sheet; billing of both parts starts once the line is accepted too.

    With `line_waived` it starts at once. Raises AcceptanceMismatch where the sheet differs from the order; then also
    CarrierNotReady until the line's carrier has confirmed it: what runs is never lost to a late no.
    """
    row = locked(order.id)
    sheet.check(ordered_cards(row))
    row.sheet = {"cards": sheet.cards, "model": sheet.model, "memory_gib": sheet.memory_gib}
    row.line_waived = line_waived and row.line_accepted_at is None
    _accept_compute(row, "accept_compute", actor, "sheet", "line_waived")
    if row.line_waived:
        require_confirmed(row.id)
    if row.line_waived or row.line_accepted_at is not None:
        start(row, actor)
    return row


@transaction.atomic
def refuse_compute(*, order: Order, reason: str, found: Found, actor: Actor) -> Order:
    """The user refuses compute that is not as ordered: it is to come again, and silence accepts nothing until it has.

    The provider is told what was found, and its agent is sent the order as the next delivery. The profile's last refusal cancels
    the order instead: what comes wrong so often, or is refused so often, binds nobody. Raises StateConflict where no compute
    is there, or it is accepted.
    """
    row = locked(order.id)
    act, refused = refusal_act(row.state), delivery_of(row)
    row.dispatched_at = row.deemed_at = None
    take_step(row, act, actor, "dispatched_at", "deemed_at", cause=reason, found=found)
    publish(
        events.ComputeRefused(
            subject=row.id,
            tenant=row.tenant_id,
            parties=row.concerned(),
            delivery=refused,
            cards=found.cards,
            model=found.model,
            memory_gib=found.memory_gib,
        ),
        actor=actor,
    )
    if refused < last_refusal():
        dispatch_again(order=row.id, delivery=refused + 1, actor=actor)
    else:
        cancel_undelivered(row, REFUSED_OFTEN)
    return row


@transaction.atomic
def deem_compute(*, order: UUID) -> None:
    """Silence has become acceptance, and billing starts. An order that went on, or is over, is left as it is.

    So is one whose compute was refused and came again: it has a time of its own, and a job for that. Where an instruction
    to anybody but its user stops it, nobody can look at what is there: its time begins anew (`note_silence`).
    """
    row, at = locked(order), now()
    if row.state != OrderState.AWAITING_USER or row.deemed_at is None or row.deemed_at > at:
        return
    if _note_silence(row):
        return
    _accept_compute(row, "deem", SYSTEM)
    start(row, SYSTEM)


def await_silence() -> None:
    """Give each order that waits for its user without a time of silence one from now on, unless it is stopped.

    Such are those that nobody told of the end of their stop, and what an earlier release delivered, which knew of no silence.
    """
    rows = Order.objects.filter(state=OrderState.AWAITING_USER, deemed_at=None)
    for order in rows.order_by("id").values_list("id", flat=True):
        note_silence(order=order)


@transaction.atomic
def note_silence(*, order: UUID) -> None:
    """Silence accepts nothing while anybody but the user is stopped, and its time begins anew once nobody is. Once more, nothing is done."""
    row = locked(order)
    if row.state == OrderState.AWAITING_USER:
        _note_silence(row)


def _note_silence(row: Order) -> bool:
    """Whether it is stopped, so that it has no time of silence; it has one otherwise."""
    at = now()
    stopped = stopped_by_others(row, at)
    if stopped == (row.deemed_at is not None):
        row.deemed_at = None if stopped else deemed_at(row, at, at)
        row.advance("deemed_at")
        if not stopped:
            _enqueue_deem(row)
    return stopped


def _accept_compute(row: Order, act: str, actor: Actor, *fields: str) -> None:
    take_step(row, act, actor, *fields)
    publish(
        events.ComputeAccepted(
            subject=row.id,
            tenant=row.tenant_id,
            parties=row.concerned(),
            line_waived=row.line_waived,
            deemed=act == "deem",
        ),
        actor=actor,
    )


def deliver(row: Order, since: str) -> None:
    """Both parts are there, since the field's time: the user is to accept, and silence is acceptance after a while."""
    line = deliveries([row.id]).get(row.id, UNDELIVERED).delivered_at or row.line_accepted_at
    assert row.dispatched_at is not None  # noqa: S101 - both are there
    assert line is not None  # noqa: S101
    row.deemed_at = deemed_at(row, getattr(row, since), max(row.dispatched_at, line))
    take_step(row, "deliver", SYSTEM, since, "deemed_at")
    _enqueue_deem(row)
    _note_silence(row)


def _enqueue_deem(row: Order) -> None:
    enqueue_job(DEEM, key=f"deem_compute:{row.id}:{row.generation}", run_at=row.deemed_at, order=str(row.id))


def start(row: Order, actor: Actor) -> None:
    """Billing of compute and line starts; an order whose time has passed is cancelled instead."""
    if row.ends_by is not None and row.ends_by <= now():  # before its job came round
        cancel_undelivered(row, WINDOWS_PASSED)
        return
    row.billing_started_at = service_start(row, now())
    row.ends_by = keep_to_its_end(row, actor)
    take_step(row, "start", actor, "billing_started_at", "ends_by")
    bill_line(order=row.id, at=row.billing_started_at, actor=actor)
    if row.line_accepted_at is not None:
        keep_line_for_its_hours(row, actor)
    enqueue_job(END, key=f"end:{row.id}", run_at=row.ends_by, order=str(row.id))
    publish(
        events.BillingStarted(
            subject=row.id,
            tenant=row.tenant_id,
            parties=row.concerned(),
            offer=row.offer,
            at=row.billing_started_at,
        ),
        actor=actor,
    )

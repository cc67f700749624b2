"""The life of an order, act by act: place, accept, reject, cancel, deliver, end; `acceptance` is what comes of its compute."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.events import Event
from kernel.locks import Lock, take_lock
from kernel.services.hold_accounts import forgive_lapse
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.orders import LIFE, UNACCEPTED, UNDELIVERED, OrderState, acceptance_act
from marketplace.errors import ClientRefReused, DeliveredAlready, TooEarly
from marketplace.models import Order
from marketplace.selectors.orders import (
    delivery_of,
    is_billed,
    least_end,
    line_kept,
    part_of,
    schedule_of_order,
    service_start,
)
from marketplace.selectors.stops import stopped_by_others
from marketplace.services.acceptance import WINDOWS_PASSED, deliver, start
from marketplace.services.line_changes import end_changes
from marketplace.services.order_holds import ends_by, hold_order, keep_line_for_its_hours
from marketplace.services.order_steps import cancel_undelivered, locked, note_step, standing, take_step, undo
from marketplace.services.quotes import order_quote
from marketplace.services.vouchers import release_claim
from scheduling.selectors.maintenance import has_conflict
from scheduling.selectors.selections import bundle as bundle_facts
from scheduling.services.dispatches import dispatch_end, dispatch_order
from scheduling.services.holds import confirm_bundle, give_back_line, release_bundle
from scheduling.services.openings import bill_line, close_line, contract_line, preoccupy_line

GIVE_UP = "marketplace.give_up_order"
CARRIER_LOST = "线路商未能保留该专线 / the line's carrier could not keep it"
NOT_BUILDABLE = "工勘表明 A 端无法建设 / the survey found that the line's A end cannot be built"


@transaction.atomic
def place_order(*, quote: UUID, client_ref: str, actor: Actor, hold: UUID | None = None) -> Order:
    """Order a quote: compute and every span of the line are held together, or nothing is and no order exists.

    For a quote with a schedule they are held in each of its windows. With a `hold` that keeps as much in the same windows,
    that becomes the order's. The same (tenant, client_ref, quote) answers with the same order, for ever. Raises
    UnknownReference, ClientRefReused, QuoteUsed, QuoteExpired, QuoteAltered, SoldOut, NotSellable, HoldQuotaReached,
    HoldsLapse; with a hold HoldMismatch and StateConflict; for a quote by a line quote LineQuoteExpired,
    HoldGone and StateConflict: what that keeps of the line becomes the order's too.
    """
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    take_lock(Lock.LEDGER, f"order:{actor.tenant_id}:{client_ref}")
    known = Order.objects.filter(tenant_id=actor.tenant_id, client_ref=client_ref).first()
    if known is not None:
        if known.quote_id != quote:
            raise ClientRefReused(pointer="/client_ref", client_ref=client_ref, order=known.id)
        return known
    order = order_quote(quote, client_ref, actor.tenant_id)
    note_step(order, "place", "", actor)
    order.held_until, facts = hold_order(order, hold, actor)
    preoccupy_line(
        order=order.id,
        facts=facts,
        user=order.tenant_id,
        held_until=order.held_until,
        schedule=schedule_of_order(order),
        actor=actor,
    )
    order.ends_by = ends_by(order)
    take_step(order, "hold", actor, "held_until", "ends_by")
    publish(
        events.OrderPlaced(
            subject=order.id,
            tenant=order.tenant_id,
            parties=order.concerned(),
            compute_provider=order.compute_provider,
            line_provider=order.line_provider,
            offer=order.offer,
            total_fen=order.total_fen,
        ),
        actor=actor,
    )
    return order


@transaction.atomic
def accept_order(*, order: Order, actor: Actor) -> Order:
    """A provider accepts its part; with the second acceptance the hold becomes a contract and delivery starts.

    Raises Forbidden for anybody but the two providers, StateConflict for a part that was accepted or a hold that ran out,
    NotSellable where the gate has closed since.
    """
    row = locked(order.id)
    part = part_of(row, actor)
    take_step(row, acceptance_act(part, row.state), actor)
    publish(
        events.OrderPartAccepted(
            subject=row.id, tenant=row.tenant_id, parties=row.concerned(), part=part.value
        ),
        actor=actor,
    )
    if row.state == OrderState.ACCEPTED:
        facts = bundle_facts(row.quote.selection, row.quote.bundle)
        confirm_bundle(bundle=row.id, facts=facts, actor=actor)
        row.held_until = None
        publish(
            events.OrderAccepted(
                subject=row.id, tenant=row.tenant_id, parties=row.concerned(), total_fen=row.total_fen
            ),
            actor=actor,
        )
        take_step(row, "open", actor, "held_until")
        if row.ends_by is not None:
            enqueue_job(GIVE_UP, key=f"give_up:{row.id}", run_at=row.ends_by, order=str(row.id))
        contract_line(order=row.id, actor=actor)
        dispatch_order(
            order=row.id,
            offer=row.offer,
            provider=row.compute_provider,
            quantity=facts.quantity,
            user=row.tenant_id,
            actor=actor,
        )
    return row


@transaction.atomic
def reject_order(*, order: Order, reason: str, actor: Actor) -> Order:
    """A provider refuses its part with a reason: everything held is free again."""
    row = locked(order.id)
    part_of(row, actor)
    assert actor.tenant_id is not None  # noqa: S101 - it is one of the two providers
    event = events.OrderRejected(
        subject=row.id, tenant=row.tenant_id, parties=row.concerned(), by=actor.tenant_id
    )
    return undo(row, "reject", reason, event, actor)


@transaction.atomic
def cancel_order(*, order: Order, reason: str, actor: Actor) -> Order:
    """The user withdraws: everything held or confirmed is free again, and nothing is owed.

    Once both parts are there only while maintenance or an instruction to anybody else is in its way, and not after billing began.
    Raises StateConflict, DeliveredAlready.
    """
    row = locked(order.id)
    if not _left_free(row, now()):
        LIFE.after("cancel", row.state)
        raise DeliveredAlready
    return _cancel(row, reason, actor)


def _left_free(row: Order, at: datetime) -> bool:
    """Whether its user leaves an order for nothing: it is not billed, and one of its parts is not there, or may not serve."""
    there = row.line_accepted_at is not None and row.state in (OrderState.AWAITING_USER, OrderState.RUNNING)
    return not is_billed(row, at) and (not there or has_conflict(row.id) or stopped_by_others(row, at))


def _cancel(row: Order, reason: str, actor: Actor) -> Order:
    row.billing_started_at = None
    event = events.OrderCancelled(subject=row.id, tenant=row.tenant_id, parties=row.concerned())
    return undo(row, "cancel", reason, event, actor)


@transaction.atomic
def lose_line(*, order: UUID, reason: str = CARRIER_LOST) -> None:
    """The order's line cannot be had: the order is rejected, or cancelled where its contract stood already.

    One that was not accepted while the carrier kept it has expired. One that runs without it, since its user did not wait for it,
    runs on: what it kept of the line is free. An order that is over is left as it is.
    """
    row = locked(order)
    if row.state in UNACCEPTED and standing(row) == OrderState.EXPIRED:
        _expire(row)
    elif row.state in UNACCEPTED:
        event: Event = events.OrderRejected(
            subject=row.id, tenant=row.tenant_id, parties=row.concerned(), by=row.line_provider
        )
        undo(row, "reject", reason, event, SYSTEM)
    elif row.state in UNDELIVERED:
        cancel_undelivered(row, reason)
    elif row.state == OrderState.RUNNING:
        give_back_line(bundle=row.id, spans=line_kept(row).spans, actor=SYSTEM)


@transaction.atomic
def expire_order(*, order: UUID) -> None:
    """The hold ran out before both had accepted: its providers were silent, and not its user. An order that went on, or expired before, is left as it is."""
    row = Order.objects.select_for_update(of=("self",)).filter(id=order).first()
    if row is None or row.state not in UNACCEPTED:
        return
    forgive_lapse(tenant=row.tenant_id)
    _expire(row)


def _expire(row: Order) -> None:
    event = events.OrderExpired(subject=row.id, tenant=row.tenant_id, parties=row.concerned())
    undo(row, "expire", "", event, SYSTEM)


@transaction.atomic
def note_line_accepted(*, order: UUID) -> None:
    """The line is accepted (or deemed so). A second notice changes nothing."""
    row = locked(order)
    if row.line_accepted_at is not None or row.state in LIFE.terminal:
        return
    row.line_accepted_at = now()
    match row.state:
        case OrderState.OPENING:
            take_step(row, "line_first", SYSTEM, "line_accepted_at")
        case OrderState.AWAITING_LINE:
            deliver(row, "line_accepted_at")
        case OrderState.COMPUTE_ACCEPTED:
            row.advance("line_accepted_at")
            start(row, SYSTEM)
        case _:  # it runs already, since its user did not wait for the line, which is billed from now on
            row.advance("line_accepted_at")
            bill_line(order=row.id, at=service_start(row, row.line_accepted_at), actor=SYSTEM)
            keep_line_for_its_hours(row, SYSTEM)


@transaction.atomic
def note_dispatched(*, order: UUID, delivery: int = 1) -> None:
    """The provider's agent took the order, for the first time or again. A second notice of a delivery changes nothing."""
    row = locked(order)
    if row.dispatched_at is not None or row.state in LIFE.terminal or delivery != delivery_of(row):
        return
    row.dispatched_at = now()
    if row.state == OrderState.OPENING:
        take_step(row, "dispatch_first", SYSTEM, "dispatched_at")
    else:
        deliver(row, "dispatched_at")


@transaction.atomic
def end_order(*, order: UUID, running: bool = True) -> None:
    """The term is over, or (not `running`) what an order was kept for before it ran: one that was not delivered is cancelled.

    What it held is free again. An order that ended before is left as it is.
    """
    row = locked(order)
    if row.state in UNDELIVERED:
        cancel_undelivered(row, WINDOWS_PASSED)
    if running and row.state == OrderState.RUNNING:
        _end(row, SYSTEM, now())


@transaction.atomic
def end_order_early(*, order: Order, reason: str, actor: Actor) -> Order:
    """The user needs the service no more: it ends now, and what it held is free.

    Compute is owed as metered, of the rest the months or hours that began, of the line at least its one-off and minimum term.
    What is there and not billed yet is ended so too: its billing begins and ends now, with nothing for the compute. Where
    it could be cancelled it is: nothing is owed then.
    Raises StateConflict, TooEarly before the offer's least hours are over, unless an instruction to anybody else stops it.
    """
    row = locked(order.id)
    LIFE.after("end", row.state)
    at = now()
    if _left_free(row, at):
        return _cancel(row, reason, actor)
    if not is_billed(row, at):
        row.billing_started_at = at
        release_claim(order=row, actor=actor)
    elif (earliest := least_end(row)) > at and not stopped_by_others(row, at):
        raise TooEarly(earliest=earliest.isoformat())
    row.reason, row.ended_early = reason, True
    _end(row, actor, at)
    return row


def _end(row: Order, actor: Actor, at: datetime) -> None:
    row.ended_at = at
    take_step(row, "end", actor, "billing_started_at", "ended_at", "ended_early", "reason")
    end_changes(order=row.id, actor=actor)
    release_bundle(bundle=row.id, actor=actor)
    close_line(order=row.id, actor=actor)
    dispatch_end(order=row.id, actor=actor)
    publish(events.OrderEnded(subject=row.id, tenant=row.tenant_id, parties=row.concerned()), actor=actor)

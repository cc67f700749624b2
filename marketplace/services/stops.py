"""Telling orders that an instruction of the regulator stops them, and that none does any more."""

from uuid import UUID

from django.db import transaction

from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.orders import STOPPING, OrderState
from marketplace.models import Order
from marketplace.selectors.stops import in_force, orders_on, stops_of_orders
from marketplace.services.acceptance import note_silence
from marketplace.services.order_steps import locked, note_step


@transaction.atomic
def note_stops(*, subject: UUID) -> None:
    """A suspension of the subject began or ended: each order that it concerns is told what is so now, if it runs or waits for its user."""
    for order in orders_on(subject):
        note_stop(order=order)
        note_silence(order=order)


@transaction.atomic
def note_stop(*, order: UUID) -> None:
    """Tell a running order, and its parties, that it is stopped, or served again. Where it knows, nothing is done.

    Whether a reading is taken and what is owed follow from the suspensions themselves: this only tells of them.
    """
    row = locked(order)
    if row.state != OrderState.RUNNING:
        return
    stop = in_force(stops_of_orders([row])[row.id], now())
    if stop is None:
        if row.stopped_at is not None:
            row.stopped_at = row.stopped_by = None
            _step(row, "resume", events.OrderResumed(
                subject=row.id, tenant=row.tenant_id, parties=row.concerned()
            ))  # fmt: skip
    elif row.stopped_by != stop.reference:
        row.stopped_at, row.stopped_by = max(stop.since, row.billing_started_at or stop.since), stop.reference
        _step(row, "stop", events.OrderStopped(
            subject=row.id, tenant=row.tenant_id, parties=row.concerned(), instruction=stop.reference, at=row.stopped_at
        ))  # fmt: skip


def _step(row: Order, act: str, event: events.OrderStopped | events.OrderResumed) -> None:
    """One line of its history; the state stays."""
    STOPPING.after(act, row.state)
    row.advance("stopped_at", "stopped_by")
    cause = "" if row.stopped_by is None else f"instruction {row.stopped_by}"
    note_step(row, act, row.state, SYSTEM, cause=cause)
    publish(event, actor=SYSTEM)

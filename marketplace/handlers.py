"""What the market does when something happens below: holds expire, lines are accepted, services dispatched."""

from kernel.events import on
from kernel.services.capacity import HoldExpired
from kernel.services.suspensions import SuspensionClosed, SuspensionOpened
from marketplace.events import BillingStarted
from marketplace.services import line_changes, order_holds, orders, stops
from scheduling.events import (
    CarrierChangeLost,
    CarrierLineLost,
    CarrierLineMoved,
    LineAccepted,
    LineDeclined,
)
from scheduling.events.dispatches import ServiceDispatched


@on(HoldExpired)
def expire_order(event: HoldExpired) -> None:
    """An order whose hold ran out is expired; other bundles' holds are not ours."""
    orders.expire_order(order=event.subject)


@on(LineAccepted)
def note_line_accepted(event: LineAccepted) -> None:
    """The order's line is accepted."""
    orders.note_line_accepted(order=event.subject)


@on(ServiceDispatched)
def note_dispatched(event: ServiceDispatched) -> None:
    """The order's compute was dispatched."""
    orders.note_dispatched(order=event.subject, delivery=event.delivery)


@on(CarrierLineMoved)
def hold_while_line_kept(event: CarrierLineMoved) -> None:
    """The carrier may have said until when it keeps the order's line; what it keeps for no order is not ours."""
    if event.order is not None:
        order_holds.hold_while_line_kept(order=event.order)


@on(CarrierLineLost)
def lose_line(event: CarrierLineLost) -> None:
    """The carrier keeps nothing for the order: it goes back."""
    orders.lose_line(order=event.subject)


@on(CarrierChangeLost)
def lose_change(event: CarrierChangeLost) -> None:
    """The carrier keeps nothing for a change of a running line: the change comes to nothing."""
    line_changes.lose_change(change=event.subject)


@on(LineDeclined)
def give_up_line(event: LineDeclined) -> None:
    """The line's A end cannot be built: the order is cancelled."""
    orders.lose_line(order=event.subject, reason=orders.NOT_BUILDABLE)


@on(SuspensionOpened)
def stop_orders(event: SuspensionOpened) -> None:
    """Running orders of the party or on the resource may be stopped."""
    stops.note_stops(subject=event.subject)


@on(SuspensionClosed)
def resume_orders(event: SuspensionClosed) -> None:
    """Orders that were stopped may be served again, unless something else stops them."""
    stops.note_stops(subject=event.subject)


@on(BillingStarted)
def stop_at_its_start(event: BillingStarted) -> None:
    """An order may begin to run while an instruction stops it."""
    stops.note_stop(order=event.subject)

"""What scheduling does when something happens below: holds run out."""

from kernel.events import on
from kernel.services.capacity import HoldExpired
from scheduling.services import reservations


@on(HoldExpired)
def expire_hold(event: HoldExpired) -> None:
    """A hold that a firm asked for has run out; an order's own bundle is not ours."""
    reservations.expire_hold(hold=event.subject)

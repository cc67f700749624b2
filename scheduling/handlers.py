"""What scheduling does when something happens below: holds run out."""

from kernel.events import on
from kernel.services.capacity import HoldExpired
from scheduling.services import line_quotes, reservations


@on(HoldExpired)
def expire_hold(event: HoldExpired) -> None:
    """A hold that a firm asked for has run out; an order's own bundle is not ours."""
    reservations.expire_hold(hold=event.subject)


@on(HoldExpired)
def lapse_line_hold(event: HoldExpired) -> None:
    """The pre-occupation of a line quote has run out; other bundles' holds are not ours."""
    line_quotes.lapse_line_hold(quote=event.subject)

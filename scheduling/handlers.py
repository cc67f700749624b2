"""What scheduling does when holds run out, and when a carrier has answered."""

from kernel.events import on
from kernel.services.capacity import HoldExpired
from scheduling.events import CarrierLineMoved
from scheduling.services import line_quotes, reservations


@on(HoldExpired)
def expire_hold(event: HoldExpired) -> None:
    """A hold that a firm asked for has run out; an order's own bundle is not ours."""
    reservations.expire_hold(hold=event.subject)


@on(HoldExpired)
def lapse_line_hold(event: HoldExpired) -> None:
    """The pre-occupation of a line quote has run out; other bundles' holds are not ours."""
    line_quotes.lapse_line_hold(quote=event.subject)


@on(CarrierLineMoved)
def follow_carrier(event: CarrierLineMoved) -> None:
    """What a carrier says of the line of a quote is the quote's; other lines are not ours."""
    line_quotes.follow_carrier(line=event.subject)

"""What aggregation does when something happens below: proposals of allotments run out, their windows end."""

from aggregation.services import allotments
from kernel.events import on
from kernel.services.capacity import HoldExpired, WindowEnded


@on(HoldExpired)
def lapse_allotment(event: HoldExpired) -> None:
    """A proposal that nobody took has run out; other holds are not ours."""
    allotments.lapse_allotment(allotment=event.subject)


@on(WindowEnded)
def close_allotment(event: WindowEnded) -> None:
    """What was set aside for a window is the pool's again; other bookings are not ours."""
    allotments.close_allotment(allotment=event.subject, pool=event.resource)

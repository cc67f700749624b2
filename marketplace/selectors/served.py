"""How long the parts of an order that are not metered served by a time, and how that ended.

`stops` are the times, on the service's clock, in which it was stopped and nothing is owed.
"""

from collections.abc import Sequence
from datetime import datetime

from kernel.domain.windows import Window, without
from marketplace.domain.settlements import Ending
from marketplace.models import Order
from marketplace.selectors.orders import (
    latest_end,
    line_by_hour,
    line_hours,
    schedule_of_order,
    served_until,
    service_end,
)
from scheduling.selectors.deliveries import Delivery


def storage_served(
    order: Order, end: datetime, instant: datetime, stops: Sequence[Window] = ()
) -> tuple[Window, ...]:
    """When the storage served before `end`, as `line_served`: from the start of billing on."""
    assert order.billing_started_at is not None  # noqa: S101 - it runs or ran
    return without(_spans([(order.billing_started_at, _until(order, end, instant))]), stops)


def line_served(
    order: Order, end: datetime, instant: datetime, stops: Sequence[Window] = ()
) -> tuple[Window, ...]:
    """When the line served before `end`, as far as the service has come at a real instant; on the service's clock.

    From its acceptance on, which is after the start of billing where its user did not wait for it, and no longer than the
    order's term. By the hour and booked for windows, in these alone.
    """
    if order.line_accepted_at is None:
        return ()
    began, until = served_until(order, order.line_accepted_at), _until(order, end, instant)
    booked: tuple[Window, ...] = line_hours(order) if line_by_hour(order) else ()
    spans = [(max(each.start, began), min(each.end, until)) for each in booked] or [(began, until)]
    return without(_spans(spans), stops)


def line_ending(
    order: Order, end: datetime, instant: datetime, delivery: Delivery, stops: Sequence[Window] = ()
) -> Ending:
    """What has become of the order's line by `end`, as `line_served`."""
    if order.line_accepted_at is None:
        return Ending.NOT_ACCEPTED
    return order_ending(order, end, instant, delivery, stops)


def order_ending(
    order: Order, end: datetime, instant: datetime, delivery: Delivery, stops: Sequence[Window] = ()
) -> Ending:
    """What has become of the order by `end`; what was cut short by delay, or ended while it was stopped, is so, whoever ended it."""
    if order.ended_at is None or served_until(order, instant) > end:
        return Ending.RUNNING
    if _cut_by_delay(order, delivery):
        return Ending.LATE
    if any(stop.end >= served_until(order, order.ended_at) for stop in stops):
        return Ending.STOPPED
    if order.ended_early:
        return Ending.USER
    return Ending.OTHERS if order.ended_at < latest_end(order) else Ending.TERM


def _cut_by_delay(order: Order, delivery: Delivery) -> bool:
    """Whether a part was delivered too late for the whole term before the order's end.

    A booking begins with its first window. What a user did not wait for has its promised day. When the user accepted does not count.
    """
    assert order.billing_started_at is not None  # noqa: S101 - it runs or ran
    length = service_end(order) - order.billing_started_at
    schedule = schedule_of_order(order)
    latest = schedule.first.start if schedule else latest_end(order) - length
    line_latest = delivery.due_at if order.line_waived and not schedule else latest
    compute, line = order.dispatched_at, delivery.delivered_at or order.line_accepted_at
    return bool(compute and compute > latest) or bool(line and line_latest and line > line_latest)


def _until(order: Order, end: datetime, instant: datetime) -> datetime:
    """Until when the service went on before `end`: no longer than its term, however late its end was noted."""
    schedule = schedule_of_order(order)
    over = schedule.last_end if schedule else served_until(order, latest_end(order))
    return min(end, over, served_until(order, instant))


def _spans(spans: list[tuple[datetime, datetime]]) -> tuple[Window, ...]:
    return tuple(Window(start, end) for start, end in spans if start < end)

"""When the lines of orders were there, and when they were to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scheduling.models import LineOpening


@dataclass(frozen=True, slots=True)
class Delivery:
    """When a line was to be delivered, and when it was; None where it is not."""

    due_at: datetime | None
    delivered_at: datetime | None


UNDELIVERED = Delivery(None, None)


def deliveries(orders: Sequence[UUID]) -> dict[UUID, Delivery]:
    """The delivery of each order's line, in one query."""
    rows = LineOpening.objects.filter(order__in=orders).values_list("order", "due_at", "delivered_at")
    return {order: Delivery(due_at, delivered_at) for order, due_at, delivered_at in rows}

"""The jobs of the market: pending work by name."""

from uuid import UUID

from kernel.jobs import job
from marketplace.services import orders


@job("marketplace.end_order")
def end_order(*, order: str) -> None:
    """End an order whose term is over."""
    orders.end_order(order=UUID(order))

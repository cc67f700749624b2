"""What an order says of itself: its cards, its price, and the time that it serves."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings

from kernel.actor import Actor
from kernel.domain.schedules import Schedule, schedule_of
from kernel.money import to_fen
from marketplace.domain.settlements import LineTerms
from marketplace.models import Order

REAL_DAY = 86_400  # seconds
MONTH_HOURS = 730


def ordered_cards(order: Order) -> dict[str, Any]:
    """What was ordered, in the words of the acceptance sheet; memory is absent where the offer states none."""
    offer = order.facts["offer"]
    return {
        "cards": offer["accelerators"] * machines(order),
        "model": offer["accelerator"],
        "memory_gib": offer.get("accelerator_memory_gib"),
    }


def machines(order: Order) -> int:
    """How many machines the order has."""
    return int(order.facts["bundle"]["quantity"])


def price_cny_hour(order: Order) -> Decimal:
    """CNY for one machine and hour, as quoted."""
    return Decimal(order.facts["offer"]["price_cny_hour"])


def line_terms(order: Order) -> LineTerms:
    """The line's contract as quoted: its one-off part and the months that the rest is spread over."""
    bundle = order.facts["bundle"]
    terms = bundle["line_terms"]
    one_off = to_fen(Decimal(terms["one_off_cny"]) * terms["circuits"])
    served = ceil(Fraction(terms["hours"]) / MONTH_HOURS)  # started months
    months = served if terms["billing"] == "elastic" else terms["months"]
    return LineTerms(
        contract_fen=order.line_fen, one_off_fen=min(one_off, order.line_fen), months=max(1, months)
    )


def schedule_of_order(order: Order) -> Schedule | None:
    """The windows that the order is for, as quoted; None for one that begins when it is delivered."""
    document = order.facts.get("schedule")
    return schedule_of(document) if document else None


def service_start(order: Order, delivered: datetime) -> datetime:
    """When the service of an order begins that is delivered at an instant: then, or as its first window does."""
    schedule = schedule_of_order(order)
    return max(delivered, schedule.first.start) if schedule else delivered


def service_end(order: Order) -> datetime:
    """When the term of a running order is over, on the clock that the node shows (an accelerated one in a demo).

    Of an order with windows, as the last of them ends.
    """
    if schedule := schedule_of_order(order):
        return schedule.last_end
    assert order.billing_started_at is not None  # noqa: S101 - it runs
    microseconds = Decimal(order.facts["bundle"]["duration_hours"]) * 3600 * 10**6
    return order.billing_started_at + timedelta(microseconds=int(microseconds / clock_rate()))


def served_until(order: Order, instant: datetime) -> datetime:
    """The service time at a real instant: since billing started, `clock_rate` seconds pass in a second."""
    assert order.billing_started_at is not None  # noqa: S101 - it runs
    real = min(instant, order.ended_at) if order.ended_at else instant
    return order.billing_started_at + max(real - order.billing_started_at, timedelta(0)) * clock_rate()


def clock_rate() -> int:
    """Service seconds in a real second: 1, unless the node runs on a demonstration's accelerated clock."""
    return REAL_DAY // settings.DAY_SECONDS


def order_of_provider(order: UUID, actor: Actor) -> Order | None:
    """The order, if the actor's organisation is its compute provider."""
    assert actor.tenant_id is not None  # noqa: S101 - providers are members of an organisation
    return Order.objects.filter(id=order, compute_provider=actor.tenant_id).first()

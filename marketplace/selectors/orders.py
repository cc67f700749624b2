"""What an order says of itself: its cards, its price, and the time that it serves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from kernel.actor import Actor
from kernel.domain.schedules import Schedule, schedule_of
from kernel.domain.windows import Window
from kernel.errors import Forbidden
from kernel.money import to_fen
from marketplace.domain.line_changes import LineChangeState
from marketplace.domain.orders import REFUSALS, Part
from marketplace.domain.settlements import Instalments, Step, Unit
from marketplace.models import LineChange, Order
from marketplace.selectors.profiles import acceptance_working_days
from scheduling.selectors.silence import silent_until

REAL_DAY = 86_400  # seconds


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


def line_terms(order: Order, *, by: datetime | None = None) -> Instalments:
    """The line's contract: its one-off part, the months or hours that the rest is spread over, and its changes in force.

    With `by`, a time on the service's clock, only the changes that were switched by then.
    """
    terms = order.facts["bundle"]["line_terms"]
    one_off = to_fen(Decimal(terms["one_off_cny"]) * terms["circuits"])
    by_hour = line_by_hour(order)
    months = max(1, terms["months"])
    return Instalments(
        contract_fen=order.line_fen,
        one_off_fen=min(one_off, order.line_fen),
        units=Decimal(terms["hours"]) if by_hour else Decimal(months),
        unit=Unit.HOUR if by_hour else Unit.MONTH,
        least=0 if by_hour else min(months, terms.get("min_months", months)),
        steps=tuple(
            Step(each.from_month or 0, each.one_off_fen or 0, each.monthly_fen or 0)
            for each in _changes_in_force(order)
            if by is None or each.switched_at is None or served_until(order, each.switched_at) <= by
        ),
    )


def line_by_hour(order: Order) -> bool:
    """Whether the line is elastic: rented by the hour, without a minimum term."""
    return bool(order.facts["bundle"]["line_terms"]["billing"] == "elastic")


@dataclass(frozen=True, slots=True)
class LineKept:
    """What an order keeps for its line: Mbps on each span of both routes."""

    bandwidth_mbps: int
    spans: tuple[UUID, ...]


def line_kept(order: Order) -> LineKept:
    """The order's line as it is now: as quoted, or as its last change made it."""
    if changes := _changes_in_force(order):
        return LineKept(changes[-1].bandwidth_mbps, tuple(UUID(each) for each in changes[-1].spans))
    bundle = order.facts["bundle"]
    spans = dict.fromkeys((*bundle["spans"], *bundle["protection_spans"]))
    return LineKept(bundle["bandwidth_mbps"], tuple(UUID(each) for each in spans))


def _changes_in_force(order: Order) -> list[LineChange]:
    """The order's changes that were switched, oldest first; of an order that came with its changes without a question."""
    changes = [each for each in order.line_changes.all() if each.state == LineChangeState.IN_FORCE]
    return sorted(changes, key=lambda each: (each.from_month or 0, each.switched_at or each.created_at))


def is_billed(order: Order, instant: datetime) -> bool:
    """Whether billing has begun by an instant: that of a booking begins with its first window."""
    return order.billing_started_at is not None and order.billing_started_at <= instant


def least_end(order: Order) -> datetime:
    """When an order that is billed may end at the earliest: once the least hours of its offer are over."""
    assert order.billing_started_at is not None  # noqa: S101 - it is billed
    hours = Decimal(order.facts["offer"].get("min_hours") or 0)
    return order.billing_started_at + timedelta(seconds=float(hours * 3600 / clock_rate()))


def deemed_at(order: Order, since: datetime, there: datetime) -> datetime:
    """When silence becomes acceptance of compute whose line is accepted since an instant, and of which both are `there`."""
    schedule, days = schedule_of_order(order), acceptance_working_days()
    windows = schedule.windows if schedule else ()
    return silent_until(since, there, windows, days=days, day_seconds=settings.DAY_SECONDS)


def delivery_of(order: Order) -> int:
    """Which delivery of its compute an order is at: the first, or one more for each that its user refused."""
    return 1 + order.steps.filter(act__in=REFUSALS).count()


def storage_terms(order: Order) -> Instalments | None:
    """The storage's contract as quoted, over the months that begin within the term; None where there is none."""
    if not order.storage_fen:
        return None
    months = order.facts["bundle"]["storage_months"]
    return Instalments(contract_fen=order.storage_fen, one_off_fen=0, units=Decimal(max(1, months)))


def schedule_of_order(order: Order) -> Schedule | None:
    """The windows that the order is for, as quoted; None for one that begins when it is delivered."""
    document = order.facts.get("schedule")
    return schedule_of(document) if document else None


def kept_for(order: Order) -> list[UUID]:
    """The resources that an order runs on until its term is over: pool, store, and spans but for a line that only moves data."""
    bundle = order.facts["bundle"]
    found = [UUID(bundle["pool"])] + ([UUID(bundle["store"])] if bundle["store"] else [])
    return found if _only_moves(order) else [*found, *line_kept(order).spans]


def line_hours(order: Order) -> tuple[Window, ...]:
    """The windows that the line of an order with windows is booked for: a line that only moves data has the first hours of one."""
    if (schedule := schedule_of_order(order)) is None:
        return ()
    if not _only_moves(order) or len(schedule.windows) > 1:
        return schedule.windows
    start, hours = schedule.first.start, Decimal(order.facts["bundle"]["line_terms"]["hours"])
    return (Window(start, start + timedelta(microseconds=int(hours * 3600 * 10**6))),)


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


def latest_end(order: Order) -> datetime:
    """When a running order is over at the latest: others may have booked what comes before its term is over."""
    return order.ends_by or service_end(order)


def moving_until(order: Order, start: datetime) -> datetime | None:
    """When a line that only moves data has done so, if it begins then; None where it is needed as long as the compute.

    Of an order with windows its hours are booked already.
    """
    if schedule_of_order(order) is not None or not _only_moves(order):
        return None
    hours = Decimal(order.facts["bundle"]["line_terms"]["hours"])
    return start + timedelta(microseconds=int(hours * 3600 * 10**6 / clock_rate()))


def _only_moves(order: Order) -> bool:
    """Whether the line is needed for fewer hours than the compute."""
    bundle = order.facts["bundle"]
    return Decimal(bundle["line_terms"]["hours"]) < Decimal(bundle["duration_hours"])


def served_until(order: Order, instant: datetime) -> datetime:
    """The service time at a real instant: since billing started, `clock_rate` seconds pass in a second."""
    assert order.billing_started_at is not None  # noqa: S101 - it runs
    real = min(instant, order.ended_at) if order.ended_at else instant
    return order.billing_started_at + max(real - order.billing_started_at, timedelta(0)) * clock_rate()


def clock_rate() -> int:
    """Service seconds in a real second: 1, unless the node runs on a demonstration's accelerated clock."""
    return REAL_DAY // settings.DAY_SECONDS


def ordered_bundles(selections: Iterable[UUID]) -> dict[UUID, list[int]]:
    """Of each selection that anything was ordered of, the places of the bundles that were. One query."""
    found: dict[UUID, list[int]] = {}
    rows = Order.objects.filter(quote__selection__in=list(selections)).order_by("id")
    for selection, bundle in rows.values_list("quote__selection", "quote__bundle"):
        found.setdefault(selection, []).append(bundle)
    return found


def order_of_provider(order: UUID, actor: Actor) -> Order | None:
    """The order, if the actor's organisation is its compute provider."""
    assert actor.tenant_id is not None  # noqa: S101 - providers are members of an organisation
    return Order.objects.filter(id=order, compute_provider=actor.tenant_id).first()


def part_of(order: Order, actor: Actor) -> Part:
    """Which part of an order is the actor's organisation's to provide. Raises Forbidden for anybody but its two providers."""
    if actor.tenant_id == order.compute_provider:
        return Part.COMPUTE
    if actor.tenant_id == order.line_provider:
        return Part.LINE
    raise Forbidden(operation="marketplace.accept_order")

"""What the regulator stops: when an order may not be served, by whose fault, and which orders an instruction concerns."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from aggregation.selectors.owners import behind_pools, pools_resting_on
from kernel.domain.windows import Window
from kernel.models.suspensions import SuspensionScope
from kernel.selectors.suspensions import Stop, stops_of
from marketplace.domain.orders import OrderState
from marketplace.models import Order
from marketplace.selectors.orders import served_until


def stops_of_orders(orders: Iterable[Order]) -> dict[UUID, list[Stop]]:
    """The times in which each order may not or might not be served, as they began. Two queries, however many orders.

    An order is stopped with its user, either provider, its offer, its pool and the centre of that, and of a reseller's part
    with the whole's.
    """
    rows = list(orders)
    behind = behind_pools(_pool(row) for row in rows)
    subjects = {row.id: _parties(row) | behind.get(_pool(row), frozenset()) for row in rows}
    stops = stops_of(set().union(*subjects.values()), stops=SuspensionScope.RUNNING)
    return {
        order: [each for each in stops if each.subject in concerned] for order, concerned in subjects.items()
    }


def in_force(stops: Sequence[Stop], at: datetime) -> Stop | None:
    """What stops it at an instant, the first that began; None: nothing."""
    return next(
        (each for each in stops if each.since <= at and (each.until is None or at < each.until)), None
    )


def stopped_by_others(order: Order, at: datetime) -> bool:
    """Whether something stops it at an instant that is not its user's own: the user may leave then, without any minimum."""
    return in_force(excused(order, stops_of_orders([order])[order.id]), at) is not None


def excused(order: Order, stops: Sequence[Stop]) -> list[Stop]:
    """The stops that are not its user's own: in these nothing is owed, and the user may leave."""
    return [each for each in stops if each.subject != order.tenant_id]


def stopped_window(order: Order, stop: Stop, until: datetime) -> Window | None:
    """A stop as far as an instant, on the service's clock; None for one that lies before the service or after it."""
    assert order.billing_started_at is not None  # noqa: S101 - it runs or ran
    start, end = served_until(order, stop.since), served_until(order, min(stop.until or until, until))
    return Window(start, end) if start < end else None


def excused_windows(orders: Iterable[Order], until: datetime) -> dict[UUID, list[Window]]:
    """The times of each order, as far as an instant and on the service's clock, in which it was stopped and nothing is owed."""
    rows = {row.id: row for row in orders}
    return {
        order: [
            window
            for stop in excused(rows[order], stops)
            if (window := stopped_window(rows[order], stop, until)) is not None
        ]
        for order, stops in stops_of_orders(rows.values()).items()
    }


def orders_on(subject: UUID) -> list[UUID]:
    """The orders that run or wait for their users, and that a party, an offer, a pool or a centre stops, in one order for whoever locks them."""
    pools = [str(each) for each in pools_resting_on(subject)]
    parties = Q(tenant_id=subject) | Q(compute_provider=subject) | Q(line_provider=subject)
    concerned = parties | Q(offer=subject) | Q(facts__bundle__pool__in=pools)
    rows = Order.objects.filter(concerned, state__in=(OrderState.RUNNING, OrderState.AWAITING_USER))
    return list(rows.order_by("id").values_list("id", flat=True))


def _parties(order: Order) -> frozenset[UUID]:
    return frozenset({order.tenant_id, order.compute_provider, order.line_provider, order.offer})


def _pool(order: Order) -> UUID:
    return UUID(order.facts["bundle"]["pool"])

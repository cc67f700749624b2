"""Whichever way an order that was to start is over, its provider's agent is told so; one that was not leaves it alone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from marketplace.models import Order
from marketplace.services.orders import end_order, lose_line
from scheduling.models import Dispatch
from tests.marketplace.trade import accepted, delivered, ordered, running
from tests.scheduling.live import open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market


def cancelled(world: World) -> UUID:
    order = accepted(world)
    assert world.ben.post(f"/api/v1/orders/{order['id']}:cancel", {"reason": "不再需要"}).status_code == 200
    return UUID(order["id"])


def ended_early(world: World) -> UUID:
    order = delivered(world)
    assert world.ben.post(f"/api/v1/orders/{order['id']}:end", {"reason": "不再需要"}).status_code == 200
    return UUID(order["id"])


def ended(world: World) -> UUID:
    order = running(world)
    end_order(order=order.id)
    return order.id


def without_line(world: World) -> UUID:
    order = accepted(world)
    lose_line(order=UUID(order["id"]))
    return UUID(order["id"])


@pytest.mark.parametrize("way", [cancelled, ended_early, ended, without_line])
def test_its_agent_is_told_that_an_order_is_over(world: World, way: Callable[[World], Any]) -> None:
    order = way(world)
    start, end = Dispatch.objects.filter(order=order).order_by("created_at")
    assert (start.act, end.act, end.state) == ("start", "end", "queued")
    shared = ("provider_id", "user_id", "offer", "quantity", "delivery")
    assert [getattr(end, name) for name in shared] == [getattr(start, name) for name in shared]
    assert Order.objects.get(id=order).state in ("ended", "cancelled")


def test_no_agent_hears_of_an_order_that_was_never_to_start(world: World) -> None:
    order = ordered(world.ben)
    assert world.ada.post(f"/api/v1/orders/{order['id']}:reject", {"reason": "没有容量"}).status_code == 200
    assert not Dispatch.objects.exists()

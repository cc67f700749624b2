"""Orders of a carrier that is asked by its own interface: held as long as it says, built once it has confirmed, gone with its no."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F

from identifiers.models import Sighting
from kernel.clock import now
from kernel.models.capacity import Claim, HoldAccount
from kernel.models.jobs import Job
from kernel.services.outbox import deliver_one, relay
from marketplace.models import Order
from marketplace.services.orders import end_order, note_dispatched
from scheduling.models import CarrierLine, LineOpening
from scheduling.services.carriers import review_carrier_lines
from scheduling.services.dispatches import SEND
from tests.aggregation.supply import made
from tests.marketplace.trade import SHEET, ordered
from tests.scheduling.live import open_market
from tests.scheduling.test_carriers import work
from tests.support.cast import World
from tests.support.mock_carrier import MockCarrier

pytestmark = pytest.mark.django_db
SCENE = open_market


def accept(world: World, order: dict[str, Any]) -> list[int]:
    return [
        person.post(f"/api/v1/orders/{order['id']}:accept").status_code for person in (world.ada, world.lin)
    ]


def stands(world: World, order: dict[str, Any]) -> str:
    relay()
    while deliver_one():
        pass
    work()
    return str(made(world.ben.get(f"/api/v1/orders/{order['id']}"))["state"])


def longer(world: World, order: dict[str, Any]) -> tuple[int, str]:
    """What comes of asking for more time."""
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:extend-hold")
    return answer.status_code, answer.json()["code"]


def begun(world: World, order: dict[str, Any]) -> list[tuple[int, str | None]]:
    """What comes of building the line, with a survey and without, and of running the order without waiting for it."""
    note_dispatched(order=UUID(order["id"]))
    Job.objects.filter(name=SEND).delete()
    opening = LineOpening.objects.filter(order=order["id"])
    path = f"/api/v1/line-openings/{opening.get().id}"
    opening.update(state="to_survey")
    surveyed = world.lin.post(f"{path}:survey", {"cable_m": 40})
    opening.update(state="contracted")
    taken_on = world.lin.post(f"{path}:take-on")
    ran = world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", {**SHEET, "waive_line": True})
    return [(answer.status_code, answer.json().get("code")) for answer in (surveyed, taken_on, ran)]


def test_an_order_becomes_a_contract_only_on_the_carrier_s_yes(world: World, carrier: MockCarrier) -> None:
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    order = ordered(world.ben)
    assert accept(world, order) == [200, 409]
    assert longer(world, order) == (409, "carrier_keeps_until")
    carrier.faults = ["soon"]
    assert stands(world, order) == "awaiting_line_provider"
    assert list(carrier.lines.values()) == ["held"]
    until = CarrierLine.objects.get().expires_at
    stands(world, order)  # what the carrier has said is heard
    held = [each.objects.get().held_until for each in (Order, LineOpening)]
    assert (held, longer(world, order)) == ([until] * 2, (409, "carrier_keeps_until"))
    assert world.lin.post(f"/api/v1/orders/{order['id']}:accept").status_code == 200
    assert begun(world, order) == [(409, "carrier_not_ready")] * 3
    work()
    assert list(carrier.lines.values()) == ["confirmed"]
    assert begun(world, order) == [(200, None)] * 3
    assert [row.sign for row in Sighting.objects.filter(tenant_id=world.lin.organisation.id)] == ["carrier"]
    end_order(order=UUID(order["id"]))
    work()
    assert carrier.kept == []


def test_a_late_no_finds_a_line_that_nobody_has_built(world: World, carrier: MockCarrier) -> None:
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    order = ordered(world.ben)
    work()
    assert accept(world, order) == [200, 200]
    carrier.lines = {}  # the carrier has forgotten
    work()
    assert begun(world, order) == [(409, "carrier_not_ready")] * 3
    assert stands(world, order) == "cancelled"


def test_an_order_whose_carrier_refuses_goes_back_and_keeps_nothing(
    world: World, carrier: MockCarrier
) -> None:
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    order = ordered(world.ben)
    carrier.faults = ["refuse"]
    work()
    assert stands(world, order) == "rejected"
    assert not Sighting.objects.filter(sign="carrier").exists(), "a no is no sign of a line"
    assert {claim.state for claim in Claim.objects.filter(bundle=UUID(order["id"]))} == {"released"}
    account = HoldAccount.objects.get(tenant_id=world.ben.organisation.id)
    assert (account.live, account.lapsed) == (0, 0), "a carrier's no is not the user's hoarding"


def test_an_order_that_nobody_accepts_while_its_carrier_keeps_the_line_expires(
    world: World, carrier: MockCarrier
) -> None:
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    order = ordered(world.ben)
    carrier.faults = ["soon"]
    work()
    stands(world, order)
    over = now() - timedelta(seconds=1)
    CarrierLine.objects.update(expires_at=over)
    Order.objects.update(held_until=over, generation=F("generation") + 1)
    refused = [world.ben.post(f"/api/v1/orders/{order['id']}:cancel", {"reason": "太晚"}).json()["detail"]]
    review_carrier_lines()
    assert stands(world, order) == "expired"
    refused += [world.ben.post(f"/api/v1/orders/{order['id']}:cancel", {"reason": "太晚"}).json()["detail"]]
    assert refused[0] == refused[1]
    assert {claim.state for claim in Claim.objects.filter(bundle=UUID(order["id"]))} == {"released"}
    account = HoldAccount.objects.get(tenant_id=world.ben.organisation.id)
    assert (account.live, account.lapsed) == (0, 0), "its providers were silent"

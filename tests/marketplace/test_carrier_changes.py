"""Changes and ends of lines whose carrier is asked by its own interface: late, odd and refusing, nothing lost, nothing twice."""

import json
from typing import Any
from uuid import UUID

import pytest

from kernel.clock import now
from kernel.models.jobs import Job
from kernel.services.outbox import drain
from marketplace.models import LineChange, Order
from marketplace.services.orders import note_dispatched, note_line_accepted
from scheduling.models import CarrierLine, LineOpening, Site
from scheduling.services.carriers import CALL
from tests.aggregation.supply import made
from tests.marketplace.test_licence_gate import LINE, particular
from tests.marketplace.test_line_changes import OFFER, YEAR, act, asked, line_of, taken
from tests.marketplace.test_line_words import holds_of
from tests.marketplace.test_orders_at_carriers import accept
from tests.marketplace.trade import SHEET, aged, ordered
from tests.scheduling.live import PAIR, chosen, open_market, price_ends, share_a_duct
from tests.scheduling.test_carriers import work
from tests.support.cast import World
from tests.support.mock_carrier import MockCarrier

pytestmark = pytest.mark.django_db
SCENE = open_market


def heard() -> None:
    """What the carrier is asked now, and what follows here from its answers; nobody else is called."""
    for _ in range(2):
        Job.objects.exclude(name=CALL).update(done_at=now())
        work()
        drain()


def at_carrier(world: World, carrier: MockCarrier, **changes: Any) -> Order:
    """An order for a year whose line the carrier has confirmed, in its second month."""
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    order = ordered(world.ben, **YEAR, **changes)
    heard()
    assert accept(world, order) == [200, 200]
    heard()
    for note in (note_line_accepted, note_dispatched):
        note(order=UUID(order["id"]))
    made(world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", SHEET))
    return aged(Order.objects.get(id=order["id"]), 740)


def lines(order: Order) -> list[tuple[str, int]]:
    """State at the carrier and Mbps of each line of an order, the oldest first."""
    return list(
        CarrierLine.objects.filter(order=order.id).order_by("id").values_list("state", "bandwidth_mbps")
    )


def test_a_change_is_pre_occupied_confirmed_and_switched_at_the_carrier_once(
    world: World, carrier: MockCarrier
) -> None:
    order = at_carrier(world, carrier)
    (first,) = carrier.kept
    carrier.faults = ["drop", "lose", "503"]
    change = asked(world.ben, order, bandwidth_mbps=2000)
    act(world.lin, change, "offer", OFFER)
    early = act(world.ben, change, "agree", status=409)
    assert (early["code"], lines(order)) == ("carrier_not_ready", [("confirmed", 1000), ("holding", 2000)])
    heard()
    carrier.faults = ["lose", "garbage"]
    act(world.ben, change, "agree")
    assert act(world.lin, change, "switch", status=409)["code"] == "carrier_not_ready"
    assert lines(order) == [("confirmed", 1000), ("confirming", 2000)]
    heard()
    assert carrier.kept == [first, second := str(CarrierLine.objects.get(change=change["id"]).id)]
    carrier.faults = ["drop", "lose"]
    act(world.lin, change, "switch")
    heard()
    assert (carrier.kept, lines(order)) == ([second], [("released", 1000), ("confirmed", 2000)])
    wanted = [said for verb, said in carrier.heard if verb == "preoccupy" and "replaces" in said]
    assert {(said["key"], said["replaces"], said["bandwidth_mbps"]) for said in wanted} == {
        (second, first, 2000)
    }
    assert not any("windows" in said for _, said in carrier.heard), "its term is no booking"
    made(world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "项目结束"}))
    carrier.faults = ["lose", "drop"]
    heard()
    assert (carrier.kept, lines(order)) == ([], [("released", 1000), ("released", 2000)])


def test_a_change_that_the_carrier_refuses_comes_to_nothing_and_the_line_goes_on(
    world: World, carrier: MockCarrier
) -> None:
    order = at_carrier(world, carrier)
    before = (list(carrier.kept), dict.fromkeys(line_of(order), 1000))

    def offered(*faults: str, mbps: int = 2000) -> dict[str, Any]:
        change = asked(world.ben, order, bandwidth_mbps=mbps)
        carrier.faults = [*faults]
        act(world.lin, change, "offer", OFFER)
        return change

    def gone(change: dict[str, Any], state: str) -> None:
        heard()
        assert LineChange.objects.get(id=change["id"]).state == state
        assert (carrier.kept, taken()) == before
        assert Order.objects.get(id=order.id).state == "running"

    change = offered("refuse")
    gone(change, "refused")
    assert holds_of(world.ben) == (0, 0)
    assert "/ the line's carrier" in made(world.ben.get(f"/api/v1/line-changes/{change['id']}"))["reason"]
    change = offered()  # a no after a yes
    heard()
    act(world.ben, change, "agree")
    carrier.lines.pop(carrier.kept[-1])  # the carrier has forgotten
    gone(change, "refused")
    change = offered("lose", mbps=300)  # taken back before the carrier's yes was heard
    act(world.ben, change, "withdraw")
    gone(change, "withdrawn")

    change = offered()
    heard()
    act(world.ben, change, "agree")
    made(world.ben.post(f"/api/v1/orders/{order.id}:end", {"reason": "项目结束"}))
    heard()
    assert LineChange.objects.get(id=change["id"]).state == "over"
    assert (carrier.kept, taken()) == ([], {})


def test_a_move_is_another_line_at_the_carrier_from_the_new_end_which_replaces_the_first(
    world: World, carrier: MockCarrier
) -> None:
    order = at_carrier(world, carrier)
    (first,) = carrier.kept
    before = line_of(order)
    there = chosen(world.ben, from_site="sip-shengpu", **YEAR)
    change = asked(world.ben, order, selection=there["id"], bundle=0)
    carrier.faults = ["lose"]
    act(world.lin, change, "offer", OFFER)
    heard()
    second = str(CarrierLine.objects.get(change=change["id"]).id)
    assert (carrier.lines, taken().keys() >= before) == ({first: "confirmed", second: "held"}, True)
    act(world.ben, change, "agree")
    heard()
    assert sorted(carrier.kept) == sorted([first, second]), "the old line serves until the switch"
    carrier.faults = ["drop"]
    act(world.lin, change, "switch")
    heard()
    assert carrier.lines == {first: "spent", second: "confirmed"}
    asks = {said["key"]: (said["a"], said["z"]) for verb, said in carrier.heard if verb == "preoccupy"}
    assert asks == {first: ("sip-weiting", "wujiang"), second: ("sip-shengpu", "wujiang")}
    assert {
        said.get("replaces") for verb, said in carrier.heard if said["key"] == second and verb == "preoccupy"
    } == {first}
    assert LineOpening.objects.get(order=order.id).a.key == "sip-shengpu"
    after = {UUID(each) for each in LineChange.objects.get().spans}
    assert taken() == dict.fromkeys(after, 1000)


def test_a_pair_is_quoted_opened_asked_for_and_changed_with_both_of_its_ends(
    world: World, carrier: MockCarrier
) -> None:
    """Of a pair that begins at two access points; its move to one where both paths begin at one site."""
    share_a_duct(world.lin)
    price_ends(world.lin)
    order = at_carrier(world, carrier, **PAIR)
    (opening,) = made(world.lin.get(f"/api/v1/line-openings?order={order.id}"))["items"]
    both = {"a": "sip-weiting", "protection": "one_plus_one", "protection_a": "sip-shengpu", "z": "wujiang"}
    assert opening | both == opening
    asked_for = {"selection": str(order.quote.selection), "bundle": 0}
    document = json.loads(made(world.ben.post("/api/v1/line-quotes", asked_for))["document"])
    sites = {str(row.id): row.key for row in Site.objects.all()}
    assert {name: sites.get(document[name], document[name]) for name in both} == both

    there = {"from_site": "sip-shengpu", "max_latency_us": None, **YEAR}
    alone = asked(world.ben, order, 409, selection=chosen(world.ben, **there)["id"], bundle=0)
    assert (alone["code"], alone["errors"][0]["pointer"]) == ("line_not_changeable", "/selection")
    second = Site.objects.filter(key="sip-shengpu")
    particular(LINE, "cities", ["320000"])(world)
    second.update(city="310000")
    change = asked(world.ben, order, bandwidth_mbps=2000)
    assert act(world.lin, change, "offer", OFFER, 409)["code"] == "line_not_sellable", "at its second end"
    second.update(city="320571")

    def change_line() -> list[str | None]:
        act(world.lin, change, "offer", OFFER)
        heard()
        act(world.ben, change, "agree")
        heard()
        act(world.lin, change, "switch")
        told = made(world.ben.get(f"/api/v1/line-openings/{opening['id']}"))
        return [told["a"], told["protection_a"]]

    assert change_line() == ["sip-weiting", "sip-shengpu"]
    pair = chosen(world.ben, **there, protection="one_plus_one")
    change = asked(world.ben, order, selection=pair["id"], bundle=0)
    assert change_line() == ["sip-shengpu", None]
    told = [said for verb, said in carrier.heard if verb == "preoccupy"]
    assert [(said["bandwidth_mbps"], {name: said.get(name) for name in both}) for said in told] == [
        (1000, both), (2000, both), (1000, both | {"a": "sip-shengpu", "protection_a": None}),
    ]  # fmt: skip

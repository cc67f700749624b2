"""Both ends of a protected pair: in its opening, in what light allows, and in what its carrier is asked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from scheduling.adapters.carriers.http import HttpCarrier
from scheduling.domain.carriers import CarrierRefusedError, LineAsk
from scheduling.models import LineOpening, Site
from tests.aggregation.supply import made
from tests.scheduling.live import open_market
from tests.scheduling.test_carriers import ASK, LATER, work
from tests.scheduling.test_openings import act, opened, report
from tests.support.cast import World
from tests.support.mock_carrier import MockCarrier, mock_carrier

pytestmark = pytest.mark.django_db
SCENE = open_market
BEGINS = [("sip-weiting", "sip-shengpu"), ("sip-shengpu", "sip-weiting")]
PAIR = replace(ASK, protection="one_plus_one")
ENQUIRY = {
    "line_provider": "line-jia", "a": "sip-shengpu", "z": "wujiang", "bandwidth_mbps": 1000, "technology": "otn",
    "protection": "one_plus_one", "protection_a": "sip-weiting",
}  # fmt: skip


@pytest.fixture
def carrier(settings: Any) -> Iterator[MockCarrier]:
    settings.ALLOW_PRIVATE_CALLBACKS = True
    with mock_carrier() as listening:
        yield listening


def built(world: World, begins: tuple[str, str]) -> dict[str, Any]:
    """A pair from two sites that is configured and waits for its tests."""
    a, other = (Site.objects.get(key=key).id for key in begins)
    opening = opened(world, {"a": a, "protection_a": other}, circuits=2)
    assert (opening["a"], opening["protection_a"], opening["protection"]) == (*begins, "one_plus_one")
    act(world.lin, opening, "take-on")
    act(world.lin, opening, "configure")
    return opening


@pytest.mark.parametrize("begins", BEGINS)
def test_neither_path_of_a_pair_is_faster_than_light_from_its_own_end(
    world: World, begins: tuple[str, str]
) -> None:
    """Light needs 52.1 µs from Shengpu, and 57.3 µs from the station in the park; in silica 76.5 and 84.2."""
    opening = built(world, begins)
    for path, end in zip(("working", "protection"), begins, strict=True):
        vacuum, silica = {"sip-shengpu": (53, 77), "sip-weiting": (58, 85)}[end]
        refused = {
            us: act(world.lin, opening, "report-test", report(path=path, latency_us=us), status=400)["code"]
            for us in (vacuum - 1, vacuum, silica - 1)
        }
        assert list(refused.values()) == ["impossible_latency", "faster_than_shown", "faster_than_shown"]
        after = act(world.lin, opening, "report-test", report(path=path, latency_us=silica))
    assert after["state"] == "delivered"
    assert [(test["path"], test["met"]) for test in after["tests"]] == [
        ("working", True),
        ("protection", True),
    ]


@pytest.mark.parametrize(
    ("tests", "state"),
    [
        ([("working", True)], "configured"),
        ([("protection", True)], "configured"),
        ([("working", True), ("working", True)], "configured"),
        ([("protection", True), ("working", True)], "delivered"),
        ([("working", True), ("protection", False)], "configured"),
        ([("working", True), ("protection", False), ("protection", True)], "delivered"),
        ([("working", True), ("working", False), ("protection", True)], "configured"),  # the last one counts
        ([("working", True), ("working", False), ("protection", True), ("working", True)], "delivered"),
    ],
)
def test_a_pair_is_delivered_once_the_last_test_of_each_path_meets_what_was_sold(
    world: World, tests: list[tuple[str, bool]], state: str
) -> None:
    opening = built(world, BEGINS[0])
    for path, meets in tests:
        after = act(world.lin, opening, "report-test", report(path=path, latency_us=150 if meets else 1200))
    assert (after["state"], [(test["path"], test["met"]) for test in after["tests"]]) == (state, tests)
    act(world.ben, opening, "accept", status=200 if state == "delivered" else 409)


def test_the_last_test_of_a_path_is_the_one_that_was_measured_last(world: World) -> None:
    """However late it is reported; of two measured at one instant the one reported last."""
    opening = built(world, BEGINS[0])
    contracted = datetime.fromisoformat(opening["contracted_at"])
    for path, us, meets, state in [
        ("protection", 3, True, "configured"),
        ("working", 2, False, "configured"),
        ("working", 1, True, "configured"),
        ("working", 2, True, "delivered"),
    ]:
        at = (contracted + timedelta(microseconds=us)).isoformat()
        body = report(path=path, latency_us=150 if meets else 1200, measured_at=at)
        assert act(world.lin, opening, "report-test", body)["state"] == state


def test_a_test_names_the_path_of_a_pair_and_no_path_that_a_line_has_not(world: World) -> None:
    opening = built(world, BEGINS[0])
    answer = act(world.lin, opening, "report-test", report(), status=400)
    assert (answer["code"], answer["errors"][0]["pointer"]) == ("which_path", "/path")
    assert "working, protection" in answer["detail"]
    answer = act(world.lin, opening, "report-test", report(path="third"), status=400)
    assert answer["errors"][0]["pointer"] == "/path"
    alone = opened(world)
    act(world.lin, alone, "take-on")
    act(world.lin, alone, "configure")
    answer = act(world.lin, alone, "report-test", report(path="protection"), status=400)
    assert (answer["code"], answer["errors"][0]["pointer"]) == ("which_path", "/path")
    assert act(world.lin, alone, "report-test", report(path="working"))["state"] == "delivered"


def test_a_second_end_is_of_a_pair_and_elsewhere(world: World) -> None:
    opening = opened(world)
    assert (opening["protection"], opening["protection_a"]) == ("none", None)
    row = LineOpening.objects.get()
    for a, protection in ((row.z_id, "none"), (row.a_id, "one_plus_one")):
        with pytest.raises(IntegrityError, match="second_end_of_a_pair_elsewhere"), transaction.atomic():
            LineOpening.objects.update(protection=protection, protection_a=a)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (ASK, {"protection": "none"}),
        (PAIR, {"protection": "one_plus_one"}),
        (replace(PAIR, protection_a="b"), {"protection": "one_plus_one", "protection_a": "b"}),
        (replace(ASK, replaces=UUID(int=7)), {"protection": "none", "replaces": str(UUID(int=7))}),
    ],
)
def test_a_carrier_is_told_whether_it_is_a_pair_and_where_that_begins(
    carrier: MockCarrier, ask: LineAsk, said: dict[str, str]
) -> None:
    port, key = HttpCarrier(carrier.url), uuid4()
    carrier.faults = ["", "refuse"]
    ask = replace(ask, windows=())
    port.query(key, ask)
    with pytest.raises(CarrierRefusedError):
        port.preoccupy(key, ask, LATER)
    line = {"key": str(key), "a": "a", "z": "z", "bandwidth_mbps": 1000, "technology": "otn", **said}
    assert carrier.heard == [("query", line), ("preoccupy", {**line, "until": LATER.isoformat()})]


def test_a_carrier_is_asked_for_a_pair_and_believed_as_far_as_light_lets_it(
    world: World, carrier: MockCarrier
) -> None:
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    carrier.word = {**carrier.word, "latency_us": 55}
    row = made(world.ben.post("/api/v1/line-enquiries", ENQUIRY))
    work()
    row = made(world.ben.get(f"/api/v1/line-enquiries/{row['id']}"))
    assert {name: row[name] for name in ENQUIRY if name != "line_provider"}.items() <= ENQUIRY.items()
    assert (row["state"], "faster than light" in row["reason"]) == ("refused", True)


@pytest.mark.parametrize(
    ("change", "named", "way_out"),
    [
        ({"protection_a": "nowhere"}, ("unknown_site", "/protection_a"), "take its key"),
        ({"protection": "none"}, ("invalid_field", "/protection_a"), "leave this out"),
        ({"a": "sip-weiting"}, ("invalid_field", "/protection_a"), "leave it out"),
        ({"z": "sip-weiting"}, ("invalid_field", "/z"), "name the site of the centre"),
        ({"z": ENQUIRY["a"]}, ("invalid_field", "/z"), "name the site of the centre"),
        (
            {"technology": "fgotn", "bandwidth_mbps": 400_000},
            ("invalid_field", "/bandwidth_mbps"),
            "from 10 to 999",
        ),
    ],
)
def test_an_enquiry_for_a_line_that_cannot_be_names_what_is_wrong(
    world: World, carrier: MockCarrier, change: dict[str, Any], named: tuple[str, str], way_out: str
) -> None:
    made(world.lin.post("/api/v1/line-interfaces", {"url": carrier.url}))
    answer = world.ben.post("/api/v1/line-enquiries", {**ENQUIRY, **change}, Accept_Language="en")
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == named
    assert carrier.heard == []
    assert way_out in answer.content.decode()

"""Demands: read when they are stated, and counted by the month for the regulator, who learns nothing of whose."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kernel.tenancy import as_node
from marketplace.models import Demand
from tests.aggregation.supply import made
from tests.scheduling.live import SOMEWHERE, demand, open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
URL = "/api/v1/demand-counts"
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": 0}, "/terms/quantity", "bad_value"),
    ({"foo/~": 1}, "/terms/foo~1~0", "unknown_field"),
    ({"compute": {"kind": "quantum"}}, "/terms/compute/kind", "bad_value"),
    ({"demand": "d" * 100_000}, "/terms/demand", "bad_value"),
    ({"peers": {"deadline_ms": 1}}, "/terms/peers/deadline_ms", "bad_value"),
    ({"starts_at": "2020-01-01T00:00:00Z"}, "/terms/starts_at", "bad_value"),
    ({"starts_at": "9999-12-31T23:00:00Z"}, "/terms/starts_at", "bad_value"),
    ({"duration_hours": 999_999_999_999}, "/terms/duration_hours", "bad_value"),
    ({"top": 201}, "/terms/top", "bad_value"),
    ({"from_site": "sip-weitng", "from_coordinates": None}, "/terms/from_site", "unknown_site"),
    ({"from_coordinates": None}, "/terms/from_site", "required"),
]


def stated(world: World, name: str, at: datetime) -> None:
    answer = getattr(world, name).post("/api/v1/demands", {"title": name, "terms": demand(**SOMEWHERE)})
    with as_node("a day in the past"):
        Demand.objects.filter(id=answer.json()["id"]).update(created_at=at)


def test_demands_are_counted_by_the_month_in_china(world: World) -> None:
    stated(world, "ben", datetime(2026, 5, 31, 15, 59, tzinfo=UTC))
    stated(world, "ben", datetime(2026, 5, 31, 16, 0, tzinfo=UTC))  # the first of June in Shanghai
    stated(world, "bea", datetime(2026, 6, 2, tzinfo=UTC))
    assert world.rhea.get(URL).json()["items"] == [
        {"month": "2026-06-01", "demands": 2, "buyers": 2, "answered": 0},
        {"month": "2026-05-01", "demands": 1, "buyers": 1, "answered": 0},
    ]
    assert len(world.rhea.get(f"{URL}?months=1").json()["items"]) == 1


@pytest.mark.parametrize("months", ["0", "121", "x"])
def test_a_number_of_months_that_is_none_is_refused(world: World, months: str) -> None:
    refused = world.rhea.get(f"{URL}?months={months}")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "months")


def test_a_demand_that_no_supply_could_answer_is_refused_when_it_is_stated(world: World) -> None:
    for change, pointer, fault in BAD:
        body = {"title": "x", "terms": demand(**SOMEWHERE | change)}
        refused = world.ben.post("/api/v1/demands", body)
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (400, "demand_refused"), change
        assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [(pointer, fault)]
        assert fault != "unknown_site" or "/api/v1/sites" in problem["detail"]
    assert world.ben.post("/api/v1/demands", {"title": "x", "terms": [1]}).status_code == 400
    assert not Demand.objects.exists()


def test_a_place_on_earth_waits_for_its_carriers_and_the_problem_then_names_the_demands_member(
    world: World,
) -> None:
    wish = made(world.ben.post("/api/v1/demands", {"title": "x", "terms": demand(**SOMEWHERE)}))
    early = world.ben.post(f"/api/v1/demands/{wish['id']}:select")
    assert (early.status_code, early.json()["code"]) == (400, "no_access_point")
    assert early.json()["errors"][0]["pointer"] == "/terms/from_coordinates"
    open_market(world)
    assert world.ben.post(f"/api/v1/demands/{wish['id']}:select").status_code == 200


def test_a_demand_of_an_earlier_release_that_cannot_be_read_is_refused_by_its_member(world: World) -> None:
    wish = made(world.ben.post("/api/v1/demands", {"title": "x", "terms": demand(**SOMEWHERE)}))
    with as_node("kept before demands were read"):
        Demand.objects.filter(id=wish["id"]).update(terms={"foo": 1, "from_place": "320571"})
    open_market(world)
    refused = world.ben.post(f"/api/v1/demands/{wish['id']}:select").json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("demand_refused", "/terms/foo")


def test_a_decimal_of_a_demand_is_kept_as_it_was_written(world: World) -> None:
    terms = demand(**SOMEWHERE, max_loss=0.1, duration_hours=0.3)
    wish = made(world.ben.post("/api/v1/demands", {"title": "x", "terms": terms}))
    assert (wish["terms"]["max_loss"], wish["terms"]["duration_hours"]) == ("0.1", "0.3")

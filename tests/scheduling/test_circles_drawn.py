"""One-millisecond circles over the API: who declares, who draws, who sees numbers and who geometry."""

from typing import Any

import pytest

from kernel.models import EventRecord
from scheduling.models import LatencyCircles
from tests.aggregation.supply import bodies, made
from tests.scheduling.live import network, send_csv, text
from tests.support.cast import World

pytestmark = pytest.mark.django_db

BOUNDARIES, CIRCLES = "/api/v1/metro-boundaries", "/api/v1/latency-circles"
RING = [[120.55, 31.2], [121.2, 31.2], [121.2, 31.5], [120.55, 31.5], [120.55, 31.2]]
WEST = [
    [120.6, 31.26],
    [120.79, 31.26],
    [120.79, 31.43],
    [120.6, 31.43],
    [120.6, 31.26],
]  # around sip-weiting


def area(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def boundary(**changes: Any) -> dict[str, Any]:
    return {"city": "320500", "name": "示范苏州", "source": "演示数据", "area": area(RING), **changes}


@pytest.fixture
def ground(world: World) -> World:
    """Lin's network, one of her two access points in Suzhou with a declared area, and Ada's centres."""
    document = network()
    document["sites"][0]["service_area"] = area(WEST)
    made(world.lin.post("/api/v1/networks:import", document))
    for body in bodies("centres", "compute-jia"):
        made(world.ada.post("/api/v1/centres", body))
    return world


def test_numbers_are_everybody_s_and_geometry_is_the_regulator_s(ground: World) -> None:
    declared = made(ground.rhea.post(BOUNDARIES, boundary()))
    drawn = made(ground.otto.post(CIRCLES, {"city": "320500"}))
    numbers = drawn["numbers"]
    assert (numbers["access_points"], numbers["metro_km2"]) == (2, declared["km2"])
    assert numbers["areas"] == {"declared": 1, "voronoi": 1, "nowhere": 0}
    sizes = {each["centre"]: each["medium_plus"] for each in numbers["circles"]}
    assert sizes == {"kunshan": False, "wujiang": True}
    every, medium = numbers["variants"]
    assert (every["count"], medium["count"], medium["reported"]) == (2, 1, True)
    assert (every["access_points_reached"], every["access_points_share"]) == (2, "1.0000")
    assert "0.8" < every["coverage"] < "0.9"  # the declared west and the cell, which begins within it
    assert float(every["sum_km2"]) > float(every["union_km2"])
    (metro,) = made(ground.ben.get("/api/v1/metro-indicators?city=320500"))["items"]
    (coverage,) = [each for each in metro["indicators"] if each["code"] == "circle_coverage"]
    assert metro["circles"]["fallback_km2"] == coverage["fallback"] == medium["fallback_km2"]
    assert 0 < float(coverage["fallback"]) < float(coverage["part"])
    assert (coverage["value"], coverage["verdict"]) == (medium["coverage"], "inconclusive")
    assert {each["fallback_km2"] for each in numbers["circles"]} == {medium["fallback_km2"]}
    here = f"{CIRCLES}/{drawn['id']}"
    for reader in (ground.nobody, ground.ben, ground.lin, ground.ray):
        assert made(reader.get(here))["numbers"] == numbers
        assert "geometry" not in made(reader.get(CIRCLES))["items"][0]
        assert "area" not in made(reader.get(BOUNDARIES))["items"][0]
        assert reader.get(f"{here}/geometry").status_code == (401 if reader is ground.nobody else 403)
    assert ground.otto.get(f"{here}/geometry").status_code == 403
    features = made(ground.rhea.get(f"{here}/geometry"))["features"]
    (west,) = [each for each in features if each["properties"].get("site") == "sip-weiting"]
    assert west["properties"] == {
        "kind": "access_point", "site": "sip-weiting", "carrier": "line-jia", "basis": "declared",
    }  # fmt: skip


def test_the_same_ground_has_the_same_digest_whatever_was_sold(ground: World) -> None:
    made(ground.rhea.post(BOUNDARIES, boundary()))
    one, other = (made(ground.rhea.post(CIRCLES, {"city": "320500"})) for _ in range(2))
    assert (one["inputs_sha256"], one["numbers"]) == (other["inputs_sha256"], other["numbers"])
    document = network()
    document["sites"][0]["service_area"] = area(WEST)
    document["spans"][0]["km"] = "300"
    made(ground.lin.post("/api/v1/networks:import", document))
    assert made(ground.rhea.post(CIRCLES, {"city": "320500"}))["inputs_sha256"] != one["inputs_sha256"]


def test_the_newest_boundary_counts_and_the_drawing_names_its_own(ground: World) -> None:
    made(ground.rhea.post(BOUNDARIES, boundary()))
    newest = made(ground.ron.post(BOUNDARIES, boundary(area=area(WEST), source="更正")))
    drawn = made(ground.otto.post(CIRCLES, {"city": "320500"}))
    assert (drawn["boundary"], drawn["numbers"]["metro_km2"]) == (newest["id"], newest["km2"])
    assert made(ground.ben.get(f"{CIRCLES}?boundary={newest['id']}"))["items"][0]["id"] == drawn["id"]
    told = EventRecord.objects.filter(name="scheduling.circles_drawn").get()
    assert told.payload["inputs_sha256"] == drawn["inputs_sha256"]


def test_one_carrier_s_circles_are_of_its_own_network_and_points(ground: World) -> None:
    made(ground.rhea.post(BOUNDARIES, boundary()))
    drawn = made(ground.otto.post(CIRCLES, {"city": "320500", "line_provider": "line-jia"}))
    assert (drawn["line_provider"], drawn["numbers"]["access_points"]) == ("line-jia", 2)
    made(send_csv(ground.lou, "/api/v1/tariffs:import", text("tariffs_yi.csv")))
    none = made(ground.otto.post(CIRCLES, {"city": "320500", "line_provider": "line-yi"}))["numbers"]
    assert (none["access_points"], [each["km2"] for each in none["circles"]]) == (0, ["0", "0"])


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"city": "320500"}, "/city", "no_boundary"),
        ({"city": "320505"}, "/city", "invalid"),
        ({"city": "320000"}, "/city", "invalid"),
        ({}, "/city", "required"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused(world: World, body: dict[str, Any], pointer: str, code: str) -> None:
    answer = world.otto.post(CIRCLES, body)
    found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, found) == (400, [(pointer, code)])
    assert not LatencyCircles.objects.exists()


def test_an_unknown_carrier_a_bad_boundary_and_a_wrong_role_are_refused(world: World) -> None:
    made(world.rhea.post(BOUNDARIES, boundary()))
    answer = world.otto.post(CIRCLES, {"city": "320500", "line_provider": "line-zz"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_line_provider")
    answer = world.rhea.post(BOUNDARIES, boundary(area=area(RING[:-1])), Accept_Language="en")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/area", "bad_area")]
    assert "ends where it begins" in answer.content.decode()
    refusals = [
        (area([[10**400, 31], *RING[1:-1], [10**400, 31]]), "impossible_coordinate", "not on earth"),
        (area([[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]), "area_too_wide", "at most 15 degrees"),
        (area([[179, 31], [-179, 31], [-179, 32], [179, 32], [179, 31]]), "area_too_wide", "antimeridian"),
        (area([[120.6, 31.3], [120.601, 31.3], [120.6, 31.301], [120.6, 31.3]]), "boundary_too_small", "km² are expected"),
        (area([[20, 0], [21, 0], [21, 1], [20, 1], [20, 0]]), "boundary_elsewhere", "no place of 320500"),
    ]  # fmt: skip
    for wrong, code, words in refusals:
        answer = world.rhea.post(BOUNDARIES, boundary(area=wrong), Accept_Language="en")
        assert answer.status_code == 400, code
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [("/area", code)]
        assert words in answer.content.decode()
    made(
        world.rhea.post(
            BOUNDARIES, boundary(city="310000", area=area([[121, 31], [122, 31], [122, 32], [121, 31]]))
        )
    )
    assert world.otto.post(BOUNDARIES, boundary()).status_code == 403
    assert world.lin.post(CIRCLES, {"city": "320500"}).status_code == 403

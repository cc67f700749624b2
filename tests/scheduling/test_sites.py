"""Sites as carriers declare them: what the indicators count of them, and areas that are none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.circles.areas import AreaError, covers, read_area
from scheduling.domain.sites import Point
from scheduling.models import Site
from tests.aggregation.supply import made
from tests.scheduling.live import CLASSES, network, send_csv
from tests.support.cast import World

IMPORT = "/api/v1/networks:import"
SITES = "/api/v1/sites:import?line_provider=line-jia&marking=%E6%BC%94%E7%A4%BA%E6%95%B0%E6%8D%AE"
SQUARE = [[120.6, 31.3], [120.8, 31.3], [120.8, 31.4], [120.6, 31.4], [120.6, 31.3]]  # around sip-weiting
AREA = {"type": "Polygon", "coordinates": [SQUARE]}
HEADER = "site,name,place,city,lat,lon,role,oxc,otn_100g,service_area,hop_us"
ROW = "sip-weiting,示范站,320571,320571,31.34652,120.69399,access_point,0,1,{area},50"


def csv_of(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def quoted(area: object) -> str:
    return '"' + json.dumps(area).replace('"', '""') + '"'


@pytest.mark.django_db
def test_what_the_indicators_need_is_declared_and_read_by_everybody(world: World) -> None:
    document = network()
    document["sites"][0] |= {"otn_100g": True, "service_area": AREA}
    made(world.lin.post(IMPORT, document))
    (point,) = made(world.ben.get("/api/v1/sites?site=sip-weiting"))["items"]
    assert (point["carrier"], point["otn_100g"], point["oxc"], point["important"]) == (
        "line-jia", True, False, False,
    )  # fmt: skip
    assert point["service_area"] == AREA
    assert point["one_hop_centres"] == []
    (other,) = made(world.ben.get("/api/v1/sites?site=jia-suzhou"))["items"]
    assert (other["service_area"], other["otn_100g"], other["important"]) == (None, False, True)
    assert made(world.rhea.get("/api/v1/sites?otn_100g=true&carrier=line-jia&count=true"))["count"] == 1
    assert made(world.rhea.get("/api/v1/sites?carrier=line-yi"))["items"] == []


@pytest.mark.django_db
def test_the_same_area_again_changes_nothing_and_another_does(world: World) -> None:
    document = network()
    document["sites"][0] |= {"service_area": AREA}
    made(world.lin.post(IMPORT, document))
    turned = [*reversed(SQUARE)]
    document["sites"][0]["service_area"] = {"type": "Polygon", "coordinates": [turned]}
    assert made(world.lin.post(IMPORT, document))["updated"] == 0
    document["sites"][0]["service_area"] = None
    assert made(world.lin.post(IMPORT, document))["updated"] == 1
    assert Site.objects.get(key="sip-weiting").service_area is None


@pytest.mark.django_db
def test_an_area_ends_where_its_carrier_builds_to_and_no_carrier_lifts_the_bound(world: World) -> None:
    document = network() | {"spans": []}

    def faults(ring: list[list[float]], up_to_m: int) -> list[str]:
        classes = [*CLASSES[:2], CLASSES[2] | {"up_to_m": up_to_m}]
        made(world.lin.post("/api/v1/line-end-profiles", {"classes": classes}))
        document["sites"][0]["service_area"] = {"type": "Polygon", "coordinates": [ring]}
        report = made(world.lin.post(f"{IMPORT}?dry_run=true", document, Accept_Language="en"))
        return [f"{each['pointer']} {each['code']} {each['detail']}" for each in report["faults"]]

    (short,) = faults(SQUARE, 16_000)  # its corners are up to 11.7 km away, which is 16.3 km of cable
    assert short.startswith("/sites/0/service_area area_too_far its farthest place is about 163")
    assert "16000 m is the most" in short
    assert faults(SQUARE, 17_000) == []
    (bold,) = faults(WIDE, 1_000_000)
    assert "20000 m is the most" in bold


@pytest.mark.django_db
def test_sites_come_as_a_csv_too(world: World) -> None:
    row = ROW.format(area=quoted(AREA))
    assert made(send_csv(world.lin, f"{SITES}&dry_run=true", csv_of(row)))["created"] == 1
    assert not Site.objects.exists()
    report = made(send_csv(world.lin, SITES, csv_of(row)))
    assert report == {"dry_run": False, "read": 1, "created": 1, "updated": 0, "faults": [], "flags": []}
    site = Site.objects.get(key="sip-weiting")
    assert (site.otn_100g, site.service_area, site.marking) == (True, AREA, "演示数据")
    assert made(send_csv(world.lin, SITES, csv_of(row.replace(",0,1,", ",1,1,"))))["updated"] == 1


FAR = [[121.6, 31.3], [121.8, 31.3], [121.8, 31.4], [121.6, 31.3]]
WIDE = [[120.5, 31.2], [120.9, 31.2], [120.9, 31.5], [120.5, 31.5], [120.5, 31.2]]  # to 26 km from it
BELT = [[-180, 31.3], [180, 31.3], [180, 31.4], [-180, 31.4], [-180, 31.3]]
BOW = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
FAULTS: list[tuple[Any, str]] = [
    ({"type": "Point", "coordinates": [120.7, 31.3]}, "bad_area"),
    ({"type": "Polygon", "coordinates": [SQUARE], "crs": "GCJ-02"}, "bad_area"),
    ({"type": "Polygon", "coordinates": [SQUARE[:-1]]}, "bad_area"),
    ({"type": "Polygon", "coordinates": [SQUARE[:2] + SQUARE[:1]]}, "bad_area"),
    ({"type": "Polygon", "coordinates": [BOW]}, "bad_area"),
    ({"type": "Polygon", "coordinates": []}, "bad_area"),
    ({"type": "Polygon", "coordinates": [[["a", 1], [1, 2], [2, 3], ["a", 1]]]}, "bad_area"),
    ({"type": "Polygon", "coordinates": [[[True, 1], [1, 2], [2, 3], [True, 1]]]}, "bad_area"),
    ({"type": "Polygon", "coordinates": [[[31.3, 120.6], [31.3, 120.8], [31.4, 120.8], [31.3, 120.6]]]},
     "impossible_coordinate"),
    ({"type": "Polygon", "coordinates": [[[10**400, 31.3], *SQUARE[1:-1], [10**400, 31.3]]]}, "impossible_coordinate"),
    ({"type": "Polygon", "coordinates": [BELT]}, "area_too_wide"),
    ({"type": "Polygon", "coordinates": [FAR]}, "area_misses_site"),
    ({"type": "Polygon", "coordinates": [WIDE]}, "area_too_far"),
    ({"type": "MultiPolygon", "coordinates": [[SQUARE], [FAR]]}, "area_too_far"),
    ("not json", "bad_value"),
    (["Polygon"], "bad_area"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("area", "code"), FAULTS, ids=lambda value: str(value)[:80])
def test_an_area_that_is_none_is_named_with_its_reason(world: World, area: Any, code: str) -> None:
    document = network() | {"spans": []}
    document["sites"][0] |= {"service_area": area}
    answer = world.lin.post(IMPORT, document)
    found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, found) == (400, [("/sites/0/service_area", code)])
    line = ROW.format(area=quoted(area) if not isinstance(area, str) else area)
    (fault,) = made(send_csv(world.lin, f"{SITES}&dry_run=true", csv_of(line)))["faults"]
    assert (fault["pointer"], fault["code"]) == ("/lines/2/service_area", code)


@pytest.mark.django_db
def test_another_s_site_and_a_stranger_s_role_are_refused(world: World) -> None:
    made(send_csv(world.lin, SITES, csv_of(ROW.format(area=""))))
    answer = send_csv(world.lou, SITES.replace("line-jia", "line-yi"), csv_of(ROW.format(area="")))
    assert [error["code"] for error in answer.json()["errors"]] == ["key_taken"]
    assert send_csv(world.ada, SITES, csv_of()).status_code == 403


def rings(draw: Any) -> Iterator[list[float]]:
    west, south = draw(st.integers(-170, 160)), draw(st.integers(-80, 70))
    east, north = west + draw(st.integers(1, 10)), south + draw(st.integers(1, 10))
    yield from ([west, south], [east, south], [east, north], [west, north], [west, south])


@given(data=st.data(), backwards=st.booleans())
def test_reading_is_idempotent_and_keeps_the_place_inside(data: Any, *, backwards: bool) -> None:
    ring = list(rings(data.draw))
    area = read_area({"type": "Polygon", "coordinates": [ring[::-1] if backwards else ring]})
    assert read_area(area) == area
    west, south = ring[0]
    assert covers(area, Point(south, west))  # type: ignore[arg-type] # whole degrees
    assert not covers(area, Point(south - 1, west))  # type: ignore[arg-type] # whole degrees


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.integers(),
        lambda inner: st.lists(inner, max_size=5),
        max_leaves=12,
    )
)
def test_whatever_coordinates_are_they_are_an_area_or_refused_with_a_reason(given: Any) -> None:
    for kind in ("Polygon", "MultiPolygon"):
        try:
            read_area({"type": kind, "coordinates": given})
        except AreaError as error:
            refusals = (error.text.zh, error.text.en)
        else:
            continue
        assert all(refusals)

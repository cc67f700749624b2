"""Where a buyer meets the network: each line provider's own access point, its tail, and what follows from it."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from scheduling.domain.ends import EndRule, Tail
from scheduling.domain.serviceability import Near, end_of, own_points
from scheduling.models import Site
from scheduling.selectors.selections import bundle
from tests.aggregation.supply import bring_to_market, made
from tests.scheduling.live import (
    CLASSES,
    MARKED,
    PAIR,
    POINT,
    chosen,
    disclose,
    identify_lines,
    price_ends,
    send_csv,
    share_a_duct,
    text,
)
from tests.scheduling.test_sites import AREA
from tests.support.cast import World

RULES = (EndRule("pre_covered", 500, 1), EndRule("extension", 5000, 10))
LINES = (
    "line,line_provider,a_area,a_site,z_centre,z_site,capacity_mbps,committed_latency_us,jitter_us,loss,srlg"
)


def near(site: str, metres: int, *carriers: str, **more: Any) -> Near:
    return Near(site, Tail.over(Decimal(metres), Decimal(1)), carriers=frozenset(carriers), **more)


@pytest.mark.parametrize(
    ("nears", "own"),
    [
        ([near("x", 5, "M"), near("y", 9, "L"), near("z", 40, "L", "M")], "yz"),
        ([near("y", 9, "L"), near("z", 40, "L", serves=True)], "zy"),
        ([near("z", 40, serves=True, covered=frozenset({"L"})), near("y", 9, "L", serves=True)], "zy"),
        ([near("z", 40, "L"), near("y", 9, "L", covered=frozenset({"M"}))], "yz"),
        ([Near("y", None, carriers=frozenset({"L"})), Near("z", None, carriers=frozenset({"L"}))], "yz"),
        ([near("x", 5, "M", serves=True)], ""),
    ],
)
def test_a_line_provider_is_met_where_it_is(nears: list[Near], own: str) -> None:
    assert "".join(found.site for found in own_points(nears, "L")) == own


def test_who_covers_the_address_builds_nothing_there() -> None:
    ends = [end_of(near("y", 3000, covered=frozenset({"L"})), key, RULES) for key in ("L", "M")]
    assert [end and end.code for end in ends] == ["pre_covered", "extension"]
    assert end_of(near("y", 5001), "L", RULES) is None
    assert end_of(near("y", 5001, covered=frozenset({"L"})), "L", RULES) is None


@pytest.mark.django_db
def test_each_line_provider_is_reached_at_its_own_access_point(world: World) -> None:
    """Lin's nearest point is 690 m away; Lou's only line begins at the next one, 12 km off, and is the dearer for it."""
    disclose(world.lin)
    bring_to_market(world.ada, free=6)
    lines = f"{LINES}\nyi-only,line-yi,320571,sip-shengpu,wujiang,wujiang,20000,420,10,0,\n"
    made(send_csv(world.lou, f"/api/v1/committed-lines:import?{MARKED}", lines))
    made(send_csv(world.lou, f"/api/v1/tariffs:import?{MARKED}", text("tariffs_yi.csv")))
    identify_lines(world.lin)
    identify_lines(world.lou)
    made(world.lou.post("/api/v1/line-end-profiles", {
        "classes": [*CLASSES[:2], {**CLASSES[2], "one_off_cny": "70000"}],
    }))  # fmt: skip
    question = {
        "from_site": None,
        "from_coordinates": POINT,
        "max_latency_us": None,
        "line": {"technologies": ["otn"]},
    }
    found = chosen(world.ben, **question)
    assert found["access"]["site"] == "sip-weiting"
    carriers = found["access"]["carriers"]
    jia, yi = carriers["line-jia"], carriers["line-yi"]
    assert (jia["site"], jia["tail"], jia["end_class"], jia["days"]) == (
        "sip-weiting", {"cable_m": 966, "latency_us": 5}, "extension", 20,
    )  # fmt: skip
    assert (yi["site"], yi["end_class"], yi["days"], yi["one_off_cny"], yi["reason"]) == (
        "sip-shengpu", "new_build", 45, "70000.00", None,
    )  # fmt: skip
    first, second = found["answer"]["bundles"]
    assert [(each["line_provider"], each["from_site"]) for each in (first, second)] == [
        ("line-jia", "sip-weiting"), ("line-yi", "sip-shengpu"),
    ]  # fmt: skip
    assert second["latency_us"] == 420 + yi["tail"]["latency_us"]
    assert Decimal(second["cny"]["line"]) == 2000 + 14500 + 70000
    assert [each["end_class"] for each in found["installs"]] == ["extension", "new_build"]
    facts = bundle(UUID(found["id"]), 1)
    assert Site.objects.get(id=facts.a).key == "sip-shengpu"
    assert (facts.line_terms["end_days"], facts.line_terms["end_one_off_cny"]) == (45, "70000")
    assert made(world.ben.post(f"/api/v1/selections/{found['id']}:replay"))["same_answer"] is True

    made(
        world.lou.post(
            "/api/v1/line-end-profiles", {"classes": [*CLASSES[:2], {**CLASSES[2], "up_to_m": 9000}]}
        )
    )
    short = chosen(world.ben, **question)
    reason = short["access"]["carriers"]["line-yi"]["reason"]
    assert (reason["code"], reason["en"]) == ("too_far", "Farther than the line provider builds")
    assert short["answer"]["rejected"]["bundles"]["access"] == 1
    asked = urlencode({**POINT, "centre": "wujiang", "bandwidth_mbps": 1000})
    options = made(world.ben.get(f"/api/v1/serviceability?{asked}"))
    assert ("line-yi", "sip-shengpu", "too_far") in {
        (each["line_provider"], each["access_point"], each["reasons"][0]["code"])
        for each in options["alternates"]
    }

    Site.objects.filter(key="sip-shengpu").update(service_area=AREA)
    served = chosen(world.ben, **question)["access"]["carriers"]["line-jia"]
    assert served["site"] == "sip-shengpu"


@pytest.mark.django_db
def test_the_paths_of_a_pair_may_begin_at_two_access_points_of_their_carrier(world: World) -> None:
    """All ways out of Lin's station in the park lie in one duct, so the second path begins in Shengpu, at its own price."""
    share_a_duct(world.lin)
    made(send_csv(world.lin, "/api/v1/tariffs:import", text("tariffs_jia.csv")))
    identify_lines(world.lin)
    bring_to_market(world.ada, free=6)
    alone = chosen(world.ben, **PAIR)
    assert alone["access"]["carriers"]["line-jia"]["others"] == [], (
        "what Shengpu costs is for a survey to tell"
    )
    assert alone["answer"]["rejected"]["bundles"]["disjoint"] == 2
    price_ends(world.lin)
    found = chosen(world.ben, **PAIR)
    (other,) = found["access"]["carriers"]["line-jia"]["others"]
    assert (other["site"], other["end_class"], other["days"], other["one_off_cny"]) == (
        "sip-shengpu", "new_build", 45, "901.00",
    )  # fmt: skip
    (best,) = found["answer"]["bundles"]
    assert (best["from_site"], best["protection_from_site"]) == ("sip-weiting", "sip-shengpu")
    facts = bundle(UUID(found["id"]), 0)
    assert [Site.objects.get(id=each).key for each in facts.ends] == ["sip-weiting", "sip-shengpu", "wujiang"]
    assert (facts.line_terms["end_days"], facts.line_terms["end_class"]) == (45, "new_build")
    assert facts.line_terms["end_one_off_cny"] == "850.5", "for each circuit"
    per_month = 2 * 12800 + 35 * Decimal(best["km"])
    assert Decimal(best["cny"]["line"]) == 2 * 3000 + 800 + 901 + per_month
    assert made(world.ben.post(f"/api/v1/selections/{found['id']}:replay"))["same_answer"] is True

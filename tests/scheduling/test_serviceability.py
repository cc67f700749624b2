"""Serviceability: green, yellow or red from each access point, why, how soon; and where carriers say they are."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.ends import EndRule, Tail, class_of, plain_address, rule_faults
from scheduling.domain.serviceability import Ask, Light, Near, Option, Question, options
from scheduling.domain.supply.supply import Site, Span, Supply, Tariff
from scheduling.services.supply import fresh_supply
from tests.aggregation.supply import made
from tests.scheduling.live import CLASSES, COVERED, open_market, send_csv
from tests.support.cast import World

RULES = tuple(EndRule(**each) for each in CLASSES)  # type: ignore[arg-type] # a table of the API's
ENTERED = frozenset({"L", "M"})


def near(metres: int, site: str = "s", covered: frozenset[str] = frozenset(), **more: Any) -> Near:
    return Near(site, Tail.over(Decimal(metres), Decimal(1)), covered, **more)


def span(provider: str, a: str, us: int, free: int) -> Span:
    return Span(f"{provider}-{a}", provider, "commitment", a, "t", Decimal(10), us, free, 0)


def tariff(provider: str, mbps: int, lead_days: int = 5) -> Tariff:
    return Tariff(provider, "otn", mbps, "any", Decimal(100), Decimal(50), lead_days=lead_days)


SUPPLY = Supply.build(
    [Site(name, None, None, None, "320500", None) for name in ("s", "u", "t")],
    [span("L", "s", 300, 1000), span("L", "u", 200, 1000), span("M", "s", 100, 150)],
    [tariff("L", 1000), tariff("M", 100, 2), tariff("M", 1000, 2)],
    [],
    [],
)


def ask(*nears: Near, mbps: int = 500, entered: frozenset[str] = ENTERED, **more: Any) -> list[Option]:
    asked = Ask(bandwidth_mbps=mbps, **more)
    return options(SUPPLY, Question(asked, nears or (near(10),), "t", {}, RULES, entered))


def told(found: list[Option]) -> list[tuple[str, str, str, int, list[str]]]:
    return [
        (each.light, each.line_provider, each.near.site, each.bandwidth_mbps, list(each.reasons))
        for each in found
    ]


def test_green_comes_first_then_the_full_rate() -> None:
    assert told(ask()) == [("green", "L", "s", 500, []), ("yellow", "M", "s", 100, ["smaller_step"])]


def test_a_rate_that_is_free_everywhere_ranks_by_the_days() -> None:
    assert [(each.line_provider, each.days) for each in ask(mbps=100)] == [("M", 3), ("L", 6)]


@pytest.mark.parametrize(
    ("metres", "light", "reasons", "days"),
    [
        (500, "green", [], 6),
        (501, "yellow", ["extension"], 15),
        (30000, "yellow", ["new_build"], 50),
        (30001, "red", ["too_far"], None),
    ],
)
def test_the_tail_makes_the_class_and_the_class_the_days(
    metres: int, light: str, reasons: list[str], days: int | None
) -> None:
    best = ask(near(metres), providers=("L",))[0]
    assert (best.light, list(best.reasons), best.days) == (light, reasons, days)


def test_whoever_covers_the_address_needs_no_tail_of_its_own_class() -> None:
    found = ask(near(9000, covered=frozenset({"L"})), mbps=100)
    assert [(each.line_provider, each.light) for each in found] == [("L", "green"), ("M", "yellow")]


def test_a_division_is_no_place() -> None:
    assert ask(Near("s", None), providers=("L",))[0].reasons == ("place_not_exact",)


def test_who_does_not_enter_the_centre_says_so() -> None:
    found = ask(entered=frozenset({"M"}), providers=("L",))
    assert told(found) == [("yellow", "L", "s", 500, ["entry_not_declared"])]


def test_other_access_points_are_alternates() -> None:
    found = ask(near(400, "s"), near(450, "u"), providers=("L",))
    assert [(each.near.site, each.latency_us, each.latency_with_tail_us) for each in found] == [
        ("s", 300, 302), ("u", 200, 203),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bound", "mbps", "more", "light", "reasons"),
    [
        (303, 500, {}, "green", []),  # the path 300, the tail 2, and the bound is strict
        (302, 500, {}, "red", ["latency"]),
        (2, 500, {}, "red", ["latency"]),  # the tail alone takes all of it
        (2, 5000, {}, "red", ["latency"]),  # and a smaller step would be as late
        (2, 500, {"protection": "one_plus_one"}, "red", ["disjoint"]),
    ],
)
def test_the_tail_counts_towards_the_latency(
    bound: int, mbps: int, more: dict[str, Any], light: str, reasons: list[str]
) -> None:
    (found,) = ask(near(400), providers=("L",), mbps=mbps, max_latency_us=bound, **more)
    assert (found.light, list(found.reasons)) == (light, reasons)


def test_what_has_no_second_way_is_red() -> None:
    found = ask(providers=("L",), protection="one_plus_one")
    assert told(found) == [("red", "L", "s", 500, ["disjoint"])]


def test_a_pair_may_begin_at_two_access_points_of_its_carrier() -> None:
    own = frozenset({"L"})
    points = near(400, "s", carriers=own), near(501, "u", carriers=own)
    asked: dict[str, Any] = {"providers": ("L",), "protection": "one_plus_one"}
    best, *others = ask(*points, **asked)
    assert (best.light, best.reasons, best.near.site, best.days) == ("yellow", ("extension",), "u", 15)
    assert best.protection is points[0]
    assert (best.latency_us, best.latency_with_tail_us, best.sites) == (300, 302, ("u", "s"))
    assert [(each.light, each.protection) for each in others] == [
        ("red", None)
    ] * 2  # there is no pair from one
    assert [each.light for each in ask(*points, max_latency_us=302, **asked)] == ["red"] * 2
    assert [each.light for each in ask(points[0], near(40_000, "u", carriers=own), **asked)] == ["red"] * 2


def test_beside_the_centre_lines_are_of_the_carriers_that_are_there() -> None:
    for named, lights in ((False, ["red", "red"]), (True, ["green", "green"])):
        assert [each.light for each in ask(near(10, "t", named=named), mbps=100)] == lights
    found = ask(near(10, "t", carriers=frozenset({"M"})), mbps=100)
    assert told(found)[1] == ("red", "L", "t", 100, ["no_path"])
    assert (found[0].light, found[0].line_provider) == ("green", "M")


@given(st.integers(0, 40_000), st.integers(0, 40_000))
def test_a_longer_tail_is_never_a_nearer_class(one: int, other: int) -> None:
    days = [
        10**6 if (rule := class_of(metres, RULES)) is None else rule.days for metres in sorted((one, other))
    ]
    assert days == sorted(days)


@given(st.decimals(0, 10**5, places=3), st.decimals(1, 3, places=2))
def test_a_tail_is_an_upper_estimate(metres: Decimal, factor: Decimal) -> None:
    tail = Tail.over(metres, factor)
    assert tail.cable_m - 1 < metres * factor <= tail.cable_m
    assert tail.latency_us * 1000 >= Decimal("4.9") * tail.cable_m > (tail.latency_us - 1) * 1000


def test_classes_rise() -> None:
    assert rule_faults(RULES) == []
    assert rule_faults((RULES[1], RULES[0])) == [1]
    assert rule_faults((EndRule("pre_covered", 1, 5), EndRule("extension", 2, 4))) == [1]
    dear, cheap = (Decimal(each) for each in (9, 8))
    assert rule_faults((EndRule("pre_covered", 1, 5, dear), EndRule("extension", 2, 5, cheap))) == [1]
    assert rule_faults((EndRule("pre_covered", 1, 5, cheap), EndRule("extension", 2, 5, dear))) == []


def test_an_address_is_its_letters_and_digits() -> None:
    assert plain_address("苏州 工业园区，星湖街３２８号 (A座)") == plain_address("苏州工业园区星湖街328号a座")


HERE = "centre=wujiang&bandwidth_mbps=1000"


def asked(person: Any, where: str, status: int = 200, what: str = HERE) -> dict[str, Any]:
    answer = person.get(f"/api/v1/serviceability?{where}&{what}")
    assert answer.status_code == status, answer.content.decode()
    return dict(answer.json())


@pytest.mark.django_db
def test_a_place_is_asked_about_in_each_of_its_ways(world: World) -> None:
    open_market(world)
    fresh_supply()
    first = asked(world.ben, "site=sip-weiting")
    assert (first["light"], [each["code"] for each in first["reasons"]]) == ("yellow", ["entry_not_declared"])
    entry = made(world.lin.post("/api/v1/centre-entries", {"centre": "wujiang", "entrances": 1}))
    again = made(world.lin.post("/api/v1/centre-entries", {"centre": "wujiang", "entrances": 2}))
    assert (again["id"], again["entrances"]) == (entry["id"], 2)
    found = asked(world.ben, "site=sip-weiting")
    best = found["best"]
    assert (found["light"], found["reasons"], best["line_provider"]) == ("green", [], "line-jia")
    assert (best["end_class"], best["tail"]["metres"], best["step_mbps"]) == ("pre_covered", 0, 1000)
    assert best["install"]["days"] == 7
    assert best["install"]["counted"] == "calendar"

    near_it = asked(world.ben, "lat=31.3500&lon=120.7000")["best"]  # 690 m away, as the crow flies
    assert (near_it["access_point"], near_it["end_class"], near_it["light"]) == (
        "sip-weiting", "extension", "yellow",
    )  # fmt: skip
    assert near_it["tail"] == {"metres": 690, "cable_m": 966, "latency_us": 5}
    assert near_it["latency_with_tail_us"] == near_it["latency_us"] + 5
    assert near_it["install"]["days"] == 7 + 20
    made(world.lin.post("/api/v1/line-end-profiles", {"classes": CLASSES}))
    near_it = asked(world.ben, "lat=31.3500&lon=120.7000")["best"]
    assert near_it["install"]["days"] == 7 + 10

    body = f"{COVERED}\n苏州工业园区星湖街328号,31.3500,120.7000,sip-weiting\n"
    made(send_csv(world.lin, "/api/v1/covered-addresses:import", body))
    by_address = asked(world.ben, "address=苏州工业园区 星湖街３２８号")
    assert (by_address["light"], by_address["best"]["end_class"]) == ("green", "pre_covered")
    assert asked(world.ben, "address=星湖街329号", 400)["code"] == "address_not_covered"

    by_place = asked(world.ben, "place=320571")
    assert [each["code"] for each in by_place["reasons"]] == ["place_not_exact"]
    assert {each["access_point"] for each in by_place["alternates"]} >= {"sip-shengpu"}

    made(world.lin.post(f"/api/v1/centre-entries/{entry['id']}:withdraw"))
    assert asked(world.ben, "site=sip-weiting")["light"] == "yellow"
    entries = made(world.ben.get("/api/v1/centre-entries?standing=true"))["items"]
    assert entries == []

    refused = asked(world.ben, "site=sip-weiting", 400, "centre=nowhere&bandwidth_mbps=1")
    assert (refused["code"], refused["errors"][0]["parameter"]) == ("unknown_centre", "centre")
    near = "lat=31.3500&lon=120.7000"
    for more, reason in (("max_latency_us=1", "latency"), ("technology=srv6", "no_product")):
        red = asked(world.ben, near, what=f"{HERE}&{more}")
        assert (red["light"], red["reasons"][-1]["code"]) == ("red", reason)
    for where, instead in (
        ("site=nope", "place, address, lat+lon"),
        ("place=999999", "site, address, lat+lon"),
    ):
        refused = asked(world.ben, where, 400)
        assert (refused["code"], instead in refused["detail"]) == ("no_access_point", True)
    much = asked(world.ben, "site=sip-weiting", what="centre=wujiang&bandwidth_mbps=900000")
    assert (much["light"], much["best"]["bandwidth_mbps"]) == ("yellow", 10000)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("where", "what", "parameter"),
    [
        ("site=nowhere", HERE, "site"),
        ("place=999999", HERE, "place"),
        ("lat=31.3", HERE, "site"),
        ("lat=91&lon=120", HERE, "lat"),
        ("site=sip-weiting&place=320571", HERE, "site"),
        ("site=sip-weiting", "centre=wujiang&bandwidth_mbps=0", "bandwidth_mbps"),
        ("site=sip-weiting", f"{HERE}&technology=smoke", "technology"),
    ],
)
def test_a_question_that_cannot_be_names_its_field(
    world: World, where: str, what: str, parameter: str
) -> None:
    assert asked(world.ben, where, 400, what)["errors"][0]["parameter"] == parameter


@pytest.mark.django_db
def test_bad_words_of_carriers_name_their_place(world: World) -> None:
    open_market(world)
    answer = world.lin.post("/api/v1/centre-entries", {"centre": "nowhere"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_centre")
    answer = world.lin.post("/api/v1/line-end-profiles", {"classes": [CLASSES[0], CLASSES[2], CLASSES[1]]})
    assert answer.json()["errors"][0]["pointer"] == "/classes"
    turned = [{**CLASSES[0], "up_to_m": 6000}, *CLASSES[1:]]
    answer = world.lin.post("/api/v1/line-end-profiles", {"classes": turned})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/classes/1")
    body = f"{COVERED}\n甲,31.3,120.7,wujiang\n甲，,31.3,120.7,sip-weiting\n乙,99,120.7,sip-weiting\n"
    answer = send_csv(world.lin, "/api/v1/covered-addresses:import", body)
    assert [each["pointer"] for each in answer.json()["errors"]] == [
        "/lines/3/address", "/lines/4/lat", "/lines/2/site",
    ]  # fmt: skip
    body = f"{COVERED}\n丙,31.35,120.7,sip-weiting\n北京市海淀区,39.98,116.31,sip-weiting\n"
    short = [{**each, "up_to_m": reach} for each, reach in zip(CLASSES, (100, 500, 965), strict=True)]
    for classes, far in ((CLASSES, ["/lines/3"]), (short, ["/lines/2", "/lines/3"])):
        made(world.lin.post("/api/v1/line-end-profiles", {"classes": classes}))
        errors = send_csv(world.lin, "/api/v1/covered-addresses:import", body).json()["errors"]
        assert [(each["pointer"], each["code"]) for each in errors] == [
            (f"{line}/lat", "too_far_to_be_covered") for line in far
        ]


@pytest.mark.django_db
def test_bundles_say_how_soon_they_may_be_in_use(world: World) -> None:
    open_market(world)
    body = {"from_coordinates": {"lat": "31.3500", "lon": "120.7000"}, "quantity": 1, "bandwidth_mbps": 1000}
    (install, *_) = made(world.ben.post("/api/v1/selections", body))["installs"]
    assert (install["lead_days"], install["end_days"], install["end_class"]) == (7, 20, "extension")
    assert install["counted"] == "calendar"
    assert install["usable_from"] >= "2026-12"


def test_lights_are_in_order() -> None:
    assert list(Light) == ["green", "yellow", "red"]

"""The indicators of the metropolitan action: shares with their denominators, judged by their bounds."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from aggregation.domain.centres import fastest_port
from kernel.divisions import metro_of
from scheduling.domain.circles.circles import Population
from scheduling.domain.circles.drawing import Drawing, Hub
from scheduling.domain.circles.metro import COMPARED, Part, Stations, egress_of, judged, parts_of
from scheduling.domain.sites import Point
from scheduling.selectors.profiles import metro_profile
from tests.scheduling.test_circles import drawing, span

RULES = {rule.code: rule for rule in metro_profile().rules}


def part(got: str, whole: str, *, open_: bool = False, fallback: str = "0") -> Part:
    return Part(Decimal(got), Decimal(whole), "things", open_, Decimal(fallback))


@pytest.mark.parametrize(
    ("code", "share", "verdict"),
    [
        ("circle_coverage", part("70", "100"), "pass"),
        ("circle_coverage", part("69.9999", "100"), "fail"),
        ("circle_coverage", part("69.9999", "100", open_=True), "inconclusive"),
        ("circle_coverage", part("80", "100", fallback="10"), "pass"),
        ("circle_coverage", part("80", "100", fallback="10.0001"), "inconclusive"),
        ("circle_coverage", part("69", "100", fallback="69"), "fail"),
        ("circle_coverage", part("69", "100", open_=True, fallback="69"), "inconclusive"),
        ("terminal_latency", part("10", "1", fallback="1"), "inconclusive"),
        ("one_hop", part("3", "4"), "pass"),
        ("oxc_roadm", part("0", "0"), None),
        ("centre_latency", part("2", "3"), "fail"),
        ("packages", None, None),
    ],
)
def test_a_bound_is_kept_or_not_and_what_may_yet_be_shown_is_no_failure(
    code: str, share: Part | None, verdict: str | None
) -> None:
    assert judged(RULES[code], share) == verdict


@pytest.mark.parametrize(
    ("comparator", "closed", "open_"),
    [  # below the bound, at it, above it
        (">=", "fail pass pass", "inconclusive pass pass"),
        (">", "fail fail pass", "inconclusive inconclusive pass"),
        ("<", "pass fail fail", "inconclusive fail fail"),
        ("<=", "pass pass fail", "inconclusive inconclusive fail"),
    ],
)
def test_each_comparator_is_honoured_to_the_last_digit(comparator: str, closed: str, open_: str) -> None:
    rule = replace(RULES["circle_coverage"], comparator=comparator, bound=Decimal("0.7"))
    for more, verdicts in ((False, closed), (True, open_)):
        shares = [part(got, "1000000", open_=more) for got in ("699999", "700000", "700001")]  # shown rounded
        assert [judged(rule, each) for each in shares] == verdicts.split()


def test_the_list_is_that_of_the_notice() -> None:
    assert {rule.comparator for rule in metro_profile().rules} <= set(COMPARED)
    assert [rule.number for rule in metro_profile().rules] == list(range(1, 12))
    assert [rule.number for rule in metro_profile().rules if not rule.mandatory] == [4, 8, 9]
    stations = Stations(4, 3, 10, 2, 8)
    told: Any = {"variants": [{"reported": True, "union_km2": "7", "fallback_km2": "2", "coverage_of": "metro_boundary",
                               "access_points_inconclusive": 0}], "metro_km2": "10"}  # fmt: skip
    assert {code: str(each.value) for code, each in parts_of(stations, told).items()} == {
        "oxc_roadm": "0.7500", "otn_100g": "0.2000", "one_hop": "0.8000", "circle_coverage": "0.7000",
    }  # fmt: skip
    assert parts_of(stations, told)["circle_coverage"].fallback == 2
    assert set(parts_of(stations, None)) == {"oxc_roadm", "otn_100g", "one_hop"}


@pytest.mark.parametrize(
    ("ports", "told"),
    [  # of each medium or larger centre; then part, whole, verdict at a bound of half
        ([], ("0", "0", None)),
        ([{}], None),
        ([{}, {}], None),
        ([{"400": 1}], ("1", "1", "pass")),
        ([{"800": 1, "10": 4}, {"100": 64}], ("1", "2", "pass")),
        ([{"399": 2}], ("0", "1", "fail")),
        ([{"400": 0}], ("0", "1", "fail")),
        ([{"400": 1}, {}], ("1", "2", "pass")),
        ([{"100": 1}, {}], ("0", "2", "inconclusive")),
        ([{"400": 1}, {}, {}], ("1", "3", "inconclusive")),
    ],
)
def test_a_centre_that_declares_no_port_is_missing_and_not_without(
    ports: list[dict[str, int]], told: tuple[str, str, str | None] | None
) -> None:
    found = egress_of([fastest_port(each) for each in ports])
    verdict = judged(RULES["egress_400g"], found)
    assert told == (found and (str(found.part), str(found.whole), verdict))


@pytest.mark.parametrize(
    ("division", "city"),
    [("320571", "320500"), ("320500", "320500"), ("310115", "310000"), ("110000", "110000")],
)
def test_a_division_lies_in_one_metropolitan_area(division: str, city: str) -> None:
    assert metro_of(division) == city


def test_pairs_of_medium_centres_are_below_the_bound_or_to_be_measured_or_too_far() -> None:
    def hub(key: str, site: str, lat: str | None, racks: int = 1000) -> Hub:
        return Hub(key, site, None if lat is None else Point(Decimal(lat), Decimal(120)), Decimal(racks))

    hubs = [hub("a", "a", "31.5"), hub("b", "b", "31.6"), hub("c", "c", "31.7"), hub("far", "far", "39"),
            hub("small", "a", "31.5", 999), hub("lost", "lost", None)]  # fmt: skip
    drawn: Drawing = drawing([], hubs, [span("a", "b", 999), span("a", "c", 1000)])
    assert drawn.profile.reported_centres is Population.MEDIUM
    # of ten pairs a–b is below; a–c and b–c may be, the lost one nobody can say; the far one is out of light's reach
    assert drawn.numbers()["pairs"] == {"count": 10, "below": 1, "inconclusive": 6}

"""What was sold as a line and is none any more: every bound at its edge, and the tariff's members."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from scheduling.domain.rows import Span
from scheduling.domain.sold_lines import Sold, Way, moved_terms, not_kept

HOPS = {"a": 900, "m": 50, "n": 50, "z": 900}


def span(name: str, a: str, b: str, **changes: Any) -> Span:
    row = Span(name, "", "fibre", a, b, Decimal(10), 100, 0, 0, 5, Decimal("0.1"))
    return replace(row, **changes)


SPANS = {
    each.span: each
    for each in (span("1", "a", "m"), span("2", "z", "m"), span("3", "a", "n"), span("4", "n", "z"))
}
ONE = Sold([Way("a", ["1", "2"], 7)], "z", 258, 10, Decimal("0.19"))  # 100 + 50 + 100 on the path
PAIR = replace(ONE, ways=[*ONE.ways, Way("a", ["3", "4"], 7)])


def told(sold: Sold, hops: dict[str, int] | None = None, **changes: dict[str, Any]) -> str:
    """Why it is not kept, in English, with the spans changed."""
    rows = SPANS | {name[1:]: replace(SPANS[name[1:]], **each) for name, each in changes.items()}
    reason = not_kept(sold, hops or HOPS, rows.values())
    return "" if reason is None else reason.en


@pytest.mark.parametrize("sold", [ONE, PAIR])
def test_what_keeps_every_bound_stands(sold: Sold) -> None:
    assert told(sold) == ""


@pytest.mark.parametrize(
    ("sold", "changes", "reason"),
    [
        (
            ONE,
            {"_2": {"measured_us": 101}},
            "its latency is up to 258 µs one way now, and has to be below 258",
        ),
        (ONE, {"_2": {"measured_us": None, "km": Decimal("20.408")}}, ""),  # 100 µs by its length
        (ONE, {"_2": {"measured_us": None, "km": Decimal("20.409")}}, "258"),
        (ONE, {"_1": {"jitter_us": 6}}, "its jitter is 11 µs now, and may be 10 µs"),
        (ONE, {"_1": {"loss": Decimal("0.100000001")}}, "its loss is 0.1900000009 now, and may be 0.19 "),
        (ONE, {"_2": {"b": "n"}}, "no longer join"),
        (ONE, {"_2": {"a": "n"}}, "no longer join"),
        (PAIR, {"_3": {"measured_us": 101}}, "258"),
        (PAIR, {"_1": {"srlg": ("duct",)}, "_4": {"srlg": ("duct",)}}, "in common"),
        (PAIR, {"_1": {"srlg": ("duct",)}, "_2": {"srlg": ("duct",)}}, ""),
        (PAIR, {"_3": {"b": "m"}, "_4": {"a": "m"}}, "in common"),
    ],
)
def test_each_bound_is_kept_to_its_edge(sold: Sold, changes: dict[str, Any], reason: str) -> None:
    found = told(sold, **changes)
    assert reason in found
    assert bool(reason) == bool(found)


def test_a_pass_through_a_site_counts_and_its_ends_do_not() -> None:
    assert told(ONE, HOPS | {"a": 0, "z": 0}) == ""
    assert "258 µs one way" in told(ONE, HOPS | {"m": 51})


def test_a_way_to_where_it_begins_is_none() -> None:
    here = Sold([Way("a", [], 7)], "a", 8, None, Decimal(0))
    assert told(here) == ""
    assert "7 µs one way" in told(replace(here, below_us=7))
    assert "no longer join" in told(replace(here, z="z"))
    assert "no longer join" in told(replace(here, ways=[Way("a", ["gone"], 0)]))


TERMS = {
    "one_off_cny": "3800",
    "end_one_off_cny": "800",
    "monthly_cny": "12800",
    "monthly_cny_per_km": "0",
    "min_months": 1,
    "elastic_cny_hour": None,
    "lead_days": 7,
    "lead_in": "calendar",
    "months": 3,
}
NOW = {
    "one_off_cny": Decimal("3000.000000"),
    "monthly_cny": Decimal("12800.000000"),
    "monthly_cny_per_km": Decimal("0E-6"),
    "min_months": 1,
    "elastic_cny_hour": None,
    "lead_days": 7,
    "lead_in": "calendar",
}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("one_off_cny", Decimal("3000.01"), ("3000", "3000.01")),
        ("monthly_cny", Decimal(99999), ("12800", "99999")),
        ("monthly_cny_per_km", Decimal("0.5"), ("0", "0.5")),
        ("min_months", 12, ("1", "12")),
        ("elastic_cny_hour", Decimal(40), ("-", "40")),
        ("lead_days", 30, ("7", "30")),
        ("lead_in", "working", ("calendar", "working")),
    ],
)
def test_whatever_moved_of_the_tariff_is_named(name: str, value: Any, told: tuple[str, str]) -> None:
    assert moved_terms(TERMS, NOW) == []
    assert moved_terms(TERMS, NOW | {name: value}) == [(name, *told)]


def test_what_an_earlier_release_did_not_keep_is_not_compared() -> None:
    early = {name: value for name, value in TERMS.items() if name not in ("lead_in", "end_one_off_cny")}
    assert moved_terms(early, NOW | {"one_off_cny": Decimal(3800), "lead_in": "working"}) == []

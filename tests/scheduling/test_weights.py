"""What a price for a measure does to the line of a bundle: speed for its worth, and never beyond the money."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from scheduling.domain.engine.wishes import Weights, Wishes
from scheduling.domain.supply.supply import Site, Span, Supply, Tariff
from tests.scheduling.oracle import Oracle
from tests.scheduling.oracle_worth import Pick
from tests.scheduling.test_wishes import DEMAND, asked, town


def test_a_weight_buys_speed_only_for_what_it_is_worth() -> None:
    for cny_per_ms, spans in (("199", ["short"]), ("200", ["long"]), ("0", ["short"])):
        found = asked(town(), Wishes(weights=Weights(cny_per_ms=Decimal(cny_per_ms))))["bundles"][0]
        # 0.1 ms for 20 km more at 1 CNY a km; where it is the same, the faster one is taken
        assert found["spans"] == spans, cny_per_ms


def test_a_weight_makes_no_line_too_dear_that_another_within_the_money_replaces() -> None:
    # a and b are 100 and 150 CNY, the short line 160, the long one 180; a ms is worth more than all of it.
    fast = Wishes(weights=Weights(cny_per_ms=Decimal(10**6)))
    found = {}
    for money in ("330", "315", "300", "279.9999", "260", "259.9999"):
        best = asked(town(), fast, replace(DEMAND, max_total_cny=Decimal(money)))
        taken = {each["offer"]: each["spans"][0] for each in best["bundles"]}
        found[money] = taken, best["rejected"]["bundles"]["price"]
    assert found == {
        "330": ({"a": "long", "b": "long"}, 0), "315": ({"a": "long", "b": "short"}, 0), "300": ({"a": "long"}, 1),
        "279.9999": ({"a": "short"}, 1), "260": ({"a": "short"}, 1), "259.9999": ({}, 2),
    }  # fmt: skip
    assert [(each["to"], each["admits"]) for each in best["relax"]] == [("260.0000", 1)]
    # The long one is 170 by a larger step whatever its length: still more than what a leaves of 265.
    flat = Tariff("L", "otn", 10_000, "any", Decimal(0), Decimal(170))
    for money, line in (("270", "170.0000"), ("265", "160.0000")):
        (best,) = asked(town(flat), fast, replace(DEMAND, max_total_cny=Decimal(money)))["bundles"]
        assert (best["offer"], best["cny"]["line"]) == ("a", line)


def test_a_way_longer_by_a_metre_is_taken_where_a_microsecond_pays_for_it() -> None:
    plain = town()
    spans = [
        plain.spans["short"],
        replace(plain.spans["long"], km=Decimal("10.001"), measured_us=299),
    ]
    supply = Supply.build(
        plain.sites.values(), spans, plain.tariffs.values(), plain.centres.values(), plain.offers.values()
    )
    for cny_per_ms, taken in (("0.999", ["short"]), ("1", ["long"])):
        found = asked(supply, Wishes(weights=Weights(cny_per_ms=Decimal(cny_per_ms))))["bundles"][0]
        assert found["spans"] == taken, cny_per_ms


def test_at_a_flat_charge_the_fastest_way_is_taken_however_little_a_millisecond_is_worth() -> None:
    flat = Tariff("L", "otn", 10_000, "any", Decimal(0), Decimal(159))
    found = asked(town(flat), Wishes(weights=Weights(cny_per_ms=Decimal("0.001"))))["bundles"][0]
    assert (found["cny"]["line"], found["spans"]) == ("159.0000", ["long"])


@pytest.mark.parametrize("protection", ["none", "one_plus_one"])
def test_along_a_front_of_many_routes_the_best_trade_is_found(protection: str) -> None:
    inner = 0
    for seed in range(30):
        rng = Random(seed)
        spans = [
            Span(
                f"x{at:02}", "L", "fibre", "s", "t", Decimal(at + 1), 400 - 9 * at - rng.randrange(9), 9999, 0
            )
            for at in range(12)
        ]
        plain = town()
        supply = Supply.build(
            plain.sites.values(), spans, plain.tariffs.values(), plain.centres.values(), plain.offers.values()
        )
        wishes = Wishes(weights=Weights(cny_per_ms=Decimal(rng.choice((60, 90, 100, 110, 140, 250)))))
        demand = replace(DEMAND, protection=protection)
        oracle = Oracle(supply, wishes)
        found = oracle.picks(demand, ("L", "otn"), "t")
        best = asked(supply, wishes, demand)["bundles"][0]
        assert isinstance(found[0], Pick)
        assert best["spans"] == list(found[0].ways[0].ids), seed
        poorer = replace(demand, max_total_cny=Decimal(best["cny"]["total"]) - Decimal("0.0001"), want=())
        assert [each["spans"] for each in asked(supply, wishes, poorer)["bundles"]] == [
            list(each.pick.ways[0].ids) for each in oracle.bundles(poorer)
        ], seed
        inner += best["spans"] not in (["x00"], ["x11"])
    assert inner > 8


def test_of_more_routes_than_could_be_tried_the_best_trade_is_found() -> None:
    """Twenty stages, each with a shorter span and a faster one: a million routes, and the longer one is, the faster it is."""
    sites = [Site(f"m{at:02}", None, None, None, "320500", None, 0) for at in range(1, 20)]
    names = ["s", *(site.site for site in sites), "t"]
    stages = [(2**at, 2**at * 11**at // 10**at) for at in range(20)]  # metres more, µs less
    spans = [
        Span(f"{at:02}{which}", "L", "fibre", names[at], names[at + 1], Decimal(metres) / 1000, us, 9999, 0)
        for at, (more, less) in enumerate(stages)
        for which, metres, us in (("fast", 1 + more, 1), ("short", 1, 1 + less))
    ]
    plain = town()
    supply = Supply.build(
        [*plain.sites.values(), *sites],
        spans,
        plain.tariffs.values(),
        plain.centres.values(),
        plain.offers.values(),
    )
    for cny_per_ms in ("1", "0.5", "0.2"):
        wishes = Wishes(weights=Weights(cny_per_ms=Decimal(cny_per_ms)))
        best = asked(supply, wishes)["bundles"][0]
        fast = [Decimal(cny_per_ms) * less >= more for more, less in stages]  # at 1 CNY a km
        assert best["spans"] == [f"{at:02}{'fast' if each else 'short'}" for at, each in enumerate(fast)]
        assert any(fast)
        assert cny_per_ms == "1" or not all(fast)

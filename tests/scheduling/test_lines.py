"""The price of a line by hand: steps, zones, terms, months, prices per km, terminals, and every tie."""

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest

from scheduling.domain.demand import Demand
from scheduling.domain.engine.lines import LineChoice, Lines
from scheduling.domain.engine.reaches import Reaches
from scheduling.domain.numbers import cny
from scheduling.domain.supply.extras import Extras, TermTariff, place_of
from scheduling.domain.supply.supply import Site, Span, Supply, Tariff

ROW = Tariff("L", "otn", 1000, "any", Decimal(100), Decimal(50))
SHORT_SLOW = Span("short", "L", "fibre", "s", "t", Decimal(10), 300, 1000, 0)
LONG_FAST = Span("long", "L", "commitment", "s", "t", Decimal(30), 200, 1000, 0)


def row(**changes: Any) -> Tariff:
    """The plain row with some cells changed; money as text."""
    cells: dict[str, Any] = {name: Decimal(cell) if "cny" in name else cell for name, cell in changes.items()}
    return replace(ROW, **cells)


def choose(*rows: Tariff, **asked: Any) -> LineChoice | str:
    """The line from s (Suzhou) to t (Nanjing), 1000 Mbps for a month unless asked otherwise."""
    demand = replace(Demand("d", "s", 1, 1000), **asked)
    sites = [Site("s", None, None, None, "320500", None), Site("t", None, None, None, "320100", None)]
    terms = {place_of(each)[1]: each for each in rows if isinstance(each, TermTariff)}
    rows = tuple(each for each in rows if not isinstance(each, TermTariff))
    supply = Supply.build(sites, [SHORT_SLOW, LONG_FAST], rows, [], [], extras=Extras(term_tariffs=terms))
    return Lines(supply, demand, Reaches(supply.networks)).choose(("L", "otn"), "t")


def chosen(*rows: Tariff, **asked: Any) -> tuple[str, str, int]:
    """(cost, spans, latency) of a line that there is."""
    line = choose(*rows, **asked)
    assert isinstance(line, LineChoice)
    return cny(line.cost), "+".join((*line.route.spans, *(line.route.protection_spans or ()))), line.latency


def test_a_flat_price_takes_the_fastest_and_a_price_per_km_the_shortest() -> None:
    assert chosen(row()) == ("150.0000", "long", 200)
    assert chosen(row(monthly_cny_per_km="1")) == ("160.0000", "short", 300)


def test_where_a_flat_price_caps_the_price_per_km_speed_decides_again() -> None:
    capped = row(bandwidth_mbps=2000, monthly_cny="60")
    assert chosen(row(monthly_cny_per_km="0.9"), capped) == ("159.0000", "short", 300)
    assert chosen(row(monthly_cny_per_km="1"), capped) == ("160.0000", "long", 200)


@pytest.mark.parametrize(
    ("hours", "least", "cost"),
    [("1", 1, "150.0000"), ("730", 1, "150.0000"), ("730.000001", 1, "200.0000"), ("730", 12, "700.0000")],
)
def test_every_month_begun_is_paid_and_no_fewer_than_the_least(hours: str, least: int, cost: str) -> None:
    assert chosen(row(min_months=least), duration_hours=Decimal(hours))[0] == cost


TERMS = {1: "1000", 12: "800", 36: "700"}


def by_term(**changes: Any) -> list[Tariff]:
    """1000 CNY a month, 800 for 12 months, 700 for 36, and nothing else."""
    first, *others = (
        row(one_off_cny="0", monthly_cny=price, min_months=months, **changes)
        for months, price in TERMS.items()
    )
    return [first, *(TermTariff(**asdict(each)) for each in others)]


@pytest.mark.parametrize(
    ("months", "least", "cost"),
    [
        (1, 1, 1000),
        (9, 1, 9000),
        (10, 12, 9600),  # less than ten months at 1000
        (12, 12, 9600),
        (24, 12, 19200),
        (31, 12, 24800),
        (32, 36, 25200),
        (36, 36, 25200),
        (48, 36, 33600),
    ],
)
def test_of_the_prices_by_term_the_one_that_costs_least_is_paid(months: int, least: int, cost: int) -> None:
    for rows in (by_term(), by_term()[::-1]):
        line = choose(*rows, duration_hours=Decimal(730 * months))
        assert isinstance(line, LineChoice)
        assert (cny(line.cost), line.charge.tariff.min_months) == (f"{cost}.0000", least)
    pair = chosen(*by_term(), duration_hours=Decimal(730 * months), protection="one_plus_one")
    assert pair[0] == f"{2 * cost}.0000"
    dearer = row(one_off_cny="0", monthly_cny="1000")
    elsewhere = by_term(zone="same_city")[1:]
    assert chosen(dearer, *elsewhere, duration_hours=Decimal(730 * months))[0] == f"{1000 * months}.0000"


def test_of_two_terms_that_cost_the_same_the_lesser_binds() -> None:
    rows = [TermTariff(**asdict(row(min_months=least))) for least in (12, 6, 3)]
    line = choose(row(monthly_cny="51"), *rows, duration_hours=Decimal(8760))
    assert isinstance(line, LineChoice)
    assert (cny(line.cost), line.charge.tariff.min_months) == ("700.0000", 3)


def test_by_the_hour_where_that_is_cheaper_and_by_term_where_it_is_the_same() -> None:
    billed = [choose(row(elastic_cny_hour=price), duration_hours=Decimal(100)) for price in ("0.49", "0.5")]
    assert [line.charge.billing for line in billed if isinstance(line, LineChoice)] == ["elastic", "term"]


def test_a_pair_pays_the_fixed_parts_twice_and_the_km_of_both() -> None:
    assert chosen(row(monthly_cny_per_km="1"), protection="one_plus_one") == ("340.0000", "long+short", 300)


def test_equal_costs_go_to_the_larger_step_then_to_the_named_zone() -> None:
    rows = [row(), row(bandwidth_mbps=10_000), row(bandwidth_mbps=10_000, zone="in_province")]
    line = choose(*rows)
    assert isinstance(line, LineChoice)
    assert (line.charge.tariff.bandwidth_mbps, line.charge.tariff.zone) == (10_000, "in_province")


def test_the_terminal_counts_in_the_service_layer_only_and_may_decide_a_tie() -> None:
    rows = [row(terminal_us=10), row(bandwidth_mbps=2000, terminal_us=30)]
    assert chosen(*rows, latency_layer="service") == ("150.0000", "long", 210)
    line = choose(*rows)
    assert isinstance(line, LineChoice)
    assert (line.latency, line.charge.tariff.bandwidth_mbps) == (200, 2000)


def test_a_dearer_row_with_a_quicker_terminal_serves_a_tighter_bound() -> None:
    rows = [row(monthly_cny="40", terminal_us=30), row(bandwidth_mbps=2000, terminal_us=10)]
    assert chosen(*rows, latency_layer="service", max_latency_us=231) == ("140.0000", "long", 230)
    assert chosen(*rows, latency_layer="service", max_latency_us=230) == ("150.0000", "long", 210)


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("bandwidth", {"bandwidth_mbps": 1001}),
        ("latency", {"max_latency_us": 200}),
        ("hops", {"max_hops": 0}),
        ("tariff", {"max_lead_days": 4}),
    ],
)
def test_what_is_missing_is_said_in_the_order_of_the_tests(reason: str, asked: dict[str, Any]) -> None:
    assert choose(row(lead_days=5), **asked) == reason


def test_another_zone_or_a_smaller_step_serves_nothing() -> None:
    assert choose(row(zone="same_city")) == "tariff"
    assert choose(row(bandwidth_mbps=999)) == "tariff"

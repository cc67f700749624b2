"""What is believed of other nodes' bundles, and how all rank together."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.domain.demand import CentreBounds, Demand, Line
from scheduling.domain.engine.bundles import bundle_json
from scheduling.domain.engine.promises import Promises
from scheduling.domain.engine.remote import (
    AbsurdError,
    Rank,
    RemoteBundle,
    exact_places,
    local_rank,
    merge,
    read_bundle,
    read_bundles,
    told,
)
from scheduling.domain.engine.selection import lines_of, select
from scheduling.domain.engine.wishes import NO_WISHES, Weights, Wishes
from scheduling.domain.sites import Point
from scheduling.domain.supply.extras import LineGrade
from scheduling.domain.supply.supply import Supply
from tests.scheduling.test_wishes import DEMAND as TOWN
from tests.scheduling.test_wishes import town

START = Point(Decimal("31.34652"), Decimal("120.69399"))
DEMAND = Demand(
    "d", "park", 2, 1000, max_latency_us=1000, max_loss=Decimal("0.01"), max_total_cny=Decimal(10000)
)
HONEST: dict[str, Any] = {
    "identifier": "86.330000/ABC",
    "name": "示范",
    "marking": "",
    "division": "330400",
    "offer": "o1",
    "centre": "jiaxing",
    "lat": "31.1",
    "lon": "120.9",
    "quantity": 2,
    "line_provider": "line-zhe",
    "technology": "otn",
    "bandwidth_mbps": 1000,
    "billing": "term",
    "latency_us": 400,
    "jitter_us": 1,
    "loss": "0.000001",
    "km": "60.5",
    "lead_days": 3,
    "cny": {"compute": "1000", "line": "500.0000000001", "total": "1500.0000000001"},
    "measures": {"kg_co2": "2.5", "percent_unreliable": "0.1"},
}


def read(document: dict[str, Any], *, wishes: Wishes = NO_WISHES, best: int | None = None) -> RemoteBundle:
    return read_bundle(document, demand=DEMAND, wishes=wishes, start=START, best=best)


def test_an_honest_bundle_ranks_by_its_exact_total_and_only_what_was_checked_is_shown() -> None:
    found = read(HONEST | {"script": "<script>", "measures": None})
    assert found.rank == (False, False, 15000000000001 * 10**10, 400)
    assert "script" not in found.shown
    # a node of the release before does not say them
    assert [found.shown[name] for name in ("end_days", "usable_from", "protection")] == [None] * 3
    assert "score" not in found.shown
    assert found.shown["cny"]["total"] == "1500.0000000001"


def test_a_loss_is_exact_or_rounded_up_and_no_bundle_is_too_cheap_to_be_read() -> None:
    exact = "0.000029999700001"  # 1 − (1 − 0.00001)³
    for said, shown in ((exact, "0.000029999701"), ("0", "0"), ("0.01", "0.01")):
        assert read(HONEST | {"loss": said}).shown["loss"] == shown
    free = HONEST | {"cny": {"compute": "0", "line": "0", "total": "0"}}
    assert read(free).shown["cny"]["total"] == "0"
    assert read(free, best=1).shown["doubted"]


def test_what_a_node_tells_of_its_own_is_believed_by_another() -> None:
    """Whatever one carrier or provider of it declares: a loss of many decimals, nothing to pay, a name of odd signs."""
    plain = town()
    spans = [replace(each, loss=Decimal("0.000000001")) for each in plain.spans.values()]
    spans += [replace(spans[0], span="on", a="t", b="u", loss=Decimal("0.123456789"))]
    free = [replace(each, price_cny_hour=Decimal(0)) for each in plain.offers.values()]
    sites = [*plain.sites.values(), replace(plain.sites["t"], site="u")]
    centres = [replace(each, site="u") for each in plain.centres.values()]
    supply = Supply.build(sites, spans, plain.tariffs.values(), centres, free)
    lines = lines_of(supply, TOWN)
    bundles = select(supply, TOWN, lines).bundles
    assert bundles[0].line.route.loss == 1 - (1 - Fraction("0.123456789")) * (1 - Fraction(1, 10**9))
    for bundle in bundles:
        facts = {"identifier": "86.330000/A", "division": "320500", "name": "a　b\u200d", "marking": ""}
        document = json.loads(json.dumps(told(bundle, point=START, facts=facts)))
        # what an earlier release can read: twelve decimals
        assert document["loss"] == "0.123456789877"
        found = read_bundle(document, demand=TOWN, wishes=NO_WISHES, start=START, best=None)
        assert found.rank == local_rank(bundle)
        assert (found.shown["loss"], found.shown["name"]) == ("0.123456789877", "a b ")


def test_what_a_bundle_of_another_node_ranks_by_is_shown_with_it() -> None:
    demand = replace(TOWN, protection="one_plus_one", max_lead_days=9)
    wishes = Wishes(weights=Weights(Decimal(2), Decimal(10), Decimal(100)))
    for supply in (
        town(),
        town(unit_powers={}),
        town(line_grades={"L|otn": LineGrade("L", "otn", Decimal("0.99"))}),
    ):
        for bundle in select(supply, demand, lines_of(supply, demand, wishes)).bundles:
            facts = {"identifier": "86.330000/A", "division": "320500", "name": "a", "marking": ""}
            document = told(bundle, point=START, facts=facts | {"usable_from": "2026-12-08"})
            found = read_bundle(document, demand=demand, wishes=wishes, start=START, best=None)
            assert found.rank == local_rank(bundle)
            assert found.shown["score"] == bundle_json(bundle, wished=True)["score"]
            assert (found.shown["protection"], found.shown["end_days"]) == ("one_plus_one", 0)
    with pytest.raises(AbsurdError) as late:
        read_bundle(document | {"end_days": 10}, demand=demand, wishes=wishes, start=START, best=None)
    assert late.value.member == "lead_days"


def test_its_score_is_added_up_here_by_the_demand_s_own_weights() -> None:
    weights = Weights(Decimal(2), Decimal(10), Decimal(100))
    rank = read(HONEST | {"score": {"cny": "0"}}, wishes=Wishes(weights=weights)).rank
    exact = (
        Fraction("1500.0000000001")
        + Fraction(2) * Fraction(400, 1000)
        + 10 * Fraction(5, 2)
        + 100 * Fraction(1, 10)
    )
    assert rank == (False, False, int(exact * 10**20), 400)
    hiding = read(HONEST | {"measures": {"kg_co2": "2.5"}}, wishes=Wishes(weights=weights)).rank
    assert hiding[1]  # what is not known ranks after all that is: hiding a measure never pays
    assert hiding > rank


def test_what_is_twenty_times_cheaper_than_the_best_of_ours_is_doubted_and_ranks_last() -> None:
    best = 15000000000001 * 20
    assert not read(HONEST, best=best).shown["doubted"]
    doubted = read(HONEST, best=best + 1)
    assert doubted.shown["doubted"]
    assert merge([(False, True, 10**40, 10**6)], [("330000", doubted)]) == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    ("harm", "member"),
    [
        ({"cny": {"compute": "1000", "line": "500", "total": "1400"}}, "cny"),
        ({"cny": {"compute": "0", "line": "500", "total": "501"}}, "cny"),
        ({"cny": {"compute": "-1", "line": "500", "total": "499"}}, "compute"),
        ({"cny": {"compute": "NaN", "line": "500", "total": "NaN"}}, "compute"),
        ({"cny": {"compute": "1e3", "line": "500", "total": "1500"}}, "compute"),
        ({"cny": {"compute": 1000, "line": 500, "total": 1500}}, "compute"),
        ({"cny": {"compute": "9" * 13, "line": "0", "total": "9" * 13}}, "compute"),
        ({"cny": {"compute": "10000", "line": "0.0001", "total": "10000.0001"}}, "cny"),
        ({"cny": None}, "cny"),
        ({"quantity": 1}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"bandwidth_mbps": 999}, "quantity"),
        ({"latency_us": 1000}, "latency_us"),
        ({"latency_us": 100}, "latency_us"),  # faster than light over those 34 km
        ({"latency_us": -1}, "latency_us"),
        ({"latency_us": 400.0}, "latency_us"),
        ({"loss": "0.02"}, "loss"),
        ({"loss": "2"}, "loss"),
        ({"loss": "0.01" + "0" * 2000 + "1"}, "loss"),
        ({"loss": "0." + "0" * 2400 + "1"}, "loss"),
        ({"lead_days": 10**12}, "lead_days"),
        ({"lat": None}, "lat"),
        ({"lon": "181"}, "lon"),
        ({"lat": "NaN"}, "lat"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"offer": ""}, "offer"),
        ({"offer": ["o1"]}, "offer"),
        ({"measures": {"kg_co2": "10000000000"}}, "measures/kg_co2"),
    ],
)
def test_a_bundle_that_cannot_be_is_named(harm: dict[str, Any], member: str) -> None:
    wishes = Wishes(weights=Weights(cny_per_kg_co2=Decimal(1)))
    with pytest.raises(AbsurdError) as refused:
        read(json.loads(json.dumps(HONEST | harm)), wishes=wishes)
    assert refused.value.member == member


ASKED = datetime(2026, 12, 1, tzinfo=UTC)
CHOOSY = replace(
    DEMAND,
    line=Line(technologies=("otn",), providers=("line-zhe",)),
    centre=CentreBounds(include=("jiaxing", "x"), exclude=("x",)),
)


@pytest.mark.parametrize(
    ("harm", "member"),
    [
        ({"technology": "srv6"}, "technology"),
        ({"line_provider": "line-jia"}, "line_provider"),
        ({"centre": "y"}, "centre"),
        ({"centre": "x"}, "centre"),
        ({"division": "nowhere"}, "division"),
        ({"lead_days": 5}, "lead_days"),  # the start is less than four days off
        ({"lead_days": 3, "end_days": 2}, "lead_days"),
        ({"end_days": "1"}, "end_days"),
        ({"usable_from": "2026-12-06"}, "usable_from"),  # in China it begins on the fifth
        ({"usable_from": "soon"}, "usable_from"),
        ({"protection": "one_plus_one"}, "protection"),
    ],
)
def test_line_centre_and_days_are_among_those_that_the_demand_allows(
    harm: dict[str, Any], member: str
) -> None:
    wishes = Wishes(asked_at=ASKED, starts_at=ASKED + timedelta(days=3, hours=23))
    said = {"lead_days": 3, "end_days": 1, "usable_from": "2026-12-05", "protection": "none"}
    kept = read_bundle(HONEST | said, demand=CHOOSY, wishes=wishes, start=START, best=None).shown
    assert {name: kept[name] for name in said} == said
    with pytest.raises(AbsurdError) as refused:
        read_bundle(HONEST | harm, demand=CHOOSY, wishes=wishes, start=START, best=None)
    assert refused.value.member == member


def test_what_will_not_do_is_left_out_and_the_rest_of_its_node_is_believed() -> None:
    def read_all(*documents: dict[str, Any], **wishes: Any) -> tuple[list[str], int]:
        found, left_out = read_bundles(
            documents, demand=DEMAND, wishes=Wishes(**wishes), start=START, best=None
        )
        return [each.shown["offer"] for each in found], left_out

    later = [HONEST | {"offer": "o2", "technology": "photon"}, HONEST | {"offer": "o3", "billing": "gift"}]
    assert read_all(HONEST, *later) == (["o1"], 2)
    elsewhere = HONEST | {"offer": "o2", "division": "110101"}
    assert read_all(HONEST, elsewhere, residency=("32", "3304")) == (["o1"], 1)
    assert read_all(HONEST, HONEST | {"technology": "srv6"}) == (["o1", "o1"], 0)
    with pytest.raises(AbsurdError) as twice:
        read_all(HONEST, HONEST | {"name": "b"})
    assert twice.value.member == "offer"
    with pytest.raises(AbsurdError):  # what cannot be is not excused by a word that nobody knows
        read_all(HONEST | {"technology": "photon", "latency_us": 1})


SOLD = {"availability_percent": "99.99", "sla": None, "isolation": "hard", "encryption": "sm4", "script": 1}


@pytest.mark.parametrize(
    ("said", "member"),
    [
        (SOLD, None),
        (None, "service"),
        (SOLD | {"availability_percent": "99.98"}, "service"),
        (SOLD | {"availability_percent": None}, "service"),
        (SOLD | {"availability_percent": "NaN"}, "availability_percent"),
        (SOLD | {"encryption": "macsec"}, "service"),
        (SOLD | {"encryption": ["sm4"]}, "encryption"),
    ],
    ids=str,
)
def test_what_its_line_is_sold_with_has_to_keep_what_is_required(said: Any, member: str | None) -> None:
    required = Wishes(promises=Promises(Decimal("99.99"), encryption=("sm4",)))
    assert "service" not in read(HONEST | {"service": said}).shown
    if member is None:
        assert read(HONEST | {"service": said}, wishes=required).shown["service"] == {
            name: value for name, value in SOLD.items() if name != "script"
        }
        return
    with pytest.raises(AbsurdError) as refused:
        read(HONEST | {"service": said}, wishes=required)
    assert refused.value.member == member


ranks = st.tuples(st.booleans(), st.booleans(), st.integers(1, 4), st.integers(1, 3))


@given(
    local=st.lists(ranks, max_size=6).map(sorted),
    remote=st.lists(st.tuples(ranks, st.sampled_from("AB")), max_size=6),
)
def test_all_rank_by_value_alone_and_equal_value_shares_a_rank(
    local: list[Rank], remote: list[tuple[Rank, str]]
) -> None:
    others = [(node, RemoteBundle(rank, {"offer": str(n)})) for n, (rank, node) in enumerate(remote)]
    merged = merge(local, others)
    values = [*local, *(rank for rank, _ in remote)]
    assert sorted(index for _, index in merged) == list(range(len(values)))
    for place, index in merged:
        assert place == 1 + sum(value < values[index] for value in values)


@settings(max_examples=40)
@given(
    top=st.integers(0, 5),
    local=st.lists(ranks, max_size=4),
    homes=st.lists(st.lists(ranks, max_size=4), max_size=2),
)
def test_a_rank_that_is_said_to_be_exact_is_that_among_all_that_any_node_has(
    top: int, local: list[Rank], homes: list[list[Rank]]
) -> None:
    def from_home(place: int, rank: Rank) -> RemoteBundle:
        return RemoteBundle(rank, {"offer": str(place)})

    local = sorted((False, *rank[1:]) for rank in local)  # only what is another's is doubted
    homes = [sorted(home, key=lambda rank: rank[1:]) for home in homes]  # at home nothing is
    everything = [*local, *(rank for home in homes for rank in home)]
    heard = [[from_home(*each) for each in enumerate(home[:2])] for home in homes]
    remote = [(str(node), each) for node, bundles in enumerate(heard) for each in bundles]
    shown = [*local[:top], *(each.rank for _, each in remote)]
    merged = merge(local[:top], remote)[:top]
    cut = [bundles for bundles, home in zip(heard, homes, strict=True) if len(home) > len(bundles)]
    exact = exact_places([shown[index] for _, index in merged], cut)
    for place, index in merged[:exact]:
        assert place == 1 + sum(rank < shown[index] for rank in everything)
    if not any(rank[0] for rank in everything):
        assert exact >= min(top, 2, len(merged))

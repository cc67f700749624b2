"""What is left out because it cannot be among the first, and what is not searched because it is out of bounds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.demand import CentreBounds, Demand
from scheduling.domain.engine import first
from scheduling.domain.engine.files import answer_json
from scheduling.domain.engine.selection import select
from scheduling.domain.routing.distances import Distances, usable_spans
from scheduling.domain.routing.network import Network
from scheduling.domain.routing.path_orders import LATENCY
from scheduling.domain.supply import bitmaps
from scheduling.domain.supply.changes import changed
from scheduling.domain.supply.patches import Patch, patched
from scheduling.domain.supply.supply import Span, Supply
from tests.scheduling.oracle import Oracle
from tests.scheduling.worlds import small_demand, small_supply


def random_fibre(rng: Random) -> Network:
    """Up to forty sites in a ring with chords; lengths vary so much that the shortest path is seldom the fastest."""
    count = rng.randint(5, 40)
    ends = [(at, (at + 1) % count) for at in range(count)]
    ends += [(a, b) for a, b in (rng.sample(range(count), 2) for _ in range(count))]
    spans = [
        Span(f"x{at}", "L", "fibre", f"s{a}", f"s{b}", Decimal(rng.randint(1, 90)), None, 10, 0)
        for at, (a, b) in enumerate(ends)
    ]
    return Network.build({f"s{at}": rng.choice((0, 50, 900)) for at in range(count)}, spans)


@contextmanager
def narrow(rng: Random) -> Iterator[None]:
    """Looks at few offers at a time, cuts far from each other, and no room for many bitmaps, each now and then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first, "_AMPLE", rng.choice((0, 2)))
        patch.setattr(first, "_GROWTH", rng.choice((2, 8)))
        patch.setattr(bitmaps, "_PLAIN", rng.choice((0, 8, 4096)))
        patch.setattr(bitmaps, "_CUTS", rng.choice((1, 2, 128)))
        patch.setattr(bitmaps, "_SAMPLE", rng.choice((2, 4096)))
        patch.setattr(bitmaps, "_MOST_BYTES", rng.choice((0, 2**26)))
        yield


def plainly(supply: Supply, demand: Demand) -> list[int]:
    """The positions of the offers that fit, row by row."""
    oracle, ids = Oracle(supply), supply.columns.offers[supply.columns.offer].tolist()
    return [at for at, offer in enumerate(ids) if not oracle.failures(demand, supply.offers[offer])]


def is_right(supply: Supply, demand: Demand, count: int) -> bool:
    """Assert that the first offers, and all of them in parts, are what a plain loop finds; whether more than one fits."""
    fitting = plainly(supply, demand)
    parts = list(first.passing(supply.columns, demand, count))
    assert all(map(len, parts))
    assert [row for part in parts for row in part.tolist()] == fitting
    assert first.first_offers(supply.columns, demand, count) == fitting[:count]
    return len(fitting) > 1


@given(seed=st.integers(0, 2**32), offers=st.integers(1, 600), count=st.integers(0, 30))
def test_the_first_offers_are_those_of_a_plain_loop(seed: int, offers: int, count: int) -> None:
    rng = Random(seed)
    supply = small_supply(rng, offers)
    with narrow(rng):
        for _ in range(4):
            is_right(supply, small_demand(rng, supply), count)


def test_most_questions_of_these_tests_have_answers_and_constraints() -> None:
    answered = 0
    for seed in range(100):
        rng = Random(seed)
        supply = small_supply(rng, 300)
        demand = small_demand(rng, supply)
        answered += is_right(supply, demand, 5) and len(plainly(supply, demand)) < len(supply.offers) * 0.6
    assert answered > 20


def test_without_an_offer_none_fits() -> None:
    supply = small_supply(Random(0))
    empty = changed(supply, {}, {"offers": list(supply.offers)}, "sha256:none")
    assert first.first_offers(empty.columns, small_demand(Random(0), supply), 3) == []


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 6))
def test_the_first_offers_are_right_after_changes_too(seed: int, steps: int) -> None:
    rng = Random(seed)
    supply = small_supply(rng, 100)
    demands = [small_demand(rng, supply) for _ in range(6)]
    with narrow(rng):
        for _ in range(steps):
            for demand in demands:
                is_right(supply, demand, 5)
            supply = changed_somehow(supply, rng)
        for demand in demands:
            is_right(supply, demand, 5)


def changed_somehow(supply: Supply, rng: Random) -> Supply:
    """One row changed: what an offer has, its price or its provider, a new offer in a new centre, one gone, or a centre's numbers."""
    offer = supply.offers[rng.choice(list(supply.offers))]
    centre = supply.centres[rng.choice(list(supply.centres))]
    opened = replace(centre, centre=f"{centre.centre}x", pue=rng.choice((None, Decimal(1), Decimal("1.2"))))
    ways: tuple[dict[str, dict[str, Any]], ...] = (
        {"offers": {offer.offer: replace(offer, available=rng.randint(0, 9))}},
        {"offers": {offer.offer: replace(offer, vcpus=rng.choice((None, 4, 16, 64)))}},
        {"offers": {offer.offer: replace(offer, domestic=rng.choice((None, 0, 1)))}},
        {"offers": {offer.offer: replace(offer, price_cny_hour=Decimal(rng.randint(0, 3)))}},
        {"offers": {offer.offer: replace(offer, provider=rng.choice(("P2", "P3", "nobody")))}},
        {"offers": {offer.offer: replace(offer, centre=centre.centre)}},
        {
            "centres": {opened.centre: opened},
            "offers": {"new": replace(offer, offer="new", centre=opened.centre, accelerator="unheard of")},
        },
        {"centres": {centre.centre: replace(centre, pue=opened.pue, mlps_level=rng.choice((None, 1, 4)))}},
        {},
    )
    put = rng.choice(ways)
    gone = [] if put or len(supply.offers) == 1 else [offer.offer]
    return changed(supply, put, {"offers": gone}, "sha256:unknown")


def test_an_index_outlives_what_does_not_change_its_column() -> None:
    supply = small_supply(Random(5), 300)
    offer = next(iter(supply.offers.values()))
    fewer = changed(supply, {"offers": {offer.offer: replace(offer, available=99)}}, {}, "sha256:unknown")
    assert other_ranges(supply, fewer) == {"available"}
    assert fewer.columns.equalities == supply.columns.equalities
    moved = {offer.offer: replace(offer, price_cny_hour=Decimal(99))}
    dearer = changed(supply, {"offers": moved}, {}, "sha256:unknown")
    assert other_ranges(supply, dearer) == {*supply.columns.ranges}
    assert not {*dearer.columns.equalities.values()} & {*supply.columns.equalities.values()}
    assert dearer.columns.offers is supply.columns.offers


def test_ids_that_no_row_has_any_more_do_not_gather() -> None:
    supply, demand = small_supply(Random(5), 300), small_demand(Random(0), small_supply(Random(5), 300))
    offer = next(iter(supply.offers.values()))
    gone = list(supply.offers)
    for number in range(20):
        key = f"new {number}"
        supply = changed(
            supply, {"offers": {key: replace(offer, offer=key)}}, {"offers": gone}, "sha256:unknown"
        )
        assert supply.columns.offers[supply.columns.offer].tolist() == [key]
        assert len(supply.columns.offers) <= 2
        is_right(supply, demand, 5)
        gone = [key]


def test_an_index_over_a_number_of_centres_ends_with_it() -> None:
    supply = small_supply(Random(5), 300)
    demand = Demand("d", "s0", 1, 1, centre=CentreBounds(max_pue=Decimal(1)))
    is_right(supply, demand, 5)
    centre = next(iter(supply.centres.values()))
    leaner = changed(
        supply, {"centres": {centre.centre: replace(centre, pue=Decimal(1))}}, {}, "sha256:unknown"
    )
    assert other_ranges(supply, leaner) == {"pue"}
    is_right(leaner, demand, 5)
    assert len(plainly(leaner, demand)) > len(plainly(supply, demand))


def other_ranges(before: Supply, after: Supply) -> set[str]:
    """The numbers whose index is another one than before."""
    return {name for name, index in after.columns.ranges.items() if index is not before.columns.ranges[name]}


def test_the_first_bundles_are_the_same_whether_the_others_are_counted_or_not() -> None:
    beyond = 0
    for seed in range(150):
        rng = Random(seed)
        supply = small_supply(rng, 400)
        demand = replace(small_demand(rng, supply), top=rng.choice((1, 3, 10)), want=())
        whole = select(supply, replace(demand, want=("rejected",)))
        with narrow(rng):
            alone = select(supply, demand)
        assert answer_json(alone) == answer_json(replace(whole, rejected=None)), seed
        assert (alone.ranks, alone.tied_beyond) == (whole.ranks, whole.tied_beyond), seed
        beyond += whole.tied_beyond > 0
    assert beyond > 20


def test_what_is_within_the_latency_bound_is_measured_as_if_there_were_none() -> None:
    for seed in range(15):
        network = random_fibre(Random(seed))
        distances = Distances(usable_spans(network, 1), 0)
        latency, whole = distances.least(LATENCY), distances.by_km(np.inf)
        assert whole is not None
        for most in np.unique(latency[np.isfinite(latency)]).tolist():
            bounded = distances.by_km(most)
            assert bounded is not None
            inside = np.flatnonzero(latency <= most)
            for one, other in zip(bounded.at(inside), whole.at(inside), strict=True):
                assert one.tolist() == other.tolist(), (seed, most)


def test_a_patch_is_the_table_that_it_stands_for() -> None:
    rng = Random(1)
    rows: dict[str, int] = {f"k{number}": number for number in range(400)}
    table: Mapping[str, int] = rows
    patches = 0
    for step in range(300):
        put = {f"k{rng.randrange(450)}": -step for _ in range(rng.randint(0, 2))}
        dropped = [key for key in rng.sample(sorted(rows), 1) if key not in put]
        table = patched(table, put, dropped)
        rows = {key: row for key, row in rows.items() if key not in dropped} | put
        assert dict(table) == rows
        assert len(table) == len(rows)
        assert all(key not in table for key in dropped)
        patches += isinstance(table, Patch)
    assert 0 < patches < 300

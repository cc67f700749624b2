"""What is left out because it cannot be among the first, and what is not searched because it is out of bounds."""

from collections.abc import Mapping
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from scheduling.domain import first
from scheduling.domain.distances import Distances, usable_spans
from scheduling.domain.network import Network
from scheduling.domain.patches import Patch, patched
from scheduling.domain.supply import Span
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


@pytest.mark.parametrize("worth", [1, 1000])
def test_offers_are_found_in_parts_however_small_and_along_lists_or_not(
    monkeypatch: pytest.MonkeyPatch, worth: int
) -> None:
    monkeypatch.setattr(first, "FIRST", 1)
    monkeypatch.setattr(first, "_WORTH", worth)
    found = 0
    for seed in range(120):
        rng = Random(seed)
        supply = small_supply(rng)
        demand, columns = small_demand(rng, supply), supply.columns
        fits = np.logical_and.reduce([each.passes for each in columns.screen(demand)])
        rows = np.flatnonzero(fits).tolist()
        assert [row for part in first.passing(columns, demand) for row in part.tolist()] == rows, seed
        assert first.first_offers(columns, demand, 2) == rows[:2]
        found += len(rows) > 2
    assert found > 20


def test_what_is_within_the_latency_bound_is_measured_as_if_there_were_none() -> None:
    for seed in range(15):
        network = random_fibre(Random(seed))
        distances = Distances(usable_spans(network, 1), 0)
        latency, whole = distances.least("latency"), distances.by_km(np.inf)
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

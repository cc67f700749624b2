"""The first later start that admits something: what is booked has ended by then, or the days of opening have passed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from scheduling.domain.costs import costs_of
from scheduling.domain.demand import Demand
from scheduling.domain.extras import Booked
from scheduling.domain.lines import Lines, Reaches
from scheduling.domain.offers import Constraint, Mask
from scheduling.domain.screening import available_within, networks_within
from scheduling.domain.standings import by_site, count_feasible
from scheduling.domain.supply import Supply
from scheduling.domain.wishes import Wishes, instant, moment

MOST_LOOKS = 200
"""At so many starts at most, the earliest, lines are looked for: every one is a selection of its own."""

TO_DECIDE = timedelta(days=1)
"""Whoever asks for the start within so long has it: a line that takes days is counted from then."""


def first_start(
    supply: Supply,
    demand: Demand,
    wishes: Wishes,
    constraints: Mapping[str, Constraint],
    waits: Iterable[int],
) -> tuple[datetime, int] | None:
    """The first start after the one that was asked for, or after asking, and how many pairs it admits.

    All else stays as it is. `waits` are the days of 24 hours that lines take. None where no later start helps, or none of
    the first MOST_LOOKS at which there are offers.
    """
    assert wishes.asked_at is not None  # noqa: S101 - lead days count from it
    after = wishes.starts_at or wishes.asked_at
    soonest = wishes.asked_at + TO_DECIDE
    others = [each.passes for name, each in constraints.items() if name not in ("quantity", "starts_at")]
    fits: Mask = np.logical_and.reduce([np.ones(len(supply.columns.ids), dtype=np.bool_), *others])
    ends = (moment(at) for at in _ends(supply, demand, wishes, fits, instant(after)))
    starts = {soonest + timedelta(days=each) for each in waits}.union(ends)
    looks = 0
    for start in sorted(each for each in starts if each > after):
        then = replace(wishes, asked_at=soonest, starts_at=start, needed_until=None)
        window = then.window(demand.duration_hours)
        assert window is not None  # noqa: S101 - it has a start
        there = fits & (available_within(supply, window) >= demand.quantity)
        if not there.any():
            continue
        looks += 1
        if looks > MOST_LOOKS:
            break
        lines = Lines(supply, demand, Reaches(networks_within(supply, demand, then)), then)
        admits = count_feasible(costs_of(supply, demand, then), lines, by_site(supply.columns, there))
        if admits:
            return start, admits
    return None


def _ends(supply: Supply, demand: Demand, wishes: Wishes, fits: Mask, after: int) -> Iterator[int]:
    """The instants from which on less is booked, where before too little was free, of offers that fit else, and of spans."""
    rows, providers = supply.extras.booked, demand.line.providers
    for key, at in zip(supply.booked["offer"].keys, supply.booked_positions.tolist(), strict=True):
        if at >= 0 and fits[at]:
            yield from _grows(rows[f"offer|{key}"], demand.quantity, after)
    for key in supply.booked["span"].keys:
        span = supply.spans.get(key)
        if span is not None and (not providers or span.line_provider in providers):
            row = rows[f"span|{key}"]
            yield from _grows(row, row.most if wishes.transfer else demand.bandwidth_mbps, after)


def _grows(row: Booked, needed: int, after: int) -> Iterator[int]:
    return (at for at, booked in row.falls(after) if row.free - booked < needed)

"""The first later start that admits something: what is booked has ended by then, or days of opening and notice have passed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from scheduling.domain.engine.costs import costs_of
from scheduling.domain.engine.lines import Lines
from scheduling.domain.engine.reaches import Reaches
from scheduling.domain.engine.screening import HOUR, available_within, networks_within, storable
from scheduling.domain.engine.standings import by_site, count_feasible
from scheduling.domain.engine.tariffs import days_before_start
from scheduling.domain.engine.wishes import instant, moment
from scheduling.domain.numbers import scaled
from scheduling.domain.supply.extras import Booked
from scheduling.domain.supply.offers import Constraint, Mask
from scheduling.domain.supply.supply import Supply

MOST_LOOKS = 64
"""So often at most lines are looked for: each is a selection of its own, and nobody waits for seconds. The answer says where that ended."""

TO_DECIDE = timedelta(days=1)
"""Whoever asks for the start within so long has it: a line that takes days is counted from then."""


THEN = ("quantity", "storage.gib", "notice", "starts_at")
"""The constraints that are asked at each start anew."""


class Later(NamedTuple):
    """The first start that helps with how many pairs it admits, or None and 0.

    `before` is there where the search stopped: no start before it helps, and whether it or a later one does is not known.
    """

    start: datetime | None
    admits: int
    before: datetime | None = None


NONE = Later(None, 0)


def first_start(supply: Supply, lines: Lines, constraints: Mapping[str, Constraint]) -> Later:
    """The first start after the one that was asked for, or after asking, at which something ends or opens and anything is admitted.

    All else stays as it is. Starts are looked at in ranges, early ones first, each twice as long as the last; a range that
    might admit something is halved, down to one start. What a range has is no less than what any start in it has: the machines,
    GiB and Mbps that are free while all its starts would be running, or that nothing takes from all of them, the lines that are
    open by its last, each line at its least cost. So a range that admits nothing has no start that does, and the first
    start that is found is the first there is, as if each had been looked at by itself.
    """
    wishes, demand = lines.wishes, lines.demand
    assert wishes.asked_at is not None  # noqa: S101 - lead days count from it
    soonest = wishes.asked_at + TO_DECIDE
    others = [each.passes for name, each in constraints.items() if name not in THEN]
    fits: Mask = np.logical_and.reduce([np.ones(len(supply.columns.price), dtype=np.bool_), *others])
    starts, looks = _starts(supply, lines, fits), 0
    lengths = [2**each for each in reversed(range(len(starts).bit_length()))]
    ranges = [(length - 1, min(2 * length - 1, len(starts))) for length in lengths]
    while ranges:
        low, high = ranges.pop()
        alone = high - low == 1
        begins = replace(wishes, asked_at=soonest, starts_at=starts[low], needed_until=None)
        window = begins.window(demand.duration_hours)
        assert window is not None  # noqa: S101 - it has a start
        # All windows that begin in the range have this in common; turned round, what spans it meets each of them.
        common = instant(starts[high - 1]), window[1]
        there = fits & (available_within(supply, common) >= demand.quantity)
        if wishes.storage is not None:
            there &= storable(supply, wishes.storage.storage_class, common) >= wishes.storage.gib
        if wishes.offer_terms:
            there &= supply.rented[1] <= max(0, (starts[high - 1] - soonest) // HOUR)
        if not there.any():
            continue
        if looks == MOST_LOOKS:
            return Later(None, 0, starts[low])
        looks += 1
        then = replace(begins, starts_at=starts[high - 1])
        reaches = Reaches(networks_within(supply, common), lines.reaches.efforts)
        found = Lines(supply, demand, reaches, then)
        admits = count_feasible(costs_of(supply, demand, then), found, by_site(supply.columns, there))
        if admits and alone:
            return Later(starts[low], admits)
        if admits:
            middle = (low + high) // 2
            ranges += [(middle, high), (low, middle)]
    return NONE


def _starts(supply: Supply, lines: Lines, fits: Mask) -> list[datetime]:
    """The starts to look at, rising: those that may be booked at which lines are open or notice is given, or something ends of which too little was free before.

    Of the latter only those from which enough of it is free for the whole term, and the first of all: at any other
    start nothing is there that was not there at the one before it. For, were anything, too little of it was free at some
    instant since that one, and that has ended; but only at this start, as the two are neighbours; so enough is free from here.
    What more is there never admits less.
    """
    wishes = lines.wishes
    assert wishes.asked_at is not None  # noqa: S101 - lead days count from it
    after = wishes.starts_at or wishes.asked_at
    opens = {wishes.asked_at + TO_DECIDE + timedelta(days=each) for each in _waits(lines)}
    if wishes.offer_terms:
        notices = np.unique(supply.rented[1][fits]).tolist()
        opens |= {wishes.asked_at + TO_DECIDE + timedelta(hours=each) for each in notices}
    found = dict.fromkeys((each for each in opens if each > after), True)
    for at, enough in _ends(supply, lines, fits, instant(after)):
        found[moment(at)] = enough or found.get(moment(at), False)
    latest = wishes.latest_start
    rising = sorted(each for each in found if latest is None or each <= latest)
    return [each for place, each in enumerate(rising) if not place or found[each]]


def _waits(lines: Lines) -> set[int]:
    """The days of 24 hours until lines of all allowed rows are open, from each of their starts."""
    return {
        days_before_start(tariff, lines.wishes, tariff.lead_days + start.days)
        for tariff in lines.tariffs
        for start in lines.starts((tariff.line_provider, tariff.technology))
        if start.days is not None
    }


def _ends(supply: Supply, lines: Lines, fits: Mask, after: int) -> Iterator[tuple[int, bool]]:
    """The instants from which on less is booked, where before too little was free, of offers that fit else, of storage and of spans.

    With each, whether enough is free of that one throughout a term from then.
    """
    rows, demand, transfer = supply.extras.booked, lines.demand, lines.wishes.transfer
    quantity, mbps, providers = demand.quantity, demand.bandwidth_mbps, demand.line.providers
    term = scaled(demand.duration_hours, 6) * 3600
    for key, at in zip(supply.booked["offer"].keys, supply.booked_positions.tolist(), strict=True):
        if at >= 0 and fits[at]:
            yield from _grows(rows[f"offer|{key}"], quantity, quantity, after, term)
    if (storage := lines.wishes.storage) is not None:
        for key in supply.booked["store"].keys:
            if key.endswith(f"|{storage.storage_class}"):
                yield from _grows(rows[f"store|{key}"], storage.gib, storage.gib, after, term)
    for key in supply.booked["span"].keys:
        span = supply.spans.get(key)
        if span is not None and (not providers or span.line_provider in providers):
            row = rows[f"span|{key}"]
            # data to move may also have a step's full bandwidth
            yield from _grows(row, mbps, mbps if transfer is None else row.most, after, term)


def _grows(row: Booked, least: int, most: int, after: int, term: int) -> Iterator[tuple[int, bool]]:
    """Of one row the instants from which on less is booked, where less than `most` was free before, last first.

    With each, whether `least` is free from then on for so many µs.
    """
    lacks = None if row.most >= least else after
    for (_, before), (at, booked) in reversed([*pairwise(row.levels)]):
        if row.free - booked < least:
            lacks = at
        if at > after and booked < before and row.free - before < most:
            yield at, lacks is None or lacks >= at + term

"""The offers that meet a demand, cheapest first and only as many as are needed: what is dearer is never looked at."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from scheduling.domain.demand import Demand
from scheduling.domain.offers import Ints, OfferColumns, Rows

FIRST = 1024
"""How many offers are looked at before any of them is known to fit; each further look is at eight times as many."""

_WORTH = 4
"""A list is followed where it leaves out all but a quarter of the offers."""


def passing(columns: OfferColumns, demand: Demand) -> Iterator[Ints]:
    """The positions of the offers that meet the demand's constraints on offers, in order of (price, id), part by part."""
    if columns.out_of_reach(demand):
        return
    lists = _shortest(columns, demand)
    count, low = len(columns.ids), 0
    step = FIRST
    if lists is not None:
        step *= max(1, count // max(1, sum(map(len, lists))))
    while low < count:
        high = min(count, low + step)
        rows: Rows = slice(low, high) if lists is None else _merged(lists, low, high)
        hits = np.flatnonzero(np.logical_and.reduce([each.passes for each in columns.screen(demand, rows)]))
        if len(hits):
            yield hits + low if isinstance(rows, slice) else rows[hits]
        low, step = high, step * 8


def first_offers(columns: OfferColumns, demand: Demand, count: int) -> list[int]:
    """The positions of the first `count` offers that meet the demand's constraints on offers."""
    return list(islice((row for rows in passing(columns, demand) for row in rows.tolist()), count))


def _shortest(columns: OfferColumns, demand: Demand) -> list[Ints] | None:
    """The lists that all offers that fit are in, each in order, where that leaves out most of the others."""
    ways = {
        "accelerator": demand.compute.accelerators,
        "kind": () if demand.compute.kind is None else (demand.compute.kind,),
        "provider": demand.providers.include,
        "centre": demand.centre.include,
    }
    best: list[Ints] | None = None
    least = len(columns.ids) // _WORTH
    for column, listed in ways.items():
        if listed:
            codes, (order, begin) = columns.codes[column], columns.lists(column)
            lists = [
                order[begin[code] : begin[code + 1]]
                for code in {codes[each] for each in listed if each in codes}
            ]
            if (total := sum(map(len, lists))) < least:
                best, least = lists, total
    return best


def _merged(lists: list[Ints], low: int, high: int) -> Ints:
    """Of all lists the positions from `low` to below `high`, in order."""
    parts = [each[np.searchsorted(each, low) : np.searchsorted(each, high)] for each in lists]
    if not parts:
        return np.array([], dtype=np.int64)
    return parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))

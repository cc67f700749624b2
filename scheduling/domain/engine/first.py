"""The offers that meet a demand, cheapest first and only as many as are needed: what is dearer is never looked at."""

from collections.abc import Iterator
from decimal import Decimal

from scheduling.domain.demand import Demand
from scheduling.domain.numbers import scaled
from scheduling.domain.supply.bitmaps import Bits, RangeIndex, positions
from scheduling.domain.supply.offers import CENTRE_BOUNDS, MINIMA, Ints, OfferColumns

_AMPLE = 2
"""The first look is at so many times as many offers as would do if nothing that is asked for went with the price."""

_GROWTH = 8
"""Each look ends so many times as far as the one before."""

_MINIMA = tuple((name, *column) for name, column in MINIMA.items())
_CENTRE_BOUNDS = tuple((name, *column) for name, column in CENTRE_BOUNDS.items())

_Question = tuple[list[Bits], list[list[Bits]], list[Bits], list[tuple[RangeIndex, int]], float]
"""A demand as bitmaps: an offer that fits is in all of the first, in one or more of each group, in none of the third.

The bounds that it must reach beside that; and the share of all offers that fits if none of it goes with the other.
"""


def passing(columns: OfferColumns, demand: Demand, count: int) -> Iterator[Ints]:
    """The positions of the offers that meet the demand's constraints on offers, in order of (price, id), part by part.

    The first part is likely to have `count` of them.
    """
    question = _question(columns, demand)
    if question is None:
        return
    all_of, any_of, none_of, unsure, share = question
    low, high = 0, 8 + 8 * (int(_AMPLE * count / share) // 64)  # bytes, in whole words
    while low < len(all_of[0]):
        fits = all_of[0][low:high]
        for bits in all_of[1:]:
            fits = fits & bits[low:high]
        for group in any_of:
            some = group[0][low:high]
            for bits in group[1:]:
                some = some | bits[low:high]
            fits = fits & some
        for bits in none_of:
            fits = fits & ~bits[low:high]
        rows = positions(fits, low)
        for index, bound in unsure:
            rows = index.reached(rows, bound)
        if len(rows):
            yield rows
        low, high = high, high * _GROWTH


def first_offers(columns: OfferColumns, demand: Demand, count: int) -> list[int]:
    """The positions of the first `count` offers that meet the demand's constraints on offers."""
    found: list[int] = []
    for rows in passing(columns, demand, count):
        found += rows[:count].tolist()
        if len(found) >= count:
            break
    return found[:count]


def _question(columns: OfferColumns, demand: Demand) -> _Question | None:
    """What the demand asks of the bitmaps; None where no offer can fit."""
    all_of: list[Bits] = []
    any_of: list[list[Bits]] = []
    none_of: list[Bits] = []
    unsure: list[tuple[RangeIndex, int]] = []
    share = 1.0
    if not len(columns.price):
        return None
    for column, bound in _bounds(demand):
        index = columns.ranges[column]
        reaching = index.reaching(bound)
        if reaching is None:
            return None
        (bits, part), exact = reaching
        all_of.append(bits)
        share *= part
        if not exact:
            unsure.append((index, bound))
    compute, providers, centre = demand.compute, demand.providers, demand.centre
    for column, names in (
        ("kind", () if compute.kind is None else (compute.kind,)),
        ("accelerator", compute.accelerators),
        ("domestic", () if compute.domestic is None else (str(int(compute.domestic)),)),
        ("provider", providers.include),
        ("centre", centre.include),
    ):
        if names:
            group = columns.equalities[column].having(names)
            share *= sum([part for _, part in group])
            if len(group) == 1:
                all_of.append(group[0][0])
            else:
                any_of.append([bits for bits, _ in group])
    for column, names in (("provider", providers.exclude), ("centre", centre.exclude)):
        if names:
            none_of += [bits for bits, _ in columns.equalities[column].having(names)]
    return (all_of, any_of, none_of, unsure, share) if share else None


def _bounds(demand: Demand) -> list[tuple[str, int]]:
    """The column and the least of each number that is asked for; of the PUE minus the most."""
    found = [("available", demand.quantity)]
    for name, column, places in _MINIMA:
        bound: int | Decimal | None = getattr(demand.compute, name)
        if bound is not None:
            found.append((column, scaled(bound, places)))
    for name, column, places in _CENTRE_BOUNDS:
        bound = getattr(demand.centre, name)
        if bound is not None:
            least = scaled(bound, places)
            found.append((column, -least if column == "pue" else least))
    return found

"""Offers as NumPy columns ordered by price, and the screen that says which constraint each one fails."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.demand import Demand
from scheduling.domain.numbers import scaled
from scheduling.domain.rows import Centre, Offer
from scheduling.domain.supply.bitmaps import EqualityIndex, RangeIndex

UNKNOWN = -1
"""Stands for an unknown value in a column; every real value is ≥ 0, so it fails every minimum."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rows = slice | Ints
ALL = slice(None)
_WORST = -(2**62)
"""Stands for an unknown value where less is better, and all are negated."""

_SPARE = 2
"""Once there are so many times as many ids as rows, those that no row has are left out."""

_INT16 = 2**15 - 1
"""NumPy sorts whole numbers of 16 bits by radix, in a tenth of the time."""

MINIMA = {
    "min_accelerators": ("accelerators", 0),
    "min_accelerator_memory_gib": ("accelerator_memory_gib", 6),
    "min_vcpus": ("vcpus", 0),
    "min_memory_gib": ("memory_gib", 6),
    "min_fp16_tflops": ("fp16_tflops", 6),
    "min_fp32_tflops": ("fp32_tflops", 6),
    "min_fp64_tflops": ("fp64_tflops", 6),
}
"""Each minimum of `compute`, in the order of reasons, with the offer's column and its decimals."""

CENTRE_BOUNDS = {
    "max_pue": ("pue", 6),
    "min_green_share": ("green_share", 6),
    "min_mlps_level": ("mlps_level", 0),
}
"""Each numeric bound of `centre` with the centre's column and its decimals."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A stated constraint on offers: dotted name, the key it is counted under, and who passes (n booleans).

    `values` (n integers scaled by 10^places, UNKNOWN where unknown) is there for numeric bounds only.
    """

    name: str
    reason: str
    passes: Mask
    values: Ints | None = None
    places: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class OfferColumns:
    """n offers in order of (price, id), as text codes and scaled integers.

    `offer` and `centre` are positions in `offers` and `centres`, which also hold ids that no row has any more: rows move
    without a look at the texts, whose references Python would have to count, one by one, all over the memory.
    `derived` remembers what is worked out of the columns; `equalities` and `ranges` are indexes over names and over
    numbers of which more is better, minus the PUE among them.
    """

    offers: NDArray[np.object_]
    offer: Ints
    centres: tuple[str, ...]
    centre: Ints
    site_of: tuple[str, ...]
    price: Ints
    numbers: Mapping[str, Ints]
    texts: Mapping[str, Ints]
    codes: Mapping[str, Mapping[str, int]]
    centre_numbers: Mapping[str, Ints]
    derived: dict[str, Any] = field(default_factory=dict, repr=False)
    equalities: dict[str, EqualityIndex] = field(default_factory=dict, repr=False, init=False)
    ranges: dict[str, RangeIndex] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        """Put an index over each column, yet without a bitmap."""
        for column, cells in (*self.texts.items(), ("centre", self.centre)):
            self.equalities[column] = EqualityIndex(cells, self.codes[column])
        self.equalities["domestic"] = EqualityIndex(self.numbers["domestic"], {"0": 0, "1": 1})
        for column, cells in self.numbers.items():
            self.ranges[column] = RangeIndex(cells)
        for column, cells in self.centre_numbers.items():
            least = np.where(cells == UNKNOWN, _WORST, -cells) if column == "pue" else cells
            self.ranges[column] = RangeIndex(least, self.centre)

    @classmethod
    def build(cls, offers: Iterable[Offer], centres: Mapping[str, Centre]) -> "OfferColumns":
        """Lay out offers by (price in 10⁻⁴ CNY an hour, id); every offer's centre is in `centres`."""
        names = tuple(centres)
        index = {name: at for at, name in enumerate(names)}
        part = _laid_out(offers, index, {})
        return cls(
            offers=part.ids,
            offer=np.arange(len(part.ids)),
            centres=names,
            centre=part.centre,
            site_of=tuple(centre.site for centre in centres.values()),
            price=part.price,
            numbers=part.numbers,
            texts=part.texts,
            codes={**part.codes, "centre": index},
            centre_numbers=_centre_numbers(centres.values()),
        )

    def changed(
        self, gone: Iterable[Offer], put: Iterable[Offer], centres: Mapping[str, Centre]
    ) -> "OfferColumns":
        """The columns without the rows `gone` (as they stood) and with the rows `put`, without a new sorting.

        `centres` are all centres; one that the columns know keeps its position, also when it is there no more.
        """
        known = dict(zip(self.centres, self.site_of, strict=True))
        names = self.centres + tuple(name for name in centres if name not in known)
        index = {name: at for at, name in enumerate(names)}
        part = _laid_out(put, index, self.codes)
        places = [self._place(*at) for at in zip(part.price.tolist(), part.ids, strict=True)]
        left = sorted(self.position(row) for row in gone)
        pieces = _pieces(len(self.price), places, left)

        def merged(mine: NDArray[Any], theirs: NDArray[Any]) -> NDArray[Any]:
            if places == left and np.array_equal(mine[left], theirs):
                return mine  # nobody moved, and nothing changed here
            return np.concatenate([(theirs if new else mine)[low:high] for new, low, high in pieces])

        at_of = {self.offers[at]: at for at in self.offer[left].tolist()}
        new = [name for name in part.ids if name not in at_of]
        at_of |= {name: at for at, name in enumerate(new, len(self.offers))}
        offers = np.concatenate([self.offers, np.array(new, dtype=np.object_)]) if new else self.offers
        offer = merged(self.offer, np.array([at_of[name] for name in part.ids], dtype=np.int64))
        if len(offers) > _SPARE * len(offer):
            offers, offer = offers[offer], np.arange(len(offer))
        found = OfferColumns(
            offers=offers,
            offer=offer,
            centres=names,
            centre=merged(self.centre, part.centre),
            site_of=tuple(centres[name].site if name in centres else known[name] for name in names),
            price=merged(self.price, part.price),
            numbers={name: merged(cells, part.numbers[name]) for name, cells in self.numbers.items()},
            texts={name: merged(cells, part.texts[name]) for name, cells in self.texts.items()},
            codes={**part.codes, "centre": index},
            centre_numbers=_centre_numbers(centres.get(name) for name in names),
        )
        found.equalities.update(
            {name: mine for name, mine in self.equalities.items() if mine.same_as(found.equalities[name])}
        )
        found.ranges.update(
            {name: mine for name, mine in self.ranges.items() if mine.same_as(found.ranges[name])}
        )
        return found

    def position(self, row: Offer) -> int:
        """Where an offer, as it stands in the columns, is."""
        price = scaled(row.price_cny_hour, 4)
        found = self._place(price, row.offer)
        assert self.offers[self.offer[found]] == row.offer  # noqa: S101 - the row is one of these
        return found

    def _place(self, price: int, offer: str) -> int:
        """Where (price, id) stands, or would stand."""
        low, high = (int(np.searchsorted(self.price, price, side=side)) for side in ("left", "right"))
        return bisect_left(self.offer, offer, low, high, key=self.offers.__getitem__)

    def screen(self, demand: Demand, rows: Rows = ALL) -> list[Constraint]:
        """Every constraint on offers that the demand states, in the order of reasons; `available` is always last.

        Of the offers at `rows`, all where none are named.
        """
        return [
            *self._compute(demand, rows),
            *self._centre(demand, rows),
            *self._providers(demand, rows),
            self._available(demand, rows),
        ]

    def _compute(self, demand: Demand, rows: Rows) -> list[Constraint]:
        wanted, found = demand.compute, []
        if wanted.kind is not None:
            found.append(Constraint("compute.kind", "kind", self._among("kind", (wanted.kind,), rows)))
        if wanted.accelerators:
            passes = self._among("accelerator", wanted.accelerators, rows)
            found.append(Constraint("compute.accelerators", "accelerators", passes))
        for name, (column, places) in MINIMA.items():
            bound: int | Decimal | None = getattr(wanted, name)
            if bound is not None:
                values = self.numbers[column][rows]
                passes = values >= scaled(Decimal(bound), places)
                found.append(Constraint(f"compute.{name}", name, passes, values, places))
        if wanted.domestic is not None:
            passes = self.numbers["domestic"][rows] == int(wanted.domestic)
            found.append(Constraint("compute.domestic", "domestic", passes))
        return found

    def _centre(self, demand: Demand, rows: Rows) -> list[Constraint]:
        at = self.centre[rows]
        return [
            Constraint(f"centre.{name}", "centre", within[at], None if values is None else values[at], places)
            for name, within, values, places in self._of_centres(demand)
        ]

    def centres_within(self, demand: Demand) -> Mask:
        """Which centres, by position, meet the constraints on centres."""
        found: Mask = np.logical_and.reduce(
            [
                np.full(len(self.centres), fill_value=True),
                *(within for _, within, *_ in self._of_centres(demand)),
            ]
        )
        return found

    def _of_centres(self, demand: Demand) -> Iterator[tuple[str, Mask, Ints | None, int]]:
        """Each constraint on centres: its name, which of them pass, the number that is compared and its decimals."""
        wanted = demand.centre
        for name, (column, places) in CENTRE_BOUNDS.items():
            bound: int | Decimal | None = getattr(wanted, name)
            if bound is not None:
                values = self.centre_numbers[column]
                limit = scaled(Decimal(bound), places)
                within = (values <= limit) & (values != UNKNOWN) if name == "max_pue" else values >= limit
                yield name, within, values, places
        for name, listed, inside in (
            ("include", wanted.include, True),
            ("exclude", wanted.exclude, False),
        ):
            if listed:
                chosen = np.full(len(self.centres), not inside)
                chosen[self._codes("centre", listed)] = inside
                yield name, chosen, None, 0

    def _providers(self, demand: Demand, rows: Rows) -> list[Constraint]:
        found = []
        if demand.providers.include:
            passes = self._among("provider", demand.providers.include, rows)
            found.append(Constraint("providers.include", "providers", passes))
        if demand.providers.exclude:
            passes = ~self._among("provider", demand.providers.exclude, rows)
            found.append(Constraint("providers.exclude", "providers", passes))
        return found

    def _available(self, demand: Demand, rows: Rows) -> Constraint:
        values = self.numbers["available"][rows]
        return Constraint("quantity", "available", values >= demand.quantity, values)

    def _among(self, column: str, listed: tuple[str, ...], rows: Rows) -> Mask:
        wanted = np.zeros(
            len(self.codes[column]) + 1, dtype=np.bool_
        )  # the last stands for UNKNOWN, which is −1
        wanted[self._codes(column, listed)] = True
        found: Mask = wanted[self.texts[column][rows]]
        return found

    def _codes(self, column: str, listed: Iterable[str]) -> list[int]:
        code = self.codes[column]
        return [code[text] for text in listed if text in code]

    def lists(self, column: str) -> tuple[Ints, Ints]:
        """The offers by what they have in a text column or as `centre`, each list in order; and where each begins.

        Worked out once; of codes 0, 1, … the list of code c is order[begin[c] : begin[c + 1]].
        """
        if column not in self.derived:
            codes = self.centre if column == "centre" else self.texts[column]
            most = len(self.codes[column])
            order = np.argsort(codes.astype(np.int16 if most < _INT16 else np.int64), kind="stable")
            begin = np.searchsorted(codes[order], np.arange(most + 1))
            self.derived[column] = order, begin
        found: tuple[Ints, Ints] = self.derived[column]
        return found


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows laid out by themselves, their text codes continuing those that are known."""

    ids: NDArray[np.object_]
    centre: Ints
    price: Ints
    numbers: Mapping[str, Ints]
    texts: Mapping[str, Ints]
    codes: Mapping[str, Mapping[str, int]]


def _laid_out(
    offers: Iterable[Offer], index: Mapping[str, int], known: Mapping[str, Mapping[str, int]]
) -> _Part:
    given = list(offers)
    price = _column([row.price_cny_hour for row in given], 4)
    order = sorted(
        range(len(given)),
        key=list(zip(price.tolist(), (row.offer for row in given), strict=True)).__getitem__,
    )
    rows = [given[at] for at in order]
    codes: dict[str, dict[str, int]] = {}
    texts = {}
    for column in ("kind", "accelerator", "provider"):
        code = dict(known.get(column, {}))
        cells = [getattr(row, column) for row in rows]
        found = [UNKNOWN if cell is None else code.setdefault(cell, len(code)) for cell in cells]
        codes[column], texts[column] = code, np.array(found, dtype=np.int64)
    ids = np.empty(len(rows), dtype=np.object_)
    ids[:] = [row.offer for row in rows]
    return _Part(
        ids=ids,
        centre=np.array([index[row.centre] for row in rows], dtype=np.int64),
        price=price[order],
        numbers={
            column: _column([getattr(row, column) for row in rows], places)
            for column, places in (*MINIMA.values(), ("domestic", 0), ("available", 0))
        },
        texts=texts,
        codes=codes,
    )


def _pieces(count: int, places: Iterable[int], gone: Iterable[int]) -> list[tuple[bool, int, int]]:
    """How `count` rows and the new ones, each before its place, lie one after the other without those that are gone.

    (whether of the new rows, from, to before).
    """
    found: list[tuple[bool, int, int]] = []
    last = 0
    cuts = [(place, 0, number) for number, place in enumerate(places)] + [(row, 1, 0) for row in gone]
    for at, is_gone, number in sorted(cuts):
        found.append((False, last, at))
        last = at + is_gone
        if not is_gone:
            found.append((True, number, number + 1))
    return [*found, (False, last, count)]


def _centre_numbers(centres: Iterable[Centre | None]) -> dict[str, Ints]:
    """The columns of centres; of one that is there no more nothing is known."""
    rows = list(centres)
    return {
        column: _column([None if row is None else getattr(row, column) for row in rows], places)
        for column, places in CENTRE_BOUNDS.values()
    }


def _column(cells: list[int | Decimal | None], places: int) -> Ints:
    known: dict[int | Decimal | None, int] = {None: UNKNOWN}  # the same few values come again and again
    for cell in cells:
        if cell not in known and cell is not None:
            known[cell] = scaled(Decimal(cell), places)
    return np.array([known[cell] for cell in cells], dtype=np.int64)

"""Offers as NumPy columns ordered by price, and the screen that says which constraint each one fails."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.demand import Demand
from scheduling.domain.numbers import scaled
from scheduling.domain.rows import Centre, Offer

UNKNOWN = -1
"""Stands for an unknown value in a column; every real value is ≥ 0, so it fails every minimum."""

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

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
    """n offers in order of (price, id), as text codes and scaled integers; `centre` is the position in `centres`."""

    ids: tuple[str, ...]
    centres: tuple[str, ...]
    centre: Ints
    site_of: tuple[str, ...]
    price: Ints
    numbers: Mapping[str, Ints]
    texts: Mapping[str, Ints]
    codes: Mapping[str, Mapping[str, int]]
    centre_numbers: Mapping[str, Ints]

    @classmethod
    def build(cls, offers: Iterable[Offer], centres: Mapping[str, Centre]) -> "OfferColumns":
        """Lay out offers by (price in 10⁻⁴ CNY an hour, id); every offer's centre is in `centres`."""
        rows = sorted(offers, key=lambda offer: (offer.price_cny_hour, offer.offer))
        names = tuple(centres)
        index = {name: position for position, name in enumerate(names)}
        numbers = {
            column: _column([getattr(row, column) for row in rows], places)
            for column, places in (*MINIMA.values(), ("domestic", 0), ("available", 0))
        }
        codes: dict[str, dict[str, int]] = {}
        texts = {}
        for column in ("kind", "accelerator", "provider"):
            code: dict[str, int] = {}
            cells = [getattr(row, column) for row in rows]
            found = [UNKNOWN if cell is None else code.setdefault(cell, len(code)) for cell in cells]
            codes[column], texts[column] = code, np.array(found, dtype=np.int64)
        return cls(
            ids=tuple(row.offer for row in rows),
            centres=names,
            centre=np.array([index[row.centre] for row in rows], dtype=np.int64),
            site_of=tuple(centre.site for centre in centres.values()),
            price=_column([row.price_cny_hour for row in rows], 4),
            numbers=numbers,
            texts=texts,
            codes=codes,
            centre_numbers={
                column: _column([getattr(centre, column) for centre in centres.values()], places)
                for column, places in CENTRE_BOUNDS.values()
            },
        )

    def screen(self, demand: Demand) -> list[Constraint]:
        """Every constraint on offers that the demand states, in the order of reasons; `available` is always last."""
        return [
            *self._compute(demand),
            *self._centre(demand),
            *self._providers(demand),
            self._available(demand),
        ]

    def _compute(self, demand: Demand) -> list[Constraint]:
        wanted, found = demand.compute, []
        if wanted.kind is not None:
            found.append(Constraint("compute.kind", "kind", self._among("kind", (wanted.kind,))))
        if wanted.accelerators:
            passes = self._among("accelerator", wanted.accelerators)
            found.append(Constraint("compute.accelerators", "accelerators", passes))
        for name, (column, places) in MINIMA.items():
            bound: int | Decimal | None = getattr(wanted, name)
            if bound is not None:
                values = self.numbers[column]
                passes = values >= scaled(Decimal(bound), places)
                found.append(Constraint(f"compute.{name}", name, passes, values, places))
        if wanted.domestic is not None:
            passes = self.numbers["domestic"] == int(wanted.domestic)
            found.append(Constraint("compute.domestic", "domestic", passes))
        return found

    def _centre(self, demand: Demand) -> list[Constraint]:
        wanted, found = demand.centre, []
        for name, (column, places) in CENTRE_BOUNDS.items():
            bound: int | Decimal | None = getattr(wanted, name)
            if bound is not None:
                values = self.centre_numbers[column]
                limit = scaled(Decimal(bound), places)
                within = (values <= limit) & (values != UNKNOWN) if name == "max_pue" else values >= limit
                found.append(
                    Constraint(f"centre.{name}", "centre", within[self.centre], values[self.centre], places)
                )
        for name, listed, inside in (
            ("include", wanted.include, True),
            ("exclude", wanted.exclude, False),
        ):
            if listed:
                names = frozenset(listed)
                chosen = np.array([(centre in names) is inside for centre in self.centres], dtype=np.bool_)
                found.append(Constraint(f"centre.{name}", "centre", chosen[self.centre]))
        return found

    def _providers(self, demand: Demand) -> list[Constraint]:
        found = []
        if demand.providers.include:
            passes = self._among("provider", demand.providers.include)
            found.append(Constraint("providers.include", "providers", passes))
        if demand.providers.exclude:
            passes = ~self._among("provider", demand.providers.exclude)
            found.append(Constraint("providers.exclude", "providers", passes))
        return found

    def _available(self, demand: Demand) -> Constraint:
        values = self.numbers["available"]
        return Constraint("quantity", "available", values >= demand.quantity, values)

    def _among(self, column: str, listed: tuple[str, ...]) -> Mask:
        code = self.codes[column]
        wanted = np.array([code[text] for text in listed if text in code], dtype=np.int64)
        return np.isin(self.texts[column], wanted)


def _column(cells: list[int | Decimal | None], places: int) -> Ints:
    values = [UNKNOWN if cell is None else scaled(Decimal(cell), places) for cell in cells]
    return np.array(values, dtype=np.int64)

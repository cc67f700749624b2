"""Offers as columns of whole numbers, made at once for a million of them, for us, for PostgreSQL and for plain Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.supply.offers import OfferColumns

CENTRES, PROVIDERS = 200, 300
ACCELERATORS = tuple(f"card-{number:02d}" for number in range(24))
KINDS = ("general", "intelligent", "super")
MICRO = 10**6
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Offers:
    """n offers by (price, id): every cell a whole number, decimals in millionths, the price in 10⁻⁴ CNY an hour."""

    cells: dict[str, Ints]
    pue: Ints
    mlps: Ints

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.cells["price"])

    def columns(self) -> OfferColumns:
        """As the engine has them."""
        texts = {name: self.cells[name] for name in ("kind", "accelerator", "provider")}
        names = {"kind": KINDS, "accelerator": ACCELERATORS, "provider": [f"p{n}" for n in range(PROVIDERS)]}
        numbers = {
            name: cells for name, cells in self.cells.items() if name not in {*texts, "id", "price", "centre"}
        }
        offers = np.array([f"o{number:07d}" for number in range(self.count)], dtype=np.object_)
        return OfferColumns(
            offers=offers,
            offer=self.cells["id"],
            centres=tuple(f"c{number}" for number in range(CENTRES)),
            centre=self.cells["centre"],
            site_of=tuple(f"s{number}" for number in range(CENTRES)),
            price=self.cells["price"],
            numbers=numbers,
            texts=texts,
            codes={
                name: {text: code for code, text in enumerate(listed)}
                for name, listed in {**names, "centre": [f"c{number}" for number in range(CENTRES)]}.items()
            },
            centre_numbers={"pue": self.pue, "mlps_level": self.mlps, "green_share": self.pue},
        )

    def rows(self) -> Iterator[tuple[int, ...]]:
        """Each offer's cells, with its centre's PUE and level beside them."""
        lists = [cells.tolist() for cells in self.cells.values()]
        lists += [self.pue[self.cells["centre"]].tolist(), self.mlps[self.cells["centre"]].tolist()]
        return zip(*lists, strict=True)


def make_offers(count: int, seed: int = 0) -> Offers:
    """So many offers; the same seed gives the same ones."""
    grid = np.random.default_rng(seed)
    accelerator = grid.integers(-1, len(ACCELERATORS), count)
    cards = np.where(accelerator < 0, 0, grid.choice([1, 2, 4, 8], count))
    vcpus = grid.choice([8, 16, 32, 64, 96, 128, 192], count)
    strong = cards * grid.choice([10, 20, 40, 80], count) * MICRO
    known = grid.random((3, count)) < 0.8
    cells: dict[str, Any] = {
        "id": np.arange(count),
        "price": (grid.gamma(3, 4, count) * 10_000).astype(np.int64) * np.maximum(cards, 1) + 2_000,
        "centre": grid.integers(0, CENTRES, count),
        "kind": np.where(accelerator < 0, 0, grid.integers(1, 3, count)),
        "accelerator": accelerator,
        "provider": grid.integers(0, PROVIDERS, count),
        "accelerators": cards,
        "accelerator_memory_gib": np.where(cards > 0, grid.choice([24, 48, 64, 80, 96], count) * MICRO, -1),
        "vcpus": vcpus,
        "memory_gib": vcpus * 4 * MICRO,
        "fp64_tflops": np.where(known[0], strong, -1),
        "fp32_tflops": np.where(known[1], strong * 2, -1),
        "fp16_tflops": np.where(known[2], strong * 8, -1),
        "domestic": np.where(accelerator < 0, -1, accelerator % 2),
        "available": grid.choice([0, 1, 2, 4, 8], count),
    }
    order = np.lexsort((cells["id"], cells["price"]))
    return Offers(
        cells={name: np.asarray(cell, dtype=np.int64)[order] for name, cell in cells.items()},
        pue=grid.integers(105, 160, CENTRES) * (MICRO // 100),
        mlps=grid.integers(1, 5, CENTRES),
    )

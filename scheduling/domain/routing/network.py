"""A line provider's network as indexed arrays: parallel spans stay separate, ids compare by code point."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduling.domain.numbers import scaled
from scheduling.domain.rows import Span

Mbps = NDArray[np.int64]

LOSS_SCALE = 10**9


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """Spans of one line provider, sorted by id: position i has the i-th smallest id, so positions compare as ids.

    Per span: ends (site positions), metres, latency_us (optical, one way), jitter_us, loss in 10⁻⁹, free Mbps,
    srlg names. Per site: hop_us and the spans that meet there as (neighbour, span). `derived` remembers what
    distances.py works out for each set of usable spans; networks that differ in what is free share it.
    """

    ids: tuple[str, ...]
    ends: tuple[tuple[int, int], ...]
    metres: tuple[int, ...]
    latency: tuple[int, ...]
    jitter: tuple[int, ...]
    loss: tuple[int, ...]
    free: Mbps
    srlg: tuple[frozenset[str], ...]
    site_index: Mapping[str, int]
    hop: tuple[int, ...]
    arcs: tuple[tuple[tuple[int, int], ...], ...]
    derived: dict[Any, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls, hop_us: Mapping[str, int], spans: Iterable[Span]) -> "Network":
        """Index the spans of one provider; `hop_us` gives the delay of a pass through each site."""
        rows = sorted(spans, key=lambda span: span.span)
        index: dict[str, int] = {}
        arcs: list[list[tuple[int, int]]] = []
        for position, row in enumerate(rows):
            for end in (row.a, row.b):
                if end not in index:
                    index[end] = len(arcs)
                    arcs.append([])
            arcs[index[row.a]].append((index[row.b], position))
            arcs[index[row.b]].append((index[row.a], position))
        cells = zip(*map(_cells, rows), strict=True) if rows else ((),) * len(_CELLS)
        columns: dict[str, Any] = dict(zip(_CELLS, cells, strict=True))
        columns["free"] = np.array(columns["free"], dtype=np.int64)
        return cls(
            ids=tuple(row.span for row in rows),
            ends=tuple((index[row.a], index[row.b]) for row in rows),
            **columns,
            site_index=index,
            hop=tuple(hop_us[site] for site in index),
            arcs=tuple(tuple(meeting) for meeting in arcs),
        )

    def changed(self, hop_us: Mapping[str, int], spans: Iterable[Span]) -> "Network | None":
        """The network with spans in place of those of the same ids, and sites with other delays; None where it must be built anew.

        That is where a span is new or joins other sites than before. Of `hop_us` only the sites of the network count.
        """
        columns: dict[str, list[Any]] = {name: list(getattr(self, name)) for name in _CELLS if name != "free"}
        free, derived, index = self.free.copy(), self.derived, self.site_index
        for row in spans:
            position = bisect_left(self.ids, row.span)
            if self.ids[position : position + 1] != (row.span,):
                return None
            if self.ends[position] != (index.get(row.a), index.get(row.b)):
                return None
            cells: dict[str, Any] = dict(zip(_CELLS, _cells(row), strict=True))
            free[position] = cells.pop("free")
            for name, value in cells.items():
                if columns[name][position] != value:
                    columns[name][position], derived = value, {}
        hop = list(self.hop)
        for site in hop_us.keys() & index.keys():
            if hop[index[site]] != hop_us[site]:
                hop[index[site]], derived = hop_us[site], {}
        same: dict[str, Any] = {name: tuple(column) for name, column in columns.items()}
        return replace(self, **same, free=free, hop=tuple(hop), derived=derived)

    def having(self, free: Mapping[str, int]) -> "Network":
        """The network with other Mbps free on some of its spans, by id."""
        mbps = self.free.copy()
        for span, value in free.items():
            mbps[bisect_left(self.ids, span)] = value
        return replace(self, free=mbps)


_CELLS = ("metres", "latency", "jitter", "loss", "free", "srlg")


def _cells(row: Span) -> tuple[int, int, int, int, int, frozenset[str]]:
    """What a network keeps of a span beside its ends, in the order of _CELLS."""
    metres = scaled(row.km, 3)
    return (
        metres,
        fibre_latency(metres) if row.measured_us is None else row.measured_us,
        row.jitter_us,
        scaled(Decimal(row.loss), 9),
        row.capacity_mbps - row.reserved_mbps,
        frozenset(row.srlg),
    )


def fibre_latency(metres: int) -> int:
    """Optical latency of fibre, one way: ceil(metres × 49 / 10000) µs, that is 4.9 µs a kilometre."""
    return -(-metres * 49 // 10000)

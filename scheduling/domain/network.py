"""A line provider's network as indexed arrays: parallel spans stay separate, ids compare by code point."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from scheduling.domain.numbers import scaled
from scheduling.domain.rows import Span

LOSS_SCALE = 10**9


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """Spans of one line provider, sorted by id: position i has the i-th smallest id, so positions compare as ids.

    Per span: ends (site positions), metres, latency_us (optical, one way), jitter_us, loss in 10⁻⁹, free Mbps,
    srlg names. Per site: hop_us and the spans that meet there as (neighbour, span). `derived` remembers what
    distances.py works out for each set of usable spans.
    """

    ids: tuple[str, ...]
    ends: tuple[tuple[int, int], ...]
    metres: tuple[int, ...]
    latency: tuple[int, ...]
    jitter: tuple[int, ...]
    loss: tuple[int, ...]
    free: tuple[int, ...]
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
        metres = tuple(scaled(row.km, 3) for row in rows)
        return cls(
            ids=tuple(row.span for row in rows),
            ends=tuple((index[row.a], index[row.b]) for row in rows),
            metres=metres,
            latency=tuple(
                fibre_latency(length) if row.measured_us is None else row.measured_us
                for row, length in zip(rows, metres, strict=True)
            ),
            jitter=tuple(row.jitter_us for row in rows),
            loss=tuple(scaled(Decimal(row.loss), 9) for row in rows),
            free=tuple(row.capacity_mbps - row.reserved_mbps for row in rows),
            srlg=tuple(frozenset(row.srlg) for row in rows),
            site_index=index,
            hop=tuple(hop_us[site] for site in index),
            arcs=tuple(tuple(meeting) for meeting in arcs),
        )


def fibre_latency(metres: int) -> int:
    """Optical latency of fibre, one way: ceil(metres × 49 / 10000) µs, that is 4.9 µs a kilometre."""
    return -(-metres * 49 // 10000)

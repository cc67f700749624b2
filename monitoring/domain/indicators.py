"""Indicators: named formulas over what was received; what is missing makes the value unknown, never smaller."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from kernel.text import Text
from monitoring.domain.feeds import FeedClass

PLACES = Decimal("0.000001")
FEWEST = 5  # k of k-anonymity (INVARIANTS E5)

Slots = Mapping[int, Decimal]  # slot → value
Readings = Mapping[UUID, Sequence[Slots]]  # feed → one Slots for each of the indicator's metrics


@dataclass(frozen=True, slots=True)
class Indicator:
    """The versioned definition of one indicator; `least_coverage` in per cent."""

    code: str
    title: Text
    kind: FeedClass
    formula: str
    metrics: tuple[str, ...]
    unit: str
    comparator: str
    reference: str
    least_coverage: Decimal
    profile: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what was due came in, over all feeds of the class, and how much of that is only declared."""

    expected: int
    received: int
    declared: int

    @property
    def percent(self) -> Decimal | None:
        """Received of expected in per cent; None where nothing was due."""
        return percent(self.received, self.expected)

    @property
    def declared_percent(self) -> Decimal | None:
        """Declared of received in per cent; None where nothing came in."""
        return percent(self.declared, self.received)


def percent(part: int, whole: int) -> Decimal | None:
    """Part of whole in per cent, two places; None of nothing."""
    return (Decimal(100) * part / whole).quantize(Decimal("0.01")) if whole else None


def filled_slots(metrics: Sequence[Slots]) -> set[int]:
    """The slots in which every metric of a feed came in."""
    return set.intersection(*(set(slots) for slots in metrics)) if metrics else set()


def ratio(readings: Readings) -> Decimal | None:
    """Σ of the first metric by Σ of the second over all slots in which both came in; None by zero."""
    above = below = Decimal(0)
    for first, second in readings.values():
        for slot in filled_slots([first, second]):
            above, below = above + first[slot], below + second[slot]
    return above / below if below else None


def share_of_capacity(readings: Readings) -> Decimal | None:
    """The ratio in per cent: each source weighs by its capacity."""
    found = ratio(readings)
    return None if found is None else found * 100


def standing_total(readings: Readings) -> Decimal | None:
    """Σ over the feeds of each one's mean over the slots it filled; None while none has."""
    means = [sum(slots.values()) / Decimal(len(slots)) for (slots,) in readings.values() if slots]
    return sum(means, Decimal(0)) if means else None


def flow_total(readings: Readings) -> Decimal | None:
    """Σ of what each slot brought; None while nothing came in."""
    values = [value for (slots,) in readings.values() for value in slots.values()]
    return sum(values, Decimal(0)) if values else None


FORMULAS: Mapping[str, Callable[[Readings], Decimal | None]] = {
    "ratio": ratio,
    "share_of_capacity": share_of_capacity,
    "standing_total": standing_total,
    "flow_total": flow_total,
}


def evaluate(
    indicator: Indicator, readings: Readings, completeness: Completeness
) -> tuple[Decimal | None, str]:
    """The value (six places) and "", or None and why: no_feed, low_coverage, undefined."""
    covered = completeness.percent
    if covered is None:
        return None, "no_feed"
    if covered < indicator.least_coverage:
        return None, "low_coverage"
    value = FORMULAS[indicator.formula](readings)
    return (value.quantize(PLACES), "") if value is not None else (None, "undefined")


def shown_count(count: int, *, to_regulator: bool) -> int | None:
    """A count of parties as somebody may see it: 1 to 4 are hidden from all but the supervision."""
    return count if to_regulator or count == 0 or count >= FEWEST else None

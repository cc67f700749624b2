"""Odd points: their distance from the median of the points before, in robust deviations."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

MAD_TO_SIGMA = Decimal("1.4826")  # of a normal distribution


@dataclass(frozen=True, slots=True)
class AlertRule:
    """`window` points before, at least `least_points` of them; odd beyond `threshold` robust deviations.

    A deviation is never taken smaller than `floor` (in the metric's unit), so that a flat series does not
    cry at its first ripple; `consecutive` odd points make an alarm.
    """

    window: int
    least_points: int
    threshold: Decimal
    floor: Decimal
    consecutive: int


def distance(before: Sequence[Decimal], value: Decimal, rule: AlertRule) -> Decimal | None:
    """Robust deviations between `value` and the points before it; None where there are too few of them."""
    window = before[-rule.window :]
    if len(window) < rule.least_points:
        return None
    middle = median(window)
    spread = MAD_TO_SIGMA * median(abs(each - middle) for each in window)
    return abs(value - middle) / max(spread, rule.floor)


def odd_points(values: Sequence[Decimal], first: int, rule: AlertRule) -> list[int]:
    """The indices from `first` on whose point completes a run of `consecutive` odd ones, or goes on with it."""
    found: list[int] = []
    start = max(0, first - rule.consecutive + 1)
    run = 0
    for index in range(start, len(values)):
        away = distance(values[:index], values[index], rule)
        run = run + 1 if away is not None and away > rule.threshold else 0
        if run >= rule.consecutive and index >= first:
            found.append(index)
    return found

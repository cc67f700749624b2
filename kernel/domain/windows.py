"""Windows of time, and what overlaps in them at any instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time, [start, end), both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse a window that ends before it starts."""
        if self.end <= self.start:
            raise ValueError("a window ends after it starts")

    def overlaps(self, other: "Window") -> bool:
        """Whether there is an instant in both; one that ends as the other starts has none in common."""
        return self.start < other.end and other.start < self.end


def levels(bookings: Iterable[tuple[Window, int]], *, within: Window) -> list[tuple[Window, int]]:
    """The sum of the quantities at every instant of `within`, as steps in their order: each is another sum than the last."""
    changes: dict[datetime, int] = {within.start: 0}
    for window, quantity in bookings:
        if window.overlaps(within):
            start = max(window.start, within.start)
            changes[start] = changes.get(start, 0) + quantity
            changes[window.end] = changes.get(window.end, 0) - quantity
    steps: list[tuple[datetime, int]] = []
    level = 0
    for at in sorted(each for each in changes if each < within.end):
        level += changes[at]
        if not steps or steps[-1][1] != level:
            steps.append((at, level))
    ends = [at for at, _ in steps[1:]] + [within.end]
    return [(Window(at, end), level) for (at, level), end in zip(steps, ends, strict=True)]


def without(windows: Iterable[Window], taken: Iterable[Window]) -> tuple[Window, ...]:
    """What is left of the windows outside of what is taken, in their order."""
    left = list(windows)
    for gone in taken:
        sides = [
            side
            for each in left
            for side in ((each.start, min(each.end, gone.start)), (max(each.start, gone.end), each.end))
        ]
        left = [Window(start, end) for start, end in sides if start < end]
    return tuple(left)


def overfull(bookings: Iterable[tuple[Window, int]], *, limit: int, within: Window) -> list[Window]:
    """When, within a window, the sum of the quantities is above the limit."""
    return [window for window, level in levels(bookings, within=within) if level > limit]

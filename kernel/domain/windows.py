"""Windows of time and the largest sum of quantities that overlap at any instant."""

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


def peak_of(bookings: Iterable[tuple[Window, int]]) -> int:
    """The largest sum of quantities at any instant; one that ends as another starts does not overlap."""
    edges: list[tuple[datetime, int]] = []
    for window, quantity in bookings:
        edges += [(window.start, quantity), (window.end, -quantity)]
    level = highest = 0
    for _, change in sorted(edges):  # at one instant the ends (negative) come first
        level += change
        highest = max(highest, level)
    return highest

"""Periods of reports: days and months of the Shanghai calendar, and what of them nothing was reported about yet."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from kernel.text import Vocabulary

SHANGHAI = timezone(timedelta(hours=8))
Span = tuple[datetime, datetime]  # half-open, both aware


class PeriodLength(Vocabulary):
    """How long one reported period is."""

    DAY = "day", "日", "A day"
    MONTH = "month", "月", "A month"

    def start_of(self, at: datetime) -> datetime:
        """The start of the period that `at` lies in."""
        day = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        return day if self is PeriodLength.DAY else day.replace(day=1)

    def after(self, start: datetime) -> datetime:
        """The start of the next period."""
        return self.start_of(start + timedelta(days=1 if self is PeriodLength.DAY else 31))


def last_closed(at: datetime, length: PeriodLength) -> Span:
    """The newest period that is over at this instant."""
    end = length.start_of(at)
    return length.start_of(end - timedelta(microseconds=1)), end


def gaps(covered: Iterable[Span], *, at: datetime, length: PeriodLength) -> list[Span]:
    """The spans that are over at `at` and that nothing covers, oldest first, none longer than its period.

    Where nothing was reported yet, it begins with the last closed period; else nothing since the first report is left
    out, however long the node was away. What overlaps a period in part leaves the rest of it.
    """
    first, until = last_closed(at, length)
    known = sorted(covered)
    since = min([first, *(start for start, _ in known)])
    found: list[Span] = []
    for start, end in [*known, (until, until)]:
        while since < min(start, until):
            stop = min(length.after(length.start_of(since)), start, until)
            found.append((since, stop))
            since = stop
        since = max(since, end)
    return found

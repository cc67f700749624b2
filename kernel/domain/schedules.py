"""When a bundle is wanted: one window, or one that recurs on days of the week; and what such a schedule may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from kernel.domain.windows import Window
from kernel.text import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS_A_WEEK = 7
MOST_WINDOWS = 260  # of one booking: a year of working days
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # from here a year of weeks and any zone are still dates


class ScheduleError(ValueError):
    """A schedule that cannot be; `field` is the member at fault."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        """Keep the member and the reason in both languages."""
        super().__init__(en)
        self.field, self.text = field, Text(zh, en)


@dataclass(frozen=True)
class Schedule:
    """The first window; and, where it recurs, on which days of the week (1 Monday … 7 Sunday) in how many weeks.

    Days and weeks are those of Asia/Shanghai, and the weeks are counted from the one that the first window begins in.
    """

    first: Window
    weekdays: tuple[int, ...] = ()
    weeks: int = 1

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Every window, in order: the first one's length, at its time of day."""
        if not self.weekdays:
            return (self.first,)
        start = self.first.start.astimezone(SHANGHAI)
        monday = start - timedelta(days=start.isoweekday() - 1)
        starts = [
            monday + timedelta(days=DAYS_A_WEEK * week + day - 1)
            for week in range(self.weeks)
            for day in sorted(set(self.weekdays))
        ]
        length = self.first.end - self.first.start
        return tuple(
            Window(each.astimezone(UTC), each.astimezone(UTC) + length) for each in starts if each >= start
        )

    @property
    def last_end(self) -> datetime:
        """When the last window ends."""
        return self.windows[-1].end

    @property
    def hours(self) -> Fraction:
        """Hours in all windows together."""
        seconds = sum((window.end - window.start) // timedelta(microseconds=1) for window in self.windows)
        return Fraction(seconds, 3600 * 10**6)

    def document(self) -> dict[str, Any]:
        """The schedule as a quote has it."""
        found: dict[str, Any] = {
            "start": self.first.start.isoformat(),
            "end": self.first.end.isoformat(),
            "windows": len(self.windows),
            "last_end": self.last_end.isoformat(),
        }
        return found | ({"weekdays": list(self.weekdays), "weeks": self.weeks} if self.weekdays else {})


def schedule_of(document: Mapping[str, Any]) -> Schedule:
    """The schedule that a quote or a hold has as a document."""
    first = Window(datetime.fromisoformat(document["start"]), datetime.fromisoformat(document["end"]))
    return Schedule(first, tuple(document.get("weekdays", ())), document.get("weeks", 1))


def parse_schedule(
    *, start: datetime, end: datetime, weekdays: tuple[int, ...], weeks: int | None
) -> Schedule:
    """The schedule that a caller asks for. Raises ScheduleError naming the member that is wrong."""
    if end > LATEST:
        raise ScheduleError("end", "日期过晚。", "No calendar goes so far on.")
    if end <= start:
        raise ScheduleError("end", "结束时间须晚于开始时间。", "It must lie after the start.")
    if bool(weekdays) != (weeks is not None):
        missing = "weeks" if weekdays else "weekdays"
        raise ScheduleError(
            missing, "循环预约须同时给出 weekdays 与 weeks。", "weekdays and weeks come together."
        )
    schedule = Schedule(
        Window(start.astimezone(UTC), end.astimezone(UTC)), tuple(sorted(set(weekdays))), weeks or 1
    )
    if weekdays and start.astimezone(SHANGHAI).isoweekday() not in weekdays:
        raise ScheduleError(
            "weekdays",
            "须包含首个时段开始之日（北京时间）的星期。",
            "The day of the week that the first window begins on (Shanghai time) must be among them.",
        )
    if len(schedule.windows) > MOST_WINDOWS:
        raise ScheduleError(
            "weeks",
            f"一次预约至多 {MOST_WINDOWS} 个时段，现为 {len(schedule.windows)} 个；请分次预约。",
            f"At most {MOST_WINDOWS} windows in one booking, these are {len(schedule.windows)}: book them apart.",
        )
    if any(one.overlaps(other) for one, other in pairwise(schedule.windows)):
        raise ScheduleError(
            "end",
            "时段长于两次之间的间隔，互相重叠。",
            "A window is longer than the time until the next one begins.",
        )
    return schedule

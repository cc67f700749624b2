"""Days as contracts count them: calendar days, and the working days of China with its public holidays."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kernel.text import Vocabulary

REAL_DAY = 86_400  # seconds
SATURDAY = 5
SHANGHAI = ZoneInfo("Asia/Shanghai")


class DayCount(Vocabulary):
    """What a promised number of days counts."""

    CALENDAR = "calendar", "日历日", "Calendar days"
    WORKING = "working", "工作日", "Working days"


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The versioned calendar: `free` are weekdays without work, `worked` weekends with work, in the `years` it knows.

    In other years Monday to Friday are worked.
    """

    version: str
    status: str
    source: str
    years: frozenset[int]
    free: frozenset[date]
    worked: frozenset[date]

    def is_worked(self, day: date) -> bool:
        """Whether a day in China is a working day."""
        if day in self.free or day in self.worked:
            return day in self.worked
        return day.weekday() < SATURDAY

    def after(self, start: datetime, days: int, *, counted: str, day_seconds: int) -> datetime:
        """The instant `days` days after `start`, a day being `day_seconds` long; an accelerated clock knows no weekends.

        Working days keep the hour of the day in Shanghai, and end on a working day unless `days` is 0. What begins on a day
        without work begins with the next one that is worked: days that are counted are whole, and who begins later ends later.
        """
        if counted == DayCount.CALENDAR or day_seconds != REAL_DAY:
            return start + timedelta(seconds=days * day_seconds)
        instant = start
        if days and not self.is_worked(start.astimezone(SHANGHAI).date()):
            instant = self._next_worked(start)
        while days:
            instant += timedelta(days=1)
            days -= self.is_worked(instant.astimezone(SHANGHAI).date())
        return instant

    def _next_worked(self, start: datetime) -> datetime:
        """The first instant of the next working day in Shanghai."""
        day = start.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        while not self.is_worked(day.date()):
            day += timedelta(days=1)
        return day.astimezone(start.tzinfo)

    def before(self, end: datetime, days: int, *, counted: str, day_seconds: int) -> datetime:
        """The last instant from which `days` days are over by `end`, as `after` counts them, to the microsecond."""
        if counted == DayCount.CALENDAR or day_seconds != REAL_DAY:
            return end - timedelta(seconds=days * day_seconds)
        start = end
        while self.after(start, days, counted=counted, day_seconds=day_seconds) > end:
            start -= timedelta(days=1)
        over = self.after(start, days, counted=counted, day_seconds=day_seconds).astimezone(SHANGHAI)
        if over.date() == end.astimezone(SHANGHAI).date():
            return start
        midnight = start.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight + timedelta(days=1, microseconds=-1)).astimezone(start.tzinfo)

"""When silence accepts what was delivered, and what keeps it from doing so."""

from collections.abc import Sequence
from datetime import datetime

from aggregation.selectors.offers import lots
from aggregation.selectors.owners import behind_pools
from kernel.domain.windows import Window
from kernel.models.suspensions import SuspensionScope
from kernel.selectors.suspensions import Stop, stops_of
from scheduling.domain.openings import silence_until
from scheduling.models import Dispatch, LineOpening
from scheduling.selectors.installs import ready_at
from scheduling.selectors.profiles import opening_profile


def silent_until(
    since: datetime, there: datetime, windows: Sequence[Window], *, days: int, day_seconds: int
) -> datetime:
    """When silence accepts a part that its user can look at since an instant, and that is `there` since another.

    After so many working days, and of a booking for these windows earlier (`silence_until`).
    """
    end = ready_at(since, days, "working", day_seconds=day_seconds)
    return silence_until(end, there, windows, late_percent=opening_profile().late_percent)


def line_silent_until(row: LineOpening, there: datetime) -> datetime:
    """When silence accepts a line that is there since an instant."""
    days = opening_profile().acceptance_working_days
    return silent_until(there, there, row.windows, days=days, day_seconds=row.day_seconds)


def stop_of_line(row: LineOpening, at: datetime) -> Stop | None:
    """The stop that ended last, or still stands (first of all), by an instruction to anybody but the user of a line's order or about what it leads to."""
    subjects = {row.provider_id}
    if dispatch := Dispatch.objects.filter(order=row.order).first():
        behind = behind_pools(lot.pool for lot in lots([dispatch.offer]).values())
        subjects = subjects.union({dispatch.offer, dispatch.provider_id}, *behind.values())
    stops = stops_of(subjects - {row.user_id}, stops=SuspensionScope.RUNNING)
    return max(stops, key=lambda each: each.until or at, default=None)

"""How soon a line of a tariff may be in use."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.clock import shanghai_date
from scheduling.domain.engine.wishes import Access
from scheduling.domain.rows import Tariff
from scheduling.domain.working_days import REAL_DAY, DayCount
from scheduling.selectors.profiles import working_calendar
from scheduling.selectors.supply import Version


@dataclass(frozen=True, slots=True)
class Install:
    """The days of a tariff and those of the A end, what they count (`DayCount`), and the first day in use, in China.

    `end_class` is None where the tail is not known: then it takes no days here.
    """

    lead_days: int
    end_days: int
    counted: str
    end_class: str | None
    usable_from: date


def ready_at(at: datetime, days: int, counted: str, *, day_seconds: int = REAL_DAY) -> datetime:
    """When a line that is ordered at an instant may be in use: so many days later, of its tariff and its A end, as counted."""
    return working_calendar().after(at, days, counted=counted, day_seconds=day_seconds)


def ordered_by(start: datetime, days: int, counted: str, *, day_seconds: int = REAL_DAY) -> datetime:
    """The last instant at which a line is ordered that may be in use at the start, as `ready_at` counts its days."""
    return working_calendar().before(start, days, counted=counted, day_seconds=day_seconds)


def install(
    version: Version, tariff: Tariff, *, at: datetime, end_days: int, end_class: str | None
) -> Install:
    """How soon a line of the tariff's row may be in use from `at` on, whose A end takes so many days and is of the class."""
    counted = version.told_of(tariff)["lead_in"]
    ready = ready_at(at, tariff.lead_days + end_days, counted)
    return Install(tariff.lead_days, end_days, counted, end_class, shanghai_date(ready))


def waits(version: Version, *, asked_at: datetime, access: Access) -> dict[str, int]:
    """`row|days` of each tariff's row that counts working days, for each A end → the days of 24 hours that they are, rounded up."""
    found = {}
    prices = (("tariffs", version.supply.tariffs), ("term_tariffs", version.supply.extras.term_tariffs))
    for table, key, tariff in ((table, *row) for table, rows in prices for row in rows.items()):
        if version.told[table][key]["lead_in"] == DayCount.WORKING:
            for end in access.ends_of(tariff.line_provider):
                days = None if end.days is None else tariff.lead_days + end.days
                if days is not None:
                    ready = ready_at(asked_at, days, DayCount.WORKING.value)
                    found[f"{key}|{days}"] = -((asked_at - ready) // timedelta(days=1))
    return found

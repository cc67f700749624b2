"""How soon a line of a tariff may be in use."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.clock import shanghai_date
from scheduling.domain.rows import TABLES, Tariff, row_id
from scheduling.domain.working_days import REAL_DAY, DayCount
from scheduling.selectors.profiles import working_calendar
from scheduling.selectors.supply import Version

DaysOf = Callable[[str], int | None]
"""Line provider → the days of its A end, beside those of the tariff."""


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


def installs(
    version: Version,
    tariffs: Iterable[Tariff],
    *,
    at: datetime,
    days_of: DaysOf,
    classes: Mapping[str, str | None],
) -> dict[str, Install]:
    """Id of the tariff's row → how soon its line may be in use from `at` on.

    `days_of` says the days of a line provider's A end, `classes` the class that it is of.
    """
    found = {}
    for tariff in tariffs:
        key = row_id(TABLES[2], tariff)
        end_days, counted = days_of(tariff.line_provider) or 0, version.told["tariffs"][key]["lead_in"]
        ready = ready_at(at, tariff.lead_days + end_days, counted)
        found[key] = Install(
            tariff.lead_days, end_days, counted, classes.get(tariff.line_provider), shanghai_date(ready)
        )
    return found


def waits(version: Version, *, asked_at: datetime, days_of: DaysOf) -> dict[str, int]:
    """Id of each tariff's row that counts working days → the days of 24 hours until its line may be in use, rounded up.

    `days_of` says the days beside the tariff's of a line provider; None, and the provider is left out.
    """
    found = {}
    for key, tariff in version.supply.tariffs.items():
        end = days_of(tariff.line_provider)
        if version.told["tariffs"][key]["lead_in"] == DayCount.WORKING and end is not None:
            ready = ready_at(asked_at, tariff.lead_days + end, DayCount.WORKING.value)
            found[key] = -((asked_at - ready) // timedelta(days=1))
    return found

"""How soon a line of a tariff may be in use."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.clock import shanghai_date
from scheduling.domain.ends import Tail, class_of
from scheduling.domain.rows import TABLES, Tariff, row_id
from scheduling.domain.working_days import REAL_DAY, DayCount
from scheduling.selectors.ends import end_rules
from scheduling.selectors.profiles import working_calendar
from scheduling.selectors.supply import OWNER, Version


@dataclass(frozen=True, slots=True)
class Install:
    """The days of a tariff and those of the A end, what they count (`DayCount`), and the first day in use, in China.

    `end_class` is None where the tail is not known, and where it is farther than any class: then it takes no days here.
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
    version: Version, tariffs: Iterable[Tariff], *, at: datetime, tail: Tail | None
) -> dict[str, Install]:
    """Id of the tariff's row → how soon its line may be in use from `at` on, over a tail (None: from the site itself)."""
    wanted = {row_id(TABLES[2], tariff): tariff for tariff in tariffs}
    tenants = {key: version.id("tariffs", key, OWNER) for key in wanted}
    rules = {} if tail is None else end_rules(tenants.values())
    found = {}
    for key, tariff in wanted.items():
        end = None if tail is None else class_of(tail.cable_m, rules[tenants[key]])
        end_days, counted = 0 if end is None else end.days, version.told["tariffs"][key]["lead_in"]
        ready = ready_at(at, tariff.lead_days + end_days, counted)
        found[key] = Install(
            tariff.lead_days, end_days, counted, None if end is None else end.code, shanghai_date(ready)
        )
    return found


def waits(version: Version, *, asked_at: datetime, days_of: Callable[[str], int | None]) -> dict[str, int]:
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

"""How soon a line of a tariff may be in use."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.clock import now, shanghai_date
from scheduling.domain.ends import Tail, class_of
from scheduling.domain.rows import TABLES, Tariff, row_id
from scheduling.domain.working_days import REAL_DAY, DayCount
from scheduling.selectors.ends import end_rules
from scheduling.selectors.line_providers import tenants_by_key
from scheduling.selectors.profiles import working_calendar
from scheduling.selectors.tariffs import days_counted


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


def installs(tariffs: Iterable[Tariff], *, tail: Tail | None) -> dict[str, Install]:
    """Id of the tariff's row → how soon its line may be in use from now on, over a tail (None: from the site itself)."""
    wanted = {row_id(TABLES[2], tariff): tariff for tariff in tariffs}
    counted = days_counted(wanted.values())
    tenants = {} if tail is None else tenants_by_key(tariff.line_provider for tariff in wanted.values())
    rules = end_rules(tenants.values()) if tenants else {}
    at, calendar, found = now(), working_calendar(), {}
    for key, tariff in wanted.items():
        end = None if tail is None else class_of(tail.cable_m, rules[tenants[tariff.line_provider]])
        end_days = 0 if end is None else end.days
        ready = calendar.after(at, tariff.lead_days + end_days, counted=counted[key], day_seconds=REAL_DAY)
        found[key] = Install(
            tariff.lead_days, end_days, counted[key], None if end is None else end.code, shanghai_date(ready)
        )
    return found


def waits(
    tariffs: Iterable[Tariff], *, asked_at: datetime, days_of: Callable[[str], int | None]
) -> dict[str, int]:
    """Id of each tariff's row that counts working days → the days of 24 hours until its line may be in use, rounded up.

    `days_of` says the days beside the tariff's of a line provider; None, and the provider is left out.
    """
    wanted = {row_id(TABLES[2], tariff): tariff for tariff in tariffs}
    counted, calendar, found = days_counted(wanted.values()), working_calendar(), {}
    for key, tariff in wanted.items():
        end = days_of(tariff.line_provider)
        if counted.get(key) == DayCount.WORKING and end is not None:
            ready = calendar.after(
                asked_at, tariff.lead_days + end, counted=DayCount.WORKING.value, day_seconds=REAL_DAY
            )
            found[key] = -((asked_at - ready) // timedelta(days=1))
    return found

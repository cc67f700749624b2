"""Schedules: the windows of a booking that recurs, and what is refused."""

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.domain.schedules import SHANGHAI, Schedule, ScheduleError, parse_schedule, schedule_of
from kernel.domain.windows import Window

CHINA = timezone(timedelta(hours=8))
MONDAY = datetime(2027, 1, 4, 20, tzinfo=CHINA)
NIGHT = timedelta(hours=12)
WORKING_DAYS = (1, 2, 3, 4, 5)


def parsed(**changes: Any) -> Schedule:
    given = {"start": MONDAY, "end": MONDAY + NIGHT, "weekdays": WORKING_DAYS, "weeks": 4}
    return parse_schedule(**{**given, **changes})


def test_working_nights_for_four_weeks_are_twenty_windows() -> None:
    nights = parsed()
    assert len(nights.windows) == 20
    assert nights.hours == 240
    assert {window.start.astimezone(SHANGHAI).hour for window in nights.windows} == {20}
    assert {window.start.astimezone(SHANGHAI).isoweekday() for window in nights.windows} == set(WORKING_DAYS)
    assert nights.last_end == MONDAY + timedelta(days=3 * 7 + 4) + NIGHT


def test_days_of_the_first_week_that_lie_before_the_start_are_left_out() -> None:
    thursday = MONDAY + timedelta(days=3)
    nights = parsed(start=thursday, end=thursday + NIGHT, weeks=2)
    assert [window.start for window in nights.windows[:3]] == [
        thursday,
        thursday + timedelta(days=1),
        thursday + timedelta(days=4),
    ]
    assert len(nights.windows) == 7


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"end": MONDAY}, "end"),
        ({"weeks": None}, "weeks"),
        ({"weekdays": ()}, "weekdays"),
        ({"weekdays": (2, 3)}, "weekdays"),
        ({"weeks": 104}, "weeks"),
        ({"end": MONDAY + timedelta(hours=25)}, "end"),
        ({"weekdays": (1,), "weeks": 2, "end": MONDAY + timedelta(days=8)}, "end"),
    ],
)
def test_a_schedule_that_cannot_be_names_the_member_at_fault(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        parsed(**changes)
    assert refused.value.field == field


@given(st.integers(0, 10**6), st.integers(1, 24), st.sets(st.integers(1, 7), max_size=7), st.integers(1, 30))
def test_windows_are_in_order_apart_equal_and_survive_the_document(
    minute: int, hours: int, weekdays: set[int], weeks: int
) -> None:
    start = MONDAY + timedelta(minutes=minute)
    days = weekdays | {start.isoweekday()} if weekdays else set()
    repeated = {"weekdays": tuple(days), "weeks": weeks if days else None}
    schedule = parsed(start=start, end=start + timedelta(hours=hours), **repeated)
    assert schedule.windows[0] == Window(start, start + timedelta(hours=hours))
    assert all(one.end <= other.start for one, other in pairwise(schedule.windows))
    assert schedule.hours == hours * len(schedule.windows)
    assert schedule_of(schedule.document()).windows == schedule.windows

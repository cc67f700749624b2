"""The notice that a booking needs: one count of days, that of a selection; and nothing is kept that can be ordered in time no more."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregation.models import Offer
from kernel.clock import now
from scheduling.domain.working_days import REAL_DAY, SHANGHAI, DayCount
from scheduling.models import LineOpening
from scheduling.selectors.profiles import working_calendar
from scheduling.services.schedules import earliest_start
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_market
from tests.support.cast import World

SCENE = open_market
HOLDS, QUOTES, ORDERS = "/api/v1/holds", "/api/v1/quotes", "/api/v1/orders"
WORKING: dict[str, Any] = {"counted": "working", "day_seconds": REAL_DAY}


@pytest.mark.parametrize(
    ("notice_hours", "lead_days", "end_days", "lead_in", "days"),
    [
        (0, 7, 0, "calendar", 7),
        (0, 7, 20, "calendar", 27),  # the A end is built too
        (0, 1, 1, "working", 4),  # Monday and Tuesday
        (240, 7, 0, "calendar", 10),
        (240, None, 0, "", 10),  # machines alone
    ],
)
def test_a_booking_begins_once_its_line_may_be_in_use(
    notice_hours: int, lead_days: int | None, end_days: int, lead_in: str, days: int
) -> None:
    friday = datetime(2026, 11, 20, 2, tzinfo=UTC)
    offer: Any = SimpleNamespace(notice_hours=notice_hours)
    terms = {"lead_days": lead_days, "end_days": end_days, "lead_in": lead_in}
    line: Any = None if lead_days is None else SimpleNamespace(line_terms=terms)
    assert earliest_start(offer, line, friday) == friday + timedelta(days=days)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - naive bounds
    st.integers(0, 40),
    st.sampled_from(DayCount.codes()),
    st.sampled_from([REAL_DAY, 4]),
)
def test_the_last_instant_in_time_is_the_last(
    end: datetime, days: int, counted: str, day_seconds: int
) -> None:
    calendar, ends = working_calendar(), end.replace(tzinfo=UTC)
    clock: dict[str, Any] = {"counted": counted, "day_seconds": day_seconds}
    last = calendar.before(ends, days, **clock)
    assert calendar.after(last, days, **clock) <= ends
    assert calendar.after(last + timedelta(microseconds=1), days, **clock) > ends


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.integers(1, 3000), st.integers(1, 9))  # noqa: DTZ001 - naive bounds
def test_who_begins_later_ends_later_and_whole_days_were_worked(
    start: datetime, minutes: int, days: int
) -> None:
    calendar, first = working_calendar(), start.replace(minute=0, second=0, microsecond=0, tzinfo=SHANGHAI)
    end = calendar.after(first, days, **WORKING)
    assert end <= calendar.after(first + timedelta(minutes=minutes), days, **WORKING)
    hours = int((end - first).total_seconds()) // 3600
    assert (
        sum(calendar.is_worked((first + timedelta(hours=each)).date()) for each in range(hours)) == 24 * days
    )


def test_new_year_s_day_is_free_before_its_year_s_notice() -> None:
    thursday = datetime(2026, 12, 31, 10, tzinfo=SHANGHAI)
    assert working_calendar().after(thursday, 1, **WORKING) == thursday + timedelta(days=4)


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["line", "offer"])
def test_a_booking_is_kept_no_longer_than_it_can_be_ordered_in_time(world: World, by: str) -> None:
    lead = timedelta(days=7)
    if by == "offer":
        Offer.objects.update(notice_hours=24 * 8)
    notice = lead if by == "line" else timedelta(days=8)
    start = (now() + notice + timedelta(minutes=10)).replace(microsecond=0)
    latest, zulu = start - notice, "%Y-%m-%dT%H:%M:%SZ"
    choice = {
        "selection": chosen(world.ben, duration_hours=48, starts_at=start.isoformat())["id"],
        "bundle": 0,
    }
    held = made(world.ben.post(HOLDS, {**choice, "minutes": 60}))
    assert held["expires_at"] == latest.strftime(zulu)
    longer = world.ben.post(f"{HOLDS}/{held['id']}:extend", {"minutes": 120})
    assert longer.json()["code"] == "hold_not_extended"
    quotes = [made(world.ben.post(QUOTES, choice)) for _ in range(2)]
    assert {each["valid_until"] for each in quotes} == {latest.strftime(zulu)}
    orders = [
        made(world.ben.post(ORDERS, {"quote": each["id"], "client_ref": str(uuid4()), **more}))
        for each, more in zip(quotes, ({"hold": held["id"]}, {}), strict=True)
    ]
    ends = start - lead if by == "line" else min(start - lead, now() + timedelta(days=1))
    for order in orders:
        assert abs(datetime.fromisoformat(order["held_until"]) - ends) < timedelta(
            seconds=30 if by == "offer" else 0.001
        )
        opening = LineOpening.objects.get(order=order["id"])
        assert opening.due_at <= start
    if by == "offer":
        return
    assert world.ben.post(f"{ORDERS}/{orders[0]['id']}:extend-hold").json()["code"] == "hold_not_extended"
    LineOpening.objects.filter(order=orders[1]["id"]).update(promised_days=30)  # should they ever be more
    for provider in (world.ada, world.lin):
        made(provider.post(f"{ORDERS}/{orders[1]['id']}:accept"))
    opening = LineOpening.objects.get(order=orders[1]["id"])
    assert opening.due_at == start == datetime.fromisoformat(opening.due[-1][1])
    soon = {
        **choice,
        "schedule": {
            "start": (start - timedelta(minutes=11)).isoformat(),
            "end": (start + timedelta(hours=48, minutes=-11)).isoformat(),
        },
    }
    for path in (HOLDS, QUOTES):
        assert world.ben.post(path, soon).json()["code"] == "too_soon"

"""The notice that a booking needs: one count of days, that of a selection."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from scheduling.services.schedules import earliest_start


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

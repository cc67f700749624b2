"""The versioned data profiles of this floor."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scheduling.domain.circles import Population
from scheduling.domain.drawing import CircleProfile
from scheduling.domain.ends import EndRule, EndsProfile
from scheduling.domain.holds import HoldProfile
from scheduling.domain.openings import OpeningProfile
from scheduling.domain.working_days import WorkingCalendar

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


@cache
def opening_profile() -> OpeningProfile:
    """How lines are opened, read once."""
    document = _document("openings")
    return OpeningProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        acceptance_working_days=document["acceptance_working_days"],
        due_percent=document["due_percent"],
    )


@cache
def working_calendar() -> WorkingCalendar:
    """Which days are worked, read once."""
    document = _document("working_days")
    years = document["years"]
    return WorkingCalendar(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        years=frozenset(years),
        free=frozenset(day for year in years.values() for span in year["free"] for day in _days(*span)),
        worked=frozenset(day for year in years.values() for day in year["worked"]),
    )


@cache
def circle_profile() -> CircleProfile:
    """How one-millisecond circles are drawn, read once."""
    document = _document("circles")
    return CircleProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        below_us=document["below_us"],
        medium_standard_racks=document["medium_standard_racks"],
        reported_centres=Population(document["reported_centres"]),
    )


@cache
def ends_profile() -> EndsProfile:
    """How A ends are classed for carriers that declare no classes, read once."""
    document = _document("ends")
    return EndsProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        tail_route_factor=Decimal(document["tail_route_factor"]),
        access_points=document["access_points"],
        rules=tuple(EndRule(**each) for each in document["classes"]),
    )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _document(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((PROFILES / f"{name}.yaml").read_text(encoding="utf-8")))


@cache
def hold_profile() -> HoldProfile:
    """What may be held and for how long, read once."""
    return HoldProfile.of(_document("holds"))

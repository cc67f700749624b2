"""The versioned data profiles of this floor."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from kernel.profiles import read_profile
from kernel.text import Text
from scheduling.domain.circles.circles import Population
from scheduling.domain.circles.drawing import CircleProfile
from scheduling.domain.circles.metro import IndicatorRule, MetroProfile
from scheduling.domain.ends import EndRule, EndsProfile
from scheduling.domain.evidence import EvidenceProfile
from scheduling.domain.holds import HoldProfile
from scheduling.domain.line_quotes import LineQuoteProfile
from scheduling.domain.line_services import ASPECTS, LineServiceProfile, ServiceClass
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
        late_percent=document["late_percent"],
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
def metro_profile() -> MetroProfile:
    """The indicators of the metropolitan action, read once."""
    document = _document("metro_indicators")
    rules = (
        IndicatorRule(
            number=each["number"],
            code=each["code"],
            label=Text(each["zh"], each["en"]),
            comparator=each["comparator"],
            bound=Decimal(each["bound"]),
            mandatory=each["mandatory"],
            basis=each["from"],
        )
        for each in document["indicators"]
    )
    return MetroProfile(document["version"], document["status"], document["source"], tuple(rules))


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
        rules=tuple(EndRule.of(each) for each in document["classes"]),
    )


@cache
def line_quote_profile() -> LineQuoteProfile:
    """For how long a carrier's word holds, read once."""
    document = _document("line_quotes")
    return LineQuoteProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        validity={kind: timedelta(days=days) for kind, days in document["validity_days"].items()},
        hold=timedelta(hours=document["hold_hours"]),
    )


@cache
def line_service_profile() -> LineServiceProfile:
    """What lines promise by classes, read once."""
    document = _document("line_services")
    return LineServiceProfile(
        version=document["version"],
        status=document["status"],
        source=document["source"],
        classes={aspect: tuple(_service_class(each) for each in document[aspect]) for aspect in ASPECTS},
    )


def _service_class(words: dict[str, str]) -> ServiceClass:
    figures = {name: Decimal(text) for name, text in words.items() if name not in ("code", "zh", "en")}
    return ServiceClass(words["code"], Text(words["zh"], words["en"]), figures)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _document(name: str) -> dict[str, Any]:
    return read_profile(PROFILES / f"{name}.yaml")


@cache
def hold_profile() -> HoldProfile:
    """What may be held and for how long, read once."""
    return HoldProfile.of(_document("holds"))


@cache
def evidence_profile() -> EvidenceProfile:
    """What a latency has to show before it is kept, read once."""
    return EvidenceProfile.of(_document("latency_evidence"))

"""Indicators: what is missing lowers the coverage, and never the value."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.domain.indicators import Completeness, evaluate, share_of_capacity, standing_total
from monitoring.models import IndicatorValue
from monitoring.selectors.profiles import indicators
from tests.monitoring.readings import declared, minute, point, sent
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db


def period(first: int = 10, last: int = 0) -> dict[str, str]:
    return {"start": minute(first).isoformat(), "end": minute(last).isoformat()}


def use(person: Person, used: int, installed: int, minutes: Any, **changes: Any) -> dict[str, Any]:
    """A feed that reported its cards in these minutes."""
    feed = declared(person, minutes_ago=10, **changes)
    for metric, value in (("cards_in_use", used), ("cards_installed", installed)):
        sent(
            person, *(point(feed, metric=metric, ts=minute(ago).isoformat(), value=value) for ago in minutes)
        )
    return feed


def computed(world: World, code: str = "accelerator_utilisation") -> dict[str, Any]:
    answer = world.rhea.post(f"/api/v1/indicators/{code}:compute", period())
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_utilisation_weighs_by_capacity_and_says_what_it_rests_on(world: World) -> None:
    use(world.ada, 30, 40, range(1, 11))
    use(world.cleo, 10, 160, range(1, 11), method="measured")
    body = computed(world)
    assert (body["value"], body["unit"], body["reason"]) == ("20.000000", "%", "")
    assert (body["expected"], body["received"]) == (20, 20)
    assert (body["coverage_percent"], body["declared_percent"], body["parties"]) == ("100.00", "50.00", 2)
    assert body["profile"] == indicators()["accelerator_utilisation"].profile


def test_a_missing_slot_is_not_a_zero(world: World) -> None:
    use(world.ada, 30, 40, range(1, 10))
    body = computed(world)
    assert (body["value"], body["coverage_percent"]) == ("75.000000", "90.00")


def test_below_its_coverage_an_indicator_is_unknown(world: World) -> None:
    use(world.ada, 30, 40, range(1, 6))
    body = computed(world)
    assert (body["value"], body["reason"], body["coverage_percent"]) == (None, "low_coverage", "50.00")


def test_a_point_that_came_twice_counts_once(world: World) -> None:
    feed = declared(world.ann, minutes_ago=10, kind="application", filing_number="1")
    calls = [point(feed, metric="calls", ts=minute(ago).isoformat(), value=7) for ago in range(1, 11)]
    sent(world.ann, *calls)
    sent(world.ann, *calls)
    sent(world.ann, *(each | {"source_seq": 2, "value": 8} for each in calls[:1]))
    assert computed(world, "application_calls")["value"] == "71.000000"


def test_without_a_feed_there_is_no_value(world: World) -> None:
    body = computed(world)
    assert (body["value"], body["reason"], body["coverage_percent"]) == (None, "no_feed", None)


def test_small_cells_are_shown_to_the_supervision_only(world: World) -> None:
    use(world.ada, 30, 40, range(1, 11))
    assert computed(world)["value"] == "75.000000"
    path = "/api/v1/indicators/accelerator_utilisation/values"
    (seen,) = world.ben.get(path).json()["items"]
    assert (seen["value"], seen["reason"], seen["parties"]) == (None, "suppressed", None)
    IndicatorValue.objects.create(
        code="accelerator_utilisation", profile="1", start=minute(1), end=minute(0), value=50, expected=5,
        received=5, declared=5, parties=5,
    )  # fmt: skip
    newest = world.ben.get(path).json()["items"][0]
    assert (newest["value"], newest["parties"]) == ("50.000000", 5)


def test_rights_and_wrong_periods(world: World) -> None:
    here = "/api/v1/indicators/accelerator_utilisation:compute"
    assert world.olga.post(here, period()).status_code == 403
    assert world.rhea.post(here, period(0, 10)).json()["code"] == "bad_period"
    assert world.rhea.post(here, {}).status_code == 400
    unknown = world.rhea.post("/api/v1/indicators/happiness:compute", period())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_indicator")
    assert "accelerator_utilisation" in unknown.json()["detail"]
    listed = world.nobody.get("/api/v1/indicators").json()
    assert {each["code"] for each in listed} == set(indicators())


SLOTS = st.dictionaries(st.integers(0, 20), st.decimals(0, 1000, places=3), max_size=10)


@given(st.lists(st.tuples(SLOTS, SLOTS), max_size=4), st.data())
def test_dropping_points_of_a_constant_share_never_moves_it(series: Any, data: Any) -> None:
    """Whatever subset comes in, a provider that always uses a quarter is seen to use a quarter."""
    readings = {
        uuid4(): [{slot: value / 4 for slot, value in whole.items()}, dict(whole)] for whole, _ in series
    }
    for part, _ in readings.values():
        for slot in data.draw(st.sets(st.sampled_from(sorted(part)))) if part else ():
            del part[slot]
    value = share_of_capacity(readings)
    assert value is None or abs(value - 25) < Decimal("0.0001")


@given(st.integers(0, 100), st.integers(0, 100))
def test_an_indicator_has_a_value_or_a_reason(expected: int, received: int) -> None:
    indicator = indicators()["compute_in_use"]
    received = min(expected, received)
    readings = {UUID(int=1): [{slot: Decimal(1) for slot in range(received)}]}
    value, reason = evaluate(indicator, readings, Completeness(expected, received, 0))
    assert (value is None) == bool(reason)
    assert value is None or value == standing_total(readings) == 1
    assert reason != "low_coverage" or received * 100 < expected * indicator.least_coverage

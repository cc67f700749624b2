"""How much a latency has to show before it is kept: percentile, samples and age, by the profile."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from scheduling.errors.evidence import MeasuredTooLongAgo
from scheduling.models import LatencyEvidence
from scheduling.selectors.profiles import evidence_profile
from tests.aggregation.supply import made
from tests.scheduling.live import disclose_network
from tests.scheduling.test_evidence import PATH, record
from tests.support.cast import World

SCENE = disclose_network

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"samples": 99}, "/samples", "too_few_samples"),
        ({"method": "third_party", "samples": 1}, "/samples", "too_few_samples"),
        ({"percentile": "98.999"}, "/percentile", "percentile_too_low"),
        ({"percentile": "0", "samples": 1}, "/percentile", "percentile_too_low"),
        ({"method": "otdr", "samples": 1, "percentile": "50"}, "/percentile", "percentile_too_low"),
        ({"measured_at": "1990-01-01T00:00:00Z"}, "/measured_at", "measured_too_long_ago"),
        ({"clock_bound_us": 101}, "/clock_bound_us", "clock_too_coarse"),
        ({"value_us": 1000, "clock_bound_us": 501}, "/clock_bound_us", "clock_too_coarse"),
        (
            {"value_us": 1000, "direction": "round_trip", "method": "third_party", "clock_bound_us": 251},
            "/clock_bound_us",
            "clock_too_coarse",
        ),
    ],
    ids=str,
)
def test_what_falls_short_is_refused_with_its_field_and_the_way_out(
    world: World, change: dict[str, Any], pointer: str, code: str
) -> None:
    answer = world.lin.post(PATH, record(**change), Accept_Language="en")
    found = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert (answer.status_code, found) == (400, [(pointer, code)])
    assert any(word in answer.json()["detail"] for word in ("measure", "give the latency"))
    assert not LatencyEvidence.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"samples": 100},
        {"clock_bound_us": 100},
        {"value_us": 1000, "clock_bound_us": 500},
        {"method": "cable_record", "samples": 1, "percentile": "100"},
        {"method": "otdr", "samples": 1, "percentile": "100"},
    ],
)
def test_what_is_read_once_needs_no_hundred_samples_and_a_clock_may_be_half_a_value_off(
    world: World, change: dict[str, Any]
) -> None:
    assert made(world.lin.post(PATH, record(**change)))["state"] == "accepted"


def test_a_measurement_may_be_a_year_old_and_no_older() -> None:
    profile = evidence_profile()
    enough: dict[str, Any] = {"method": "otdr", "samples": 1, "percentile": Decimal(99), "at": AT}
    profile.require_enough(measured_at=AT - profile.greatest_age, **enough)
    with pytest.raises(MeasuredTooLongAgo):
        profile.require_enough(measured_at=AT - profile.greatest_age - timedelta(microseconds=1), **enough)

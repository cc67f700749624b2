"""Alarms: the planted anomaly is found, the normal stretch is left in peace, one trouble is one alarm."""

import csv
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kernel.services.jobs import run_next_job
from monitoring.domain.alarms import AlarmKind
from monitoring.domain.anomalies import distance, odd_points
from monitoring.models import Alarm, Feed
from monitoring.selectors.profiles import alert_rules
from monitoring.services.alarms import raise_alarm
from monitoring.services.feeds import announce_silence
from tests.monitoring.readings import declared, minute, overdue, point, sent
from tests.support.cast import World

pytestmark = pytest.mark.django_db

TELEMETRY = Path(__file__).resolve().parents[2] / "demo" / "data" / "telemetry"
RULE = alert_rules()[1]["cpu_utilisation"]


def sample() -> tuple[list[datetime], list[Decimal], datetime]:
    """The benchmark's instants and values, and the instant that people labelled."""
    with (TELEMETRY / "ec2_cpu_utilization.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (label,) = json.loads((TELEMETRY / "labels.json").read_text())["anomalies"]
    return (
        [moment(row["timestamp"]) for row in rows],
        [Decimal(row["value"]).quantize(Decimal("0.000001")) for row in rows],
        moment(label),
    )


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def test_the_rule_finds_the_label_and_nothing_before_it() -> None:
    instants, values, label = sample()
    found = odd_points(values, 0, RULE)
    assert instants[found[0]] == label
    assert all(instants[index] >= label for index in found)


def test_a_flat_series_does_not_cry_at_a_ripple() -> None:
    flat = [Decimal(50)] * 36
    assert distance(flat, Decimal(61), RULE) == Decimal("5.5")
    assert odd_points([*flat, Decimal(61), Decimal(61)], 36, RULE) == []
    assert odd_points([*flat, Decimal(70), Decimal(70)], 36, RULE) == [37]
    assert distance(flat[:23], Decimal(99), RULE) is None


@pytest.mark.parametrize("batches", [1, 7, 151])
def test_the_planted_anomaly_raises_one_alarm_with_a_count_however_it_arrives(
    world: World, batches: int
) -> None:
    instants, values, label = sample()
    shift = minute(0) - instants[-1]
    feed = declared(world.ada)
    points = [
        point(feed, metric="cpu_utilisation", ts=(ts + shift).isoformat(), value=str(value))
        for ts, value in zip(instants, values, strict=True)
    ]
    size = -(-len(points) // batches)
    for first in range(0, len(points), size):
        sent(world.ada, *points[first : first + size])
        while run_next_job():
            pass
    alarm = Alarm.objects.get(kind=AlarmKind.ANOMALY)
    assert alarm.first_at == label + shift
    assert alarm.count == len(odd_points(values, 0, RULE))
    assert alarm.rule == alert_rules()[0]


def test_one_trouble_is_one_alarm_until_it_is_closed(world: World) -> None:
    row = Feed.objects.get(id=declared(world.ada)["id"])
    at = minute(0)
    for number in range(100):
        raise_alarm(
            feed=row,
            kind=AlarmKind.ANOMALY,
            metric="x",
            at=at + timedelta(seconds=number),
            value=None,
            rule="",
        )
    alarm = Alarm.objects.get()
    assert (alarm.count, alarm.first_at, alarm.last_at) == (100, at, at + timedelta(seconds=99))


def test_the_life_of_an_alarm_over_http(world: World) -> None:
    announce_silence(overdue(declared(world.ada)))
    (alarm,) = world.ada.get("/api/v1/monitoring/alarms").json()["items"]
    here = f"/api/v1/monitoring/alarms/{alarm['id']}"
    assert world.cleo.get("/api/v1/monitoring/alarms").json()["items"] == []
    assert world.ada.post(f"{here}:acknowledge").status_code == 403
    assert world.olga.post(f"{here}:close", {"note": "x"}).status_code == 403, (
        "the operator never writes here"
    )
    assert world.cleo.post(f"{here}:acknowledge").status_code == 404
    assert world.rhea.post(f"{here}:acknowledge").json()["state"] == "acknowledged"
    assert world.rhea.post(f"{here}:acknowledge").status_code == 409
    assert world.rhea.post(f"{here}:close").status_code == 400
    closed: Any = world.ron.post(f"{here}:close", {"note": "代理升级 / agent upgraded"}).json()
    assert (closed["state"], closed["note"]) == ("closed", "代理升级 / agent upgraded")
    assert world.ron.post(f"{here}:close", {"note": "x"}).status_code == 409

"""Feeds: what was due, what came, and what is missing, which is never zero."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identifiers.domain.lifecycle import IdentifierKind
from kernel.models.outbox import EventRecord
from monitoring.domain.feeds import EPOCH, coverage, due_slots, slot_of
from monitoring.models import Alarm, Feed
from monitoring.services.feeds import announce_silence
from tests.aggregation.supply import declare, identify, made, moment
from tests.monitoring.readings import INTERVAL, declared, minute, overdue, point, send, sent
from tests.support.cast import World

pytestmark = pytest.mark.django_db

WRONG = [
    ({"kind": "weather"}, "/kind"),
    ({"kind": "application"}, "/kind"),
    ({"interval_seconds": 0}, "/interval_seconds"),
    ({"interval_seconds": 100_000}, "/interval_seconds"),
    ({"method": "guessed"}, "/method"),
    ({"resource": "7"}, "/resource"),
    ({"resource": "00000000-0000-7000-8000-000000000000"}, "/resource"),
    ({"since": "2001-01-01T00:00:00Z"}, "/since"),
    ({"since": "2106-01-01T00:00:00Z"}, "/since"),
]


@pytest.mark.parametrize(("changes", "pointer"), WRONG)
def test_a_wrong_field_is_named(world: World, changes: dict[str, Any], pointer: str) -> None:
    body = {"kind": "resource", "interval_seconds": 60} | changes
    answer = world.ada.post("/api/v1/feeds", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_feed_is_about_a_resource_of_ones_own_and_declared_once(world: World) -> None:
    pool = declare(world.ada)["pool"]["id"]
    feed = declared(world.ada, resource=pool)
    body = {"kind": "resource", "interval_seconds": 60, "resource": pool}
    again = world.ada.post("/api/v1/feeds", body)
    assert (again.status_code, again.json()["code"]) == (409, "feed_exists")
    assert feed["id"] in again.json()["detail"]
    assert world.cleo.post("/api/v1/feeds", body).json()["errors"][0]["pointer"] == "/resource"


def test_a_feed_of_invented_points_is_marked_wherever_it_is_listed(world: World) -> None:
    assert declared(world.ada)["marking"] == ""
    declared(world.ada, resource=declare(world.ada)["pool"]["id"], marking="演示数据")
    listed = world.rhea.get("/api/v1/feeds").json()["items"]
    assert sorted(each["marking"] for each in listed) == ["", "演示数据"]


def test_an_application_feed_names_its_filing(world: World) -> None:
    body = {"kind": "application", "interval_seconds": 60}
    assert world.ann.post("/api/v1/feeds", body).json()["errors"][0]["pointer"] == "/filing_number"
    assert world.ann.post("/api/v1/feeds", body | {"filing_number": "备-1"}).status_code == 201


def test_an_application_lives_as_long_as_its_feed_keeps_its_time(world: World) -> None:
    subject = str(uuid4())
    body = {"kind": "application", "filing_number": "备-1", "resource": subject, "interval_seconds": INTERVAL}
    assert world.ann.post("/api/v1/feeds", body).json()["errors"][0]["pointer"] == "/resource", (
        "not identified"
    )
    where = f"/api/v1/identifiers/{identify(world.ann, IdentifierKind.APPLICATION, subject).code}"
    assert world.nobody.get(where).json()["liveness"]["reason"] == "no_feed"
    assert world.amy.post("/api/v1/feeds", body).json()["errors"][0]["pointer"] == "/resource", "another's"
    feed = made(world.ann.post("/api/v1/feeds", body))
    sent(world.ann, point(feed, metric="calls", value="0"))
    life = world.nobody.get(where).json()["liveness"]
    assert (life["state"], life["sign"]) == ("live", "feed")
    assert moment(life["until"]) == Feed.objects.get().due_at


@pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("ben", 403), ("rhea", 403), ("owen", 403)])
def test_who_may_not_declare(world: World, who: str, status: int) -> None:
    body = {"kind": "resource", "interval_seconds": 60}
    assert getattr(world, who).post("/api/v1/feeds", body).status_code == status


def test_feeds_are_their_sources_own(world: World) -> None:
    feed = declared(world.ada)
    for path in (f"/api/v1/feeds/{feed['id']}", f"/api/v1/feeds/{feed['id']}/coverage"):
        assert world.cleo.get(path).status_code == 404
    assert world.cleo.get("/api/v1/feeds").json()["items"] == []
    assert [each["id"] for each in world.rhea.get("/api/v1/feeds").json()["items"]] == [feed["id"]]


def test_a_feed_that_misses_its_time_is_silent_once_with_an_event_and_an_alarm(world: World) -> None:
    feed = declared(world.ada)
    row = Feed.objects.get()
    assert row.due_at <= row.created_at + timedelta(seconds=2 * 60), "within two intervals (E1)"
    assert announce_silence() == 0
    assert announce_silence(overdue(feed)) == 1
    assert announce_silence(overdue(feed)) == 0
    assert EventRecord.objects.filter(name="monitoring.feed_silent", subject=row.id).count() == 1
    (alarm,) = world.rhea.get("/api/v1/monitoring/alarms?state=open").json()["items"]
    assert (alarm["kind"], alarm["feed"]) == ("feed_silent", feed["id"])
    assert world.ada.get(f"/api/v1/feeds/{feed['id']}").json()["state"] == "silent"


def test_the_next_point_ends_the_silence_and_closes_the_alarm(world: World) -> None:
    feed = declared(world.ada)
    announce_silence(overdue(feed))
    sent(world.ada, point(feed, ts=minute(30).isoformat()))
    assert Feed.objects.get().state == "silent", "what is old ends no silence"
    sent(world.ada, point(feed))
    assert Feed.objects.get().state == "reporting"
    assert Alarm.objects.get().state == "closed"
    assert EventRecord.objects.filter(name="monitoring.feed_recovered").count() == 1
    assert announce_silence(overdue(feed)) == 1
    assert Alarm.objects.count() == 2


def test_expected_against_received_names_what_is_missing(world: World) -> None:
    feed = declared(world.ada, minutes_ago=10)
    sent(world.ada, *(point(feed, ts=minute(ago).isoformat(), value=0) for ago in (10, 9, 7, 2)))
    sent(world.ada, point(feed, ts=minute(9).isoformat(), value=1, source_seq=2))
    start, end = (minute(ago).isoformat().replace("+", "%2B") for ago in (10, 0))
    body = world.ada.get(f"/api/v1/feeds/{feed['id']}/coverage?start={start}&end={end}").json()
    assert (body["expected"], body["received"], body["percent"]) == (10, 4, "40.00")
    gaps = [
        (datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"]))
        for each in body["missing"]
    ]
    assert gaps == [(minute(8), minute(7)), (minute(6), minute(2)), (minute(1), minute(0))]


def test_a_period_that_runs_backwards_is_refused(world: World) -> None:
    feed = declared(world.ada)
    path = f"/api/v1/feeds/{feed['id']}/coverage?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"
    assert world.ada.get(path).json()["code"] == "bad_period"
    assert world.ada.get(f"/api/v1/feeds/{feed['id']}/coverage").status_code == 400


def test_nothing_was_due_before_the_feed_began(world: World) -> None:
    feed = declared(world.ada)
    start, end = (minute(ago).isoformat().replace("+", "%2B") for ago in (60, 30))
    body = world.ada.get(f"/api/v1/feeds/{feed['id']}/coverage?start={start}&end={end}").json()
    assert (body["expected"], body["percent"], body["missing"]) == (0, None, [])


def test_a_point_of_a_wrong_value_is_no_sign_of_life(world: World) -> None:
    feed = declared(world.ada)
    send(world.ada, point(feed, value="-1"))
    assert Feed.objects.get().state == "waiting"
    assert announce_silence(overdue(feed)) == 1


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, INSTANTS, st.integers(1, 86_400))
def test_due_slots_are_exactly_those_that_lie_wholly_in_the_period(
    start: datetime, end: datetime, seconds: int
) -> None:
    due, step = due_slots(start=start, end=end, seconds=seconds), timedelta(seconds=seconds)
    if due:
        assert start <= EPOCH + due[0] * step < start + step
        assert end - step < EPOCH + (due[-1] + 1) * step <= end
    else:
        assert end - start < 2 * step


@given(st.sets(st.integers(0, 60)), st.integers(0, 30), st.integers(0, 30))
def test_gaps_and_filled_slots_make_up_all_that_was_due(filled: set[int], first: int, length: int) -> None:
    due = range(first, first + length)
    found = coverage(due, [*filled, *filled], 60)
    missing = {
        slot_of(start, 60) + i
        for start, end in found.gaps
        for i in range(int((end - start).total_seconds()) // 60)
    }
    assert missing == set(due) - filled
    assert found.received == len(set(due) & filled)
    assert found.received + len(missing) == found.expected == length

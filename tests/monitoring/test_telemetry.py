"""Monitoring data: stored once or refused, and never lost between the two."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import now
from kernel.models.outbox import EventRecord
from monitoring.domain.points import NUMBER, Point, Verdict, read_point, read_value
from monitoring.models import Telemetry
from tests.monitoring.readings import declared, minute, point, send, sent
from tests.support.cast import World

pytestmark = pytest.mark.django_db

REFUSED = [
    ({"value": 0.5}, Verdict.BAD_VALUE),
    ({"value": "NaN"}, Verdict.BAD_VALUE),
    ({"value": "inf"}, Verdict.BAD_VALUE),
    ({"value": "1e9"}, Verdict.BAD_VALUE),
    ({"value": "１２"}, Verdict.BAD_VALUE),
    ({"value": True}, Verdict.BAD_VALUE),
    ({"value": "0.1234567"}, Verdict.BAD_VALUE),
    ({"value": 10**18}, Verdict.BAD_VALUE),
    ({"value": "-1"}, Verdict.OUT_OF_RANGE),
    ({"metric": "cpu_utilisation", "value": "100.1"}, Verdict.OUT_OF_RANGE),
    ({"ts": "1970-01-01T00:00:00Z"}, Verdict.TOO_OLD),
    ({"ts": "2106-02-07T06:28:16Z"}, Verdict.IN_FUTURE),
    ({"ts": "2026-11-20T12:00:00"}, Verdict.MALFORMED),
    ({"ts": "2026-W47-5T12:00:00Z"}, Verdict.MALFORMED),
    ({"ts": 1700000000}, Verdict.MALFORMED),
    ({"source_seq": -1}, Verdict.MALFORMED),
    ({"source_seq": 2**63}, Verdict.MALFORMED),
    ({"metric": "\u202e"}, Verdict.UNKNOWN_METRIC),
    ({"metric": "calls"}, Verdict.UNKNOWN_METRIC),
    ({"metric": None}, Verdict.MALFORMED),
    ({"feed": "7"}, Verdict.MALFORMED),
    ({"feed": "00000000-0000-7000-8000-000000000000"}, Verdict.UNKNOWN_FEED),
    ({"extra": 1}, Verdict.MALFORMED),
]


@pytest.mark.parametrize(("changes", "verdict"), REFUSED, ids=lambda each: str(each)[:40])
def test_a_point_that_cannot_be_is_refused_beside_one_that_is_stored(
    world: World, changes: dict[str, Any], verdict: Verdict
) -> None:
    feed = declared(world.ada)
    receipt = sent(world.ada, point(feed, **changes), point(feed, source_seq=2))
    assert (receipt["stored"], receipt["refused"]) == (1, 1)
    assert [(each["index"], each["verdict"]) for each in receipt["verdicts"]] == [(0, verdict)]
    assert Telemetry.objects.count() == 1


def test_a_batch_of_which_nothing_can_be_kept_is_an_error_and_stores_nothing(world: World) -> None:
    feed = declared(world.ada)
    answer = send(world.ada, point(feed, value="-1"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/points/0"
    assert not Telemetry.objects.exists()


@pytest.mark.parametrize("body", [{}, {"points": []}, {"points": 7}, {"points": [{}] * 5001}, []])
def test_a_body_that_is_no_batch_is_refused(world: World, body: object) -> None:
    assert world.ada.post("/api/v1/telemetry", body).status_code == 400


def test_nan_in_json_and_deep_nesting_are_refused(world: World) -> None:
    feed = declared(world.ada)
    raw = json.dumps({"points": [point(feed, value=float("nan"))]}).encode()
    assert world.ada.post("/api/v1/telemetry", raw).status_code == 400
    assert world.ada.post("/api/v1/telemetry", b'{"points":' + b"[" * 100_000).status_code == 400


@pytest.mark.parametrize("text", ["\ud800", "cards\x00"])
def test_text_that_cannot_be_kept_refuses_the_batch_by_name(world: World, text: str) -> None:
    feed = declared(world.ada)
    answer = send(world.ada, point(feed), point(feed, metric=text))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/points/1/metric")
    assert not Telemetry.objects.exists()


def test_the_same_point_again_changes_nothing(world: World) -> None:
    feed = declared(world.ada)
    batch = [point(feed), point(feed, metric="cards_installed", value=64)]
    assert sent(world.ada, *batch)["stored"] == 2
    again = sent(world.ada, *batch, batch[0])
    assert (again["stored"], again["duplicates"]) == (0, 3)
    assert Telemetry.objects.count() == 2


def test_the_same_number_with_another_value_is_a_conflict(world: World) -> None:
    feed = declared(world.ada)
    sent(world.ada, point(feed, ts=minute(0).isoformat()))
    answer = send(world.ada, point(feed, ts=minute(0).isoformat(), value="49"))
    assert answer.status_code == 400
    assert Telemetry.objects.get().value == 48


def test_an_older_number_never_overwrites_a_newer_one(world: World) -> None:
    feed, ts = declared(world.ada), minute(0).isoformat()
    sent(world.ada, point(feed, ts=ts, value="50", source_seq=9))
    sent(world.ada, point(feed, ts=ts, value="48", source_seq=3))
    items = world.ada.get(f"/api/v1/feeds/{feed['id']}/points?metric=cards_in_use").json()["items"]
    assert [each["value"] for each in items] == ["50.000000"]


def test_nobody_writes_into_anothers_feed(world: World) -> None:
    feed = declared(world.ada)
    answer = send(world.cleo, point(feed))
    assert answer.status_code == 400
    assert "/points/0" in answer.content.decode()
    mixed = sent(world.cleo, point(feed), point(declared(world.cleo)))
    assert (mixed["stored"], mixed["verdicts"][0]["verdict"]) == (1, "unknown_feed")


@pytest.mark.parametrize(("who", "status"), [("nobody", 401), ("ben", 403), ("rhea", 403), ("owen", 403)])
def test_who_may_not_send(world: World, who: str, status: int) -> None:
    assert getattr(world, who).post("/api/v1/telemetry", {"points": [{}]}).status_code == status


def test_the_number_of_queries_does_not_depend_on_the_number_of_points(world: World) -> None:
    feed = declared(world.ada)
    counts = []
    for size, first in ((2, 0), (100, 1000)):
        batch = [point(feed, source_seq=first + number) for number in range(size)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            sent(world.ada, *batch)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_stored_point_can_be_neither_changed_nor_taken_away(world: World) -> None:
    feed = declared(world.ada)
    sent(world.ada, point(feed))
    for act in (lambda: Telemetry.objects.update(value=0), lambda: Telemetry.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


EXPOSITION = b"""# HELP cards_in_use Cards in use.
# TYPE cards_in_use gauge
cards_in_use 48
cards_installed 64
go_goroutines 12
http_requests_total{code="200"} 7
http_requests_total{code="500"} 1
"""


def exposition(world: World, feed: dict[str, Any], body: bytes, sequence: int = 1) -> Any:
    query = f"feed={feed['id']}&source_seq={sequence}&observed_at={minute(0).isoformat().replace('+', '%2B')}"
    return world.ada.client.generic(
        "POST",
        f"/api/v1/telemetry/exposition?{query}",
        body,
        content_type="text/plain; version=0.0.4",
        headers=world.ada.standing,
    )


def test_prometheus_text_is_taken_and_what_the_class_lacks_is_left_out(world: World) -> None:
    feed = declared(world.ada)
    answer = exposition(world, feed, EXPOSITION)
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in ("stored", "ignored", "refused")} == {
        "stored": 2, "ignored": 1, "refused": 0,
    }  # fmt: skip
    assert exposition(world, feed, EXPOSITION).json()["duplicates"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b"cards_in_use NaN\n",
        b"cards_in_use +Inf\n",
        b"\xff\xfe",
        b"{",
        b"cards_in_use\n",
        b"",
        b"a 1\n" * 300_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_text_that_cannot_be_taken_is_refused(world: World, body: bytes) -> None:
    feed = declared(world.ada)
    assert exposition(world, feed, body).status_code == 400
    assert not Telemetry.objects.exists()


def test_points_are_their_sources_own_and_the_supervisions_look_is_logged(world: World) -> None:
    feed = declared(world.ada)
    path = f"/api/v1/feeds/{feed['id']}/points?metric=cards_in_use"
    sent(world.ada, *(point(feed, ts=minute(ago).isoformat()) for ago in (2, 1, 0)))
    assert len(world.ada.get(path).json()["items"]) == 3
    assert world.cleo.get(path).status_code == 404
    assert world.olga.get(path).status_code == 403
    looks = EventRecord.objects.filter(name="monitoring.raw_data_viewed")
    assert not looks.exists()
    assert world.rhea.get(path).status_code == 200
    assert looks.get().actor_user == world.rhea.user.id
    page = world.ada.get(f"{path}&limit=2").json()
    rest = world.ada.get(f"{path}&limit=2&after={page['after'].replace('+', '%2B')}").json()
    assert [len(page["items"]), len(rest["items"]), rest["after"]] == [2, 1, None]


def test_points_of_the_last_three_days_may_still_come(world: World) -> None:
    feed = declared(world.ada)
    late = (now() - timedelta(hours=71)).isoformat()
    assert sent(world.ada, point(feed, ts=late))["stored"] == 1


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())))
def test_a_value_is_an_exact_number_or_nothing(raw: object) -> None:
    value = read_value(raw)
    assert value is None or (value == Decimal(str(raw)) and abs(value) < 10**18)
    assert (value is not None) == (
        isinstance(raw, int | str) and not isinstance(raw, bool) and NUMBER.match(str(raw)) is not None
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["feed", "metric", "ts", "value", "source_seq"]), inner, max_size=5
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_a_point_or_a_verdict(raw: object) -> None:
    assert isinstance(read_point(raw), Point | Verdict)

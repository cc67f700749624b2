"""The regulator's window: on one page, in order, and live."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.models.outbox import EventRecord
from kernel.services.outbox import relay
from monitoring.api import window
from monitoring.errors import TooManyStreams
from monitoring.models import Feed
from tests.monitoring.readings import declared
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def test_the_overview_shows_small_cells_to_the_supervision_only(world: World) -> None:
    declared(world.ada)
    seen = world.rhea.get("/api/v1/monitoring/overview").json()["feeds"][0]
    assert (seen["kind"], seen["parties"], seen["feeds"], seen["waiting"]) == ("resource", 1, 1, 1)
    hidden = world.otto.get("/api/v1/monitoring/overview").json()["feeds"]
    assert (hidden[0]["parties"], hidden[0]["feeds"]) == (None, None)
    assert hidden[1]["parties"] == 0, "nothing is not hidden"
    assert world.ada.get("/api/v1/monitoring/overview").status_code == 403


def test_the_overview_tells_how_many_never_declared_a_feed(world: World) -> None:
    declared(world.ada)
    assert all(each.organisation for each in (world.cleo, world.rex, world.lin, world.ben))
    told = {row["kind"]: row for row in world.rhea.get("/api/v1/monitoring/overview").json()["feeds"]}
    assert (told["resource"]["parties"], told["resource"]["may_report"]) == (1, 3), (
        "Ada; Cleo and Rex are silent"
    )
    assert (told["application"]["parties"], told["application"]["may_report"]) == (0, 0)
    assert world.otto.get("/api/v1/monitoring/overview").json()["feeds"][0]["may_report"] is None


def test_the_overview_asks_as_much_for_many_feeds_as_for_few(world: World) -> None:
    declared(world.ada)
    world.rhea.get("/api/v1/monitoring/overview")  # she and her key exist from here on
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            world.rhea.get("/api/v1/monitoring/overview")
        counts.append(len(queries))
        row = Feed.objects.first()
        assert row is not None
        Feed.objects.bulk_create(
            Feed(tenant_id=uuid4(), kind=row.kind, interval_seconds=60, method=row.method, since=row.since, due_at=row.due_at)
            for _ in range(50)
        )  # fmt: skip
    assert counts[0] == counts[1]


def test_events_are_read_in_order_and_from_where_one_left_off(world: World) -> None:
    for person in (world.ada, world.cleo, world.rex):
        declared(person)
    relay()
    first = world.rhea.get("/api/v1/monitoring/events?name=monitoring.feed_declared&limit=2").json()
    rest = world.rhea.get(
        f"/api/v1/monitoring/events?name=monitoring.feed_declared&after={first['last']}"
    ).json()
    tenants = [each["tenant"] for each in first["items"] + rest["items"]]
    assert tenants == [str(each.organisation.id) for each in (world.ada, world.cleo, world.rex)]
    assert world.rhea.get("/api/v1/monitoring/events?after=-1").status_code == 400
    assert world.rhea.get("/api/v1/monitoring/events?colour=red").status_code == 400
    assert world.ada.get("/api/v1/monitoring/events").status_code == 403
    assert world.olga.get("/api/v1/monitoring/events").status_code == 403
    assert world.nobody.get("/api/v1/monitoring/events").status_code == 401


def test_every_look_of_the_supervision_leaves_a_trail(world: World) -> None:
    for path in ("overview", "events"):
        assert world.rhea.get(f"/api/v1/monitoring/{path}").status_code == 200
    ended(live(world))
    looks = EventRecord.objects.filter(name="monitoring.raw_data_viewed").order_by("id")
    assert [look.payload["view"] for look in looks] == ["overview", "events", "live"]
    assert {look.actor_user for look in looks} == {world.rhea.user.id}


def live(world: World, **headers: str) -> Any:
    return world.rhea.get("/api/v1/monitoring/live?seconds=1", Accept="text/event-stream", **headers)


def ended(response: Any) -> None:
    """What a server does with a stream whose client went away, but for closing the database's connection."""
    for close in response._resource_closers:  # noqa: SLF001 - Django's own close() does more
        close()


def told(response: Any) -> list[dict[str, Any]]:
    """The events of a stream, read to its end."""
    text = b"".join(response.streaming_content).decode()
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_the_live_feed_goes_on_after_the_last_event_that_its_client_has(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "POLL_SECONDS", 0.05)
    for person in (world.ada, world.cleo):
        declared(person)
    relay()
    response = live(world, Last_Event_ID="0")
    assert response["Content-Type"].startswith("text/event-stream")
    events = [each for each in told(response) if each["name"] == "monitoring.feed_declared"]
    assert len(events) == 2
    after = told(live(world, Last_Event_ID=str(events[0]["position"])))
    assert events[1] in after
    assert events[0] not in after
    assert told(live(world)) == [], "without a place to go on from it starts now"
    assert told(live(world, Last_Event_ID="drop table")) == []


def test_live_places_are_few_and_come_back(world: World) -> None:
    taken = [live(world) for _ in range(window.MOST_STREAMS)]
    full = live(world)
    assert (full.status_code, full.json()["code"]) == (503, "too_many_streams")
    assert int(full["Retry-After"]) == window.LONGEST_SECONDS
    for response in taken:
        ended(response)
        ended(response)
    again = live(world)
    assert again.status_code == 200
    ended(again)
    assert world.ada.get("/api/v1/monitoring/live", Accept="text/event-stream").status_code == 403


def test_a_place_that_was_never_given_back_is_free_again_after_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = window.Places(1)
    places.take("lost", 1)
    with pytest.raises(TooManyStreams):
        places.take("next", 1)
    later = time.monotonic() + 1 + window.SECONDS_TO_SPARE
    monkeypatch.setattr(time, "monotonic", lambda: later)
    places.take("next", 1)

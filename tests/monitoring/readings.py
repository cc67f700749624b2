"""Feeds and points for tests: what a provider declares and sends."""

from datetime import datetime, timedelta
from typing import Any

from kernel.clock import now
from monitoring.models import Feed
from tests.aggregation.supply import made
from tests.support.cast import Person

INTERVAL = 60


def declared(person: Person, *, minutes_ago: int = 0, **changes: Any) -> dict[str, Any]:
    """A feed of a person's, of one point a minute, begun so many minutes ago on the full minute."""
    body: dict[str, Any] = {"kind": "resource", "interval_seconds": INTERVAL}
    if minutes_ago:
        body["since"] = minute(minutes_ago).isoformat()
    return dict(made(person.post("/api/v1/feeds", body | changes)))


def minute(ago: int) -> datetime:
    """The full minute so many minutes before the current one."""
    return now().replace(second=0, microsecond=0) - timedelta(minutes=ago)


def point(feed: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    """A sound point of now."""
    sound = {
        "feed": feed["id"],
        "metric": "cards_in_use",
        "ts": now().isoformat(),
        "value": "48",
        "source_seq": 1,
    }
    return sound | changes


def send(person: Person, *points: object) -> Any:
    """Send a batch without any key: the points are their own."""
    return person.post("/api/v1/telemetry", {"points": list(points)}, Idempotency_Key="")


def sent(person: Person, *points: object) -> dict[str, Any]:
    """The receipt of a batch of which something was kept."""
    answer = send(person, *points)
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


def overdue(feed: dict[str, Any]) -> datetime:
    """Just after the moment by which the feed had to be heard of."""
    return Feed.objects.get(id=feed["id"]).due_at + timedelta(microseconds=1)

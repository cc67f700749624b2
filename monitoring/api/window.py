"""The regulator's window: an overview, what happened in order, and the same live."""

import json
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.integers import PlainIntegerField
from kernel.api.rendering import JsonRenderer
from kernel.api.views import HouseView
from kernel.selectors.events import Happening, events_after, last_position
from kernel.systems import System
from kernel.tenancy import as_node
from monitoring.api.indicators import supervises
from monitoring.errors import TooManyStreams
from monitoring.selectors.window import overview
from monitoring.services.window import record_view

LONGEST_SECONDS = 25  # a stream ends then, and its client reconnects with Last-Event-ID
MOST_STREAMS = 2  # of the few threads of one worker process; the others go on serving
POLL_SECONDS = 0.5
BATCH = 200

SECONDS_TO_SPARE = (
    5  # a place whose server never said that its stream ended is free again this long after it should
)


class OverviewOut(serializers.Serializer[Any]):
    """Counts as they stand; null is a cell hidden because it counts fewer than five parties."""

    feeds = serializers.ListField(child=serializers.DictField())
    alarms = serializers.ListField(child=serializers.DictField())
    instructions = serializers.ListField(child=serializers.DictField())
    suspensions = serializers.ListField(child=serializers.DictField())


class HappeningOut(serializers.Serializer[Any]):
    """One event at its place in the node's order."""

    position = serializers.IntegerField()
    id = serializers.UUIDField()
    name = serializers.CharField()
    subject = serializers.UUIDField()
    tenant = serializers.UUIDField(allow_null=True)
    occurred_at = serializers.DateTimeField()
    payload = serializers.DictField()


class HappeningsOut(serializers.Serializer[Any]):
    """Events, oldest first; ask again with `after` = `last`."""

    items = HappeningOut(many=True)
    last = serializers.IntegerField(help_text="position of the last item, or the one asked after")


class HappeningsQuery(serializers.Serializer[Any]):
    """From where."""

    after = PlainIntegerField(min_value=0, default=0)
    limit = PlainIntegerField(min_value=1, max_value=BATCH, default=BATCH)
    name = serializers.CharField(max_length=100, required=False, default=None)


class LiveQuery(serializers.Serializer[Any]):
    """For how long."""

    seconds = PlainIntegerField(min_value=1, max_value=LONGEST_SECONDS, default=LONGEST_SECONDS)


class EventStreamRenderer(JsonRenderer):
    """Lets a client ask for text/event-stream; problems are JSON all the same."""

    media_type = "text/event-stream"
    format = "event-stream"


class OverviewView(HouseView):
    """`/api/v1/monitoring/overview`."""

    system = System.MONITORING
    operations = {"GET": "monitoring.read_overview"}

    @extend_schema(responses=OverviewOut)
    def get(self, request: Request) -> Response:
        """Show the window on one page; the supervision's look is logged."""
        record_view(view="overview", actor=self.actor)
        return Response(OverviewOut(overview(to_regulator=supervises(self.actor))).data)


class EventsView(HouseView):
    """`/api/v1/monitoring/events`."""

    system = System.MONITORING
    operations = {"GET": "monitoring.list_events"}

    @extend_schema(parameters=[HappeningsQuery], responses=HappeningsOut)
    def get(self, request: Request) -> Response:
        """Read what happened, in order; the look is logged."""
        query = self.query(HappeningsQuery)
        record_view(view="events", actor=self.actor)
        rows = events_after(query["after"], limit=query["limit"], name=query["name"])
        last = rows[-1].position if rows else query["after"]
        return Response(HappeningsOut({"items": rows, "last": last}).data)


class LiveView(HouseView):
    """`/api/v1/monitoring/live`: server-sent events (WHATWG HTML §9.2)."""

    system = System.MONITORING
    operations = {"GET": "monitoring.follow_events"}
    renderer_classes = [EventStreamRenderer, JsonRenderer]

    @extend_schema(
        parameters=[
            LiveQuery,
            OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER, description="position"),
        ],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Follow what happens, from Last-Event-ID or from now on; ends after `seconds`, then reconnect."""
        seconds = self.query(LiveQuery)["seconds"]
        given = request.headers.get("Last-Event-ID", "")
        known = given.isascii() and given.isdigit() and len(given) <= 18  # noqa: PLR2004 - digits of a bigint
        after = int(given) if known else last_position()
        record_view(view="live", actor=self.actor)
        stream = Stream(after, seconds, PLACES)
        response = StreamingHttpResponse(stream, content_type="text/event-stream")
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"  # a proxy passes each event on at once
        return response


class Places:
    """The few places for live streams in this process."""

    def __init__(self, places: int) -> None:
        """All are free."""
        self._places, self._lock = places, threading.Lock()
        self._taken: dict[object, float] = {}

    def take(self, stream: object, seconds: float) -> None:
        """Take a place for so long at most. Raises TooManyStreams."""
        at = time.monotonic()
        with self._lock:
            self._taken = {each: until for each, until in self._taken.items() if until > at}
            if len(self._taken) >= self._places:
                raise TooManyStreams(seconds=LONGEST_SECONDS, retry_after=LONGEST_SECONDS)
            self._taken[stream] = at + seconds + SECONDS_TO_SPARE

    def give_back(self, stream: object) -> None:
        """Free the stream's place; once more changes nothing."""
        with self._lock:
            self._taken.pop(stream, None)


PLACES = Places(MOST_STREAMS)


class Stream:
    """The text of one live stream; it holds a place until it is closed, also if it is never read."""

    def __init__(self, after: int, seconds: float, places: Places) -> None:
        """Follow the events after a position, for so long. Raises TooManyStreams."""
        places.take(self, seconds)
        self._places, self._text = places, _follow(after, seconds)

    def __iter__(self) -> Iterator[bytes]:
        """The stream itself."""
        return self

    def __next__(self) -> bytes:
        """The next piece of text."""
        return next(self._text)

    def close(self) -> None:
        """End it, and give the place back."""
        self._text.close()
        self._places.give_back(self)


def _follow(after: int, seconds: float) -> Generator[bytes, None, None]:
    yield b"retry: 1000\n\n"
    deadline = time.monotonic() + seconds
    while True:
        with as_node("a stream goes on after its request; who follows it reaches all"):
            rows = events_after(after, limit=BATCH)
        for row in rows:
            after = row.position
            yield _event(row)
        if time.monotonic() >= deadline:
            return
        if not rows:
            yield b": waiting\n\n"  # finds out whether anybody still listens
            time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))


def _event(row: Happening) -> bytes:
    data = json.dumps(HappeningOut(row).data, ensure_ascii=False, default=str)
    return f"id: {row.position}\nevent: {row.name}\ndata: {data}\n\n".encode()

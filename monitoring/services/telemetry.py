"""Taking points of monitoring data: each is stored once or refused, and nothing disappears."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from identifiers.services.sightings import note_sightings
from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from monitoring.domain.feeds import FeedClass, FeedState, due_again
from monitoring.domain.points import Point, Verdict, check_point, read_point
from monitoring.errors import TelemetryRefused
from monitoring.events import FeedRecovered
from monitoring.models import Feed, Telemetry
from monitoring.selectors.profiles import alert_rules, fields_profile
from monitoring.services.alarms import end_silence

Key = tuple[UUID, str, datetime, int]
GOOD = frozenset({Verdict.STORED, Verdict.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of each item of a batch, in its order."""

    verdicts: tuple[Verdict, ...]

    def count(self, *wanted: Verdict) -> int:
        """How many items have one of these verdicts."""
        return sum(verdict in wanted for verdict in self.verdicts)


@transaction.atomic
def receive_points(*, items: Sequence[object], actor: Actor) -> Receipt:
    """Store what can be stored of a batch of JSON points, and say of each item what became of it.

    A point is known by (feed, metric, ts, source_seq): the same again changes nothing (INVARIANTS B2), the
    same with another value is a conflict. Raises TelemetryRefused where nothing can be kept (B1).
    The number of queries depends on the number of feeds, not of points.
    """
    return _keep([read_point(item) for item in items], actor)


@transaction.atomic
def receive_samples(
    *, feed: UUID, samples: Sequence[tuple[str, datetime, Decimal]], source_seq: int, actor: Actor
) -> Receipt:
    """Store samples of an exposition; metrics that the feed's class lacks are left out, and said so."""
    assert actor.tenant_id is not None  # noqa: S101 - sources are organisations
    row = Feed.objects.filter(id=feed, tenant_id=actor.tenant_id).first()
    known = fields_profile().metrics[FeedClass(row.kind)] if row else {}
    read: list[Point | Verdict] = [
        Point(feed, metric, ts, value, source_seq) if row is None or metric in known else Verdict.IGNORED
        for metric, ts, value in samples
    ]
    return _keep(read, actor)


def _keep(read: Sequence[Point | Verdict], actor: Actor) -> Receipt:
    assert actor.tenant_id is not None  # noqa: S101 - sources are organisations
    points = [item for item in read if isinstance(item, Point)]
    # locked in one order, so that two batches of the same feeds follow each other
    owned = Feed.objects.select_for_update().filter(
        id__in={point.feed for point in points}, tenant_id=actor.tenant_id
    )
    feeds = {feed.id: feed for feed in owned.order_by("id")}
    known = _known(points, feeds)
    profile, at = fields_profile(), now()
    verdicts: list[Verdict] = []
    fresh: dict[Key, Telemetry] = {}
    for item in read:
        if isinstance(item, Verdict):
            verdicts.append(item)
            continue
        feed = feeds.get(item.feed)
        if feed is None:
            verdicts.append(Verdict.UNKNOWN_FEED)
            continue
        metric = profile.metrics[FeedClass(feed.kind)].get(item.metric)
        wrong = check_point(item, metric, at=at, late=profile.late, ahead=profile.ahead)
        if wrong is not None:
            verdicts.append(wrong)
            continue
        key = (item.feed, item.metric, item.ts, item.source_seq)
        if key in known:
            verdicts.append(Verdict.DUPLICATE if known[key] == item.value else Verdict.CONFLICT)
            continue
        known[key] = item.value
        fresh[key] = Telemetry(
            feed=feed, metric=item.metric, ts=item.ts, source_seq=item.source_seq, value=item.value
        )
        verdicts.append(Verdict.STORED)
    if not GOOD.intersection(verdicts):
        index = next((i for i, each in enumerate(verdicts) if each is not Verdict.IGNORED), 0)
        reason = verdicts[index].label
        raise TelemetryRefused(
            pointer=f"/points/{index}", index=index, reason_zh=reason.zh, reason_en=reason.en
        )
    Telemetry.objects.bulk_create(list(fresh.values()), batch_size=1000)
    for feed in feeds.values():
        mine = [row for row in fresh.values() if row.feed_id == feed.id]
        if mine:
            _advance(feed, max(row.ts for row in mine), at)
            if {row.metric for row in mine} & set(alert_rules()[1]):
                enqueue_job("monitoring.detect_anomalies", feed=str(feed.id))
    return Receipt(tuple(verdicts))


def _known(points: Sequence[Point], feeds: dict[UUID, Feed]) -> dict[Key, Decimal]:
    """The values that are stored under the keys of these points' instants."""
    rows = Telemetry.objects.filter(feed__in=feeds.values(), ts__in={point.ts for point in points})
    found = rows.values_list("feed_id", "metric", "ts", "source_seq", "value")
    return {(feed, metric, ts, seq): value for feed, metric, ts, seq, value in found}


def _advance(feed: Feed, newest: datetime, at: datetime) -> None:
    """Let a feed's newest point move the time by which the next is due; an older one never moves it back (B3)."""
    if feed.last_ts is not None and newest <= feed.last_ts:
        return
    feed.last_ts, feed.due_at = newest, due_again(newest, feed.interval_seconds)
    if feed.state == FeedState.SILENT and feed.due_at > at:
        publish(FeedRecovered(subject=feed.id, tenant=feed.tenant_id, kind=feed.kind), actor=SYSTEM)
        end_silence(feed=feed)
    if feed.due_at > at:
        feed.state = FeedState.REPORTING.value
    feed.advance("last_ts", "due_at", "state")
    if feed.kind == FeedClass.APPLICATION and feed.resource is not None:
        note_sightings(
            tenant=feed.tenant_id, seen={feed.resource: "feed"}, seen_at=newest, good_until=feed.due_at
        )

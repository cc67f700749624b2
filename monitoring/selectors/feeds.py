"""What feeds owed and what came in; a gap is missing, never zero."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from kernel.clock import now
from monitoring.domain.feeds import Coverage, FeedClass, coverage, due_slots, slot_of
from monitoring.models import Feed, Telemetry


def feeds_of_class(kind: FeedClass) -> list[Feed]:
    """Every feed of a class, oldest first."""
    return list(Feed.objects.filter(kind=kind).order_by("id"))


def due_of(feed: Feed, start: datetime, end: datetime, at: datetime) -> range:
    """The slots that a feed owed within [start, end), up to the instant `at` and not before it began."""
    return due_slots(start=max(start, feed.since), end=min(end, at), seconds=feed.interval_seconds)


def coverage_of(feed: Feed, start: datetime, end: datetime) -> Coverage:
    """Expected against received over [start, end): a slot counts where any point of the feed came in."""
    due = due_of(feed, start, end, now())
    instants = Telemetry.objects.filter(feed=feed, ts__gte=start, ts__lt=end).order_by().values_list("ts")
    filled = {slot_of(ts, feed.interval_seconds) for (ts,) in instants.distinct()}
    return coverage(due, filled, feed.interval_seconds)


def readings(
    feeds: Sequence[Feed], metrics: Iterable[str], start: datetime, end: datetime
) -> dict[UUID, dict[str, dict[int, Decimal]]]:
    """Feed → metric → slot → value within [start, end), in one query.

    The newest correction of an instant counts, and the latest instant of a slot.
    """
    seconds = {feed.id: feed.interval_seconds for feed in feeds}
    rows = Telemetry.objects.filter(feed__in=feeds, metric__in=list(metrics), ts__gte=start, ts__lt=end)
    found: dict[UUID, dict[str, dict[int, Decimal]]] = {feed.id: {} for feed in feeds}
    ordered = rows.order_by("ts", "source_seq").values_list("feed_id", "metric", "ts", "value")
    for feed, metric, ts, value in ordered.iterator():
        found[feed].setdefault(metric, {})[slot_of(ts, seconds[feed])] = value
    return found


def points_of(feed: Feed, metric: str, *, after: datetime | None, limit: int) -> list[Telemetry]:
    """Up to `limit` points of one metric after an instant, oldest first; of each instant the newest correction."""
    rows = Telemetry.objects.filter(feed=feed, metric=metric)
    if after is not None:
        rows = rows.filter(ts__gt=after)
    return list(rows.order_by("ts", "-source_seq").distinct("ts")[:limit])

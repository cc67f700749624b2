"""Raising alarms once with a count, looking for odd values, and closing alarms."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.services.outbox import publish
from monitoring.domain.alarms import LIFE, AlarmKind, AlarmState
from monitoring.domain.anomalies import AlertRule, odd_points
from monitoring.events import AlarmAcknowledged, AlarmClosed, AlarmRaised
from monitoring.models import Alarm, Feed, Telemetry
from monitoring.selectors.profiles import alert_rules


@transaction.atomic
def raise_alarm(
    *, feed: Feed, kind: AlarmKind, metric: str, at: datetime, value: Decimal | None, rule: str
) -> Alarm:
    """Raise an alarm on a feed, or count one more occurrence of the one that is not closed (INVARIANTS E4).

    The caller holds the feed's row lock, so that two raises never make two alarms.
    """
    known = Alarm.objects.select_for_update().filter(feed=feed, kind=kind, metric=metric)
    row = known.exclude(state=AlarmState.CLOSED).first()
    if row is not None:
        row.count, row.last_at, row.value = row.count + 1, at, value
        row.advance("count", "last_at", "value")
        return row
    row = Alarm.objects.create(
        feed=feed, kind=kind, metric=metric, first_at=at, last_at=at, value=value, rule=rule
    )
    publish(
        AlarmRaised(subject=row.id, tenant=feed.tenant_id, kind=kind.value, feed=feed.id, metric=metric),
        actor=SYSTEM,
    )
    return row


@transaction.atomic
def end_silence(*, feed: Feed) -> None:
    """Close the alarm of a feed that reports again."""
    open_alarms = Alarm.objects.select_for_update().filter(feed=feed, kind=AlarmKind.FEED_SILENT)
    for row in open_alarms.exclude(state=AlarmState.CLOSED):
        _close(row, "恢复上报 / reports again", SYSTEM)


@transaction.atomic
def detect_anomalies(*, feed: UUID) -> int:
    """Look at the points of a feed that came since the last look, each once; how many were odd.

    Points that come in late, before the newest one looked at, are not judged: their moment has passed.
    """
    row = Feed.objects.select_for_update().get(id=feed)
    version, rules = alert_rules()
    points = Telemetry.objects.filter(feed=row)
    newest = points.order_by("-ts").values_list("ts", flat=True).first()
    if newest is None or (row.checked_to is not None and newest <= row.checked_to):
        return 0
    found = 0
    for metric, rule in rules.items():
        series = _series(row, metric, rule)
        first = next(
            (i for i, (ts, _) in enumerate(series) if not row.checked_to or ts > row.checked_to), None
        )
        if first is None:
            continue
        for index in odd_points([value for _, value in series], first, rule):
            ts, value = series[index]
            raise_alarm(feed=row, kind=AlarmKind.ANOMALY, metric=metric, at=ts, value=value, rule=version)
            found += 1
    row.checked_to = newest
    row.save(update_fields=["checked_to"])
    return found


def _series(feed: Feed, metric: str, rule: AlertRule) -> list[tuple[datetime, Decimal]]:
    """What is to be looked at, and before it as much as the rule looks back."""
    rows = Telemetry.objects.filter(feed=feed, metric=metric).order_by("ts", "-source_seq").distinct("ts")
    if feed.checked_to is None:
        return list(rows.values_list("ts", "value"))
    before = Telemetry.objects.filter(feed=feed, metric=metric, ts__lte=feed.checked_to)
    newest_first = before.order_by("-ts", "-source_seq").distinct("ts").values_list("ts", "value")
    past = list(newest_first[: rule.window + rule.consecutive])
    return [*reversed(past), *rows.filter(ts__gt=feed.checked_to).values_list("ts", "value")]


@transaction.atomic
def acknowledge_alarm(*, alarm: Alarm, actor: Actor) -> Alarm:
    """Say that somebody looks into it."""
    row = Alarm.objects.select_for_update().get(id=alarm.id)
    row.state = LIFE.after("acknowledge", row.state)
    row.advance("state")
    publish(AlarmAcknowledged(subject=row.id, tenant=row.feed.tenant_id), actor=actor)
    return row


@transaction.atomic
def close_alarm(*, alarm: Alarm, note: str, actor: Actor) -> Alarm:
    """Close an alarm with a note; what happens later raises a new one."""
    return _close(Alarm.objects.select_for_update().get(id=alarm.id), note, actor)


def _close(row: Alarm, note: str, actor: Actor) -> Alarm:
    row.state, row.note = LIFE.after("close", row.state), note
    row.advance("state", "note")
    publish(AlarmClosed(subject=row.id, tenant=row.feed.tenant_id, count=row.count), actor=actor)
    return row

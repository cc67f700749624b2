"""Metering: a provider's reading, the node's own, and their reconciliation, in one act."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.errors import InvalidField
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.metering import USAGE_LIFE, MeterSource, UsageState, node_meter, seconds_of
from marketplace.errors import MeterConflict, ServiceStopped, UnknownReference, UsageBilled
from marketplace.models import BilledUsage, MeterRecord, Order, Usage
from marketplace.selectors.orders import (
    latest_end,
    machines,
    order_of_provider,
    schedule_of_order,
    served_until,
)
from marketplace.selectors.profiles import metering_profile
from marketplace.selectors.stops import stopped_window, stops_of_orders


@transaction.atomic
def record_usage(
    *,
    order: UUID,
    window: Window,
    machine_seconds: int,
    sequence: int,
    corrects: UUID | None,
    actor: Actor,
) -> tuple[Usage, bool]:
    """Take a provider's reading, make the node's for the same window, and reconcile the two.

    Returns the usage and whether it is new: the same (order, sequence) with the same figures answers with what
    it made before. Raises UnknownReference, InvalidField for a window outside the service or more than the
    machines can give, ServiceStopped for one in which an instruction of the regulator stopped it, MeterConflict for an overlap, UsageBilled for the correction of what stands on a statement.
    """
    found = order_of_provider(order, actor)
    if found is None:
        raise UnknownReference(pointer="/order", noun_zh="订单", noun_en="order", id=order)
    row = Order.objects.select_for_update().get(id=found.id)
    given = (window.start, window.end, machine_seconds, corrects)
    if known := _known(row, sequence):
        if given != (known.window_start, known.window_end, known.machine_seconds, known.corrects_id):
            raise MeterConflict(
                pointer="/sequence",
                reason_zh=f"序号 {sequence} 已用于另一条记录",
                reason_en=f"sequence {sequence} belongs to another reading",
            )
        return known.usage, False
    _check_window(row, window, machine_seconds)
    _check_stops(row, window)
    corrected = _corrected(row, corrects) if corrects else None
    _check_overlap(row, window, corrected)
    reading = _keep(
        row,
        source=MeterSource.PROVIDER,
        window=window,
        machine_seconds=machine_seconds,
        sequence=sequence,
        corrects=corrected,
    )
    assert row.billing_started_at is not None  # noqa: S101 - _check_window asked
    schedule = schedule_of_order(row)
    own = node_meter(
        machines(row),
        window,
        started=row.billing_started_at,
        ended=_serves_until(row),
        booked=schedule.windows if schedule else (),
    )
    node_reading = _keep(
        row, source=MeterSource.NODE, window=window, machine_seconds=own, sequence=sequence, corrects=None
    )
    profile = metering_profile()
    state, agreed = profile.reconcile(provider=machine_seconds, node=own)
    usage = Usage.objects.create(
        order=row,
        tenant_id=row.tenant_id,
        compute_provider=row.compute_provider,
        provider_record=reading,
        node_record=node_reading,
        profile=profile.version,
        machine_seconds=agreed,
        state=state.value,
        window_end=window.end,
    )
    publish(
        events.UsageMetered(
            subject=usage.id,
            tenant=row.compute_provider,
            parties=usage.concerned(),
            order=row.id,
            state=state.value,
            machine_seconds=agreed,
        ),
        actor=actor,
    )
    return usage, True


@transaction.atomic
def dispute_usage(*, usage: Usage, reason: str, actor: Actor) -> Usage:
    """The user disputes a usage: it is not settled until the provider corrects it. Raises UsageBilled."""
    Order.objects.select_for_update().get(id=usage.order_id)
    row = Usage.objects.select_for_update().get(id=usage.id)
    _check_unbilled(row)
    row.state, row.reason = USAGE_LIFE.after("dispute", row.state).value, reason
    row.advance("state", "reason")
    publish(
        events.UsageDisputed(
            subject=row.id, tenant=row.order.tenant_id, parties=row.concerned(), order=row.order_id
        ),
        actor=actor,
    )
    return row


def _known(order: Order, sequence: int) -> MeterRecord | None:
    mine = MeterRecord.objects.filter(order=order, source=MeterSource.PROVIDER, sequence=sequence)
    return mine.select_related("usage").first()


def _serves_until(order: Order) -> datetime:
    """How far the service has come: no longer than its term, however late its end is noted."""
    return served_until(order, min(now(), latest_end(order)))


def _check_window(order: Order, window: Window, machine_seconds: int) -> None:
    latest = _serves_until(order) if order.billing_started_at else None
    if latest is None or window.start < order.billing_started_at or window.end > latest:  # type: ignore[operator] # set with latest
        raise InvalidField(
            pointer="/window_start" if latest is None or window.end <= latest else "/window_end",
            reason_zh=f"计量窗口须在计费开始（{_shown(order.billing_started_at)}）与当前服务时刻（{_shown(latest)}）之间。",
            reason_en=f"The window lies between the start of billing ({_shown(order.billing_started_at)}) and the service time now ({_shown(latest)}).",
        )
    most = machines(order) * seconds_of(window)
    if machine_seconds > most:
        raise InvalidField(
            pointer="/machine_seconds",
            reason_zh=f"{machines(order)} 台机器在该窗口内至多 {most} 机秒。",
            reason_en=f"{machines(order)} machines give at most {most} machine-seconds in this window.",
        )


def _check_stops(order: Order, window: Window) -> None:
    for stop in stops_of_orders([order])[order.id]:
        stopped = stopped_window(order, stop, now())
        if stopped is not None and window.overlaps(stopped):
            raise ServiceStopped(
                pointer="/window_start" if stopped.start <= window.start else "/window_end",
                instruction=stop.reference,
                since=_shown(stopped.start),
                until=_shown(stopped.end if stop.until else None),
            )


def _corrected(order: Order, corrects: UUID) -> MeterRecord:
    readings = MeterRecord.objects.filter(order=order, source=MeterSource.PROVIDER, id=corrects)
    reading = readings.select_related("usage").first()
    if reading is None:
        raise UnknownReference(pointer="/corrects", noun_zh="计量记录", noun_en="reading", id=corrects)
    usage = reading.usage
    _check_unbilled(usage)
    usage.state = USAGE_LIFE.after("correct", usage.state).value
    usage.advance("state")
    return reading


def _check_overlap(order: Order, window: Window, corrected: MeterRecord | None) -> None:
    live = MeterRecord.objects.filter(
        order=order, source=MeterSource.PROVIDER, window_start__lt=window.end, window_end__gt=window.start
    ).exclude(usage__state=UsageState.CORRECTED)
    if corrected:
        live = live.exclude(id=corrected.id)
    if other := live.first():
        raise MeterConflict(
            pointer="/window_start",
            reason_zh=f"窗口与记录 {other.id} 重叠",
            reason_en=f"the window overlaps that of {other.id}",
        )


def _check_unbilled(usage: Usage) -> None:
    billed = BilledUsage.objects.filter(usage=usage, statement__entry__reversal=None).first()
    if billed is not None:
        raise UsageBilled(statement=billed.statement_id)


def _keep(
    order: Order,
    *,
    source: MeterSource,
    window: Window,
    machine_seconds: int,
    sequence: int,
    corrects: MeterRecord | None,
) -> MeterRecord:
    return MeterRecord.objects.create(
        order=order,
        source=source.value,
        sequence=sequence,
        window_start=window.start,
        window_end=window.end,
        machine_seconds=machine_seconds,
        corrects=corrects,
    )


def _shown(instant: datetime | None) -> str:
    return instant.isoformat() if instant else "—"

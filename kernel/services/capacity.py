"""Granting what is scarce: all of a bundle or nothing, never more than there is (docs/scarcity.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Actor
from kernel.domain.windows import Window, peak_of
from kernel.errors import HoldGone, SoldOut
from kernel.events import Event
from kernel.models.capacity import ACTIVE, Capacity, Claim, ClaimState
from kernel.services.outbox import publish, publish_each


@dataclass(frozen=True, kw_only=True)
class CapacityChanged(Event):
    """The total of a resource was set; `over_committed` says that less is left than was sold."""

    name: ClassVar[str] = "kernel.capacity_changed"

    total: int
    over_committed: bool


@dataclass(frozen=True, kw_only=True)
class HoldExpired(Event):
    """A hold ran out; `subject` is the bundle. Published exactly once."""

    name: ClassVar[str] = "kernel.hold_expired"


@transaction.atomic
def set_total(*, resource: UUID, tenant: UUID, unit: str, total: int, actor: Actor) -> Capacity:
    """Declare how much of a resource there is. A cut below what is sold is taken and marked, not refused."""
    Capacity.objects.bulk_create(
        [Capacity(resource=resource, tenant_id=tenant, unit=unit, total=0)], ignore_conflicts=True
    )
    row = Capacity.objects.select_for_update().get(resource=resource)
    if (row.total, row.unit) != (total, unit):
        row.total, row.unit = total, unit
        row.over_committed = row.standing + row.peak > total
        row.generation += 1
        row.save()
        publish(
            CapacityChanged(subject=resource, tenant=tenant, total=total, over_committed=row.over_committed),
            actor=actor,
        )
    return row


@transaction.atomic
def open_totals(*, totals: Mapping[UUID, int], tenant: UUID, unit: str, actor: Actor) -> None:
    """Declare how much there is of resources that the ledger does not know yet."""
    Capacity.objects.bulk_create(
        Capacity(resource=resource, tenant_id=tenant, unit=unit, total=total)
        for resource, total in sorted(totals.items())
    )
    publish_each(
        (
            CapacityChanged(subject=resource, tenant=tenant, total=total, over_committed=False)
            for resource, total in totals.items()
        ),
        actor=actor,
    )


@transaction.atomic
def hold(
    *,
    bundle: UUID,
    tenant: UUID,
    quantities: Mapping[UUID, int],
    ttl: timedelta,
    window: Window | None = None,
) -> datetime:
    """Hold every quantity for the bundle, or none; returns when the hold runs out.

    `quantities` maps resource to an amount in that resource's unit. Raises SoldOut naming the first
    resource (in id order) that cannot grant it. Rows are locked in id order, so bundles cannot deadlock.
    """
    rows = _lock(quantities)
    for resource in sorted(quantities):
        row, wanted = rows.get(resource), quantities[resource]
        if row is None or row.over_committed or not _fits(row, wanted, window):
            raise SoldOut(resource=resource, wanted=wanted, free=row.free if row else 0)
    period = (window.start, window.end) if window else None
    claims = Claim.objects.bulk_create(
        Claim(
            resource_id=resource,
            bundle=bundle,
            tenant_id=tenant,
            quantity=quantity,
            period=period,
            state=ClaimState.HELD,
            expires_at=Now() + ttl,
        )
        for resource, quantity in sorted(quantities.items())
    )
    if window is None:
        _add_standing(quantities)
    else:
        _recompute_peaks(rows.values())
    deadline = Claim.objects.values_list("expires_at", flat=True).get(id=claims[0].id)
    assert deadline is not None  # noqa: S101 - a held claim has a deadline, by constraint
    return deadline


@transaction.atomic
def confirm(*, bundle: UUID) -> None:
    """Turn the bundle's hold into contracts. Raises HoldGone where any part has expired or was released."""
    claims = list(Claim.objects.select_for_update().filter(bundle=bundle).order_by("resource_id"))
    live = Claim.objects.filter(bundle=bundle, state=ClaimState.HELD, expires_at__gt=Now())
    if not claims or live.update(state=ClaimState.CONFIRMED, expires_at=None) != len(claims):
        raise HoldGone


@transaction.atomic
def extend(*, bundle: UUID, ttl: timedelta) -> None:
    """Let a live hold run `ttl` from now. Raises HoldGone where it is not live any more."""
    claims = list(Claim.objects.select_for_update().filter(bundle=bundle).order_by("resource_id"))
    live = Claim.objects.filter(bundle=bundle, state=ClaimState.HELD, expires_at__gt=Now())
    if not claims or live.update(expires_at=Now() + ttl) != len(claims):
        raise HoldGone


@transaction.atomic
def release(*, bundle: UUID) -> bool:
    """Give back what the bundle holds or has confirmed; False if it has nothing (any more)."""
    return _end(bundle, ClaimState.RELEASED)


@transaction.atomic
def expire_next() -> bool:
    """Expire the hold that is longest overdue, exactly once; False if none is due.

    A bundle's first claim stands for all of it: everybody locks that one first, so whoever skips it skips
    the bundle, and expiring, confirming and releasing one bundle cannot deadlock.
    """
    earlier = Claim.objects.filter(bundle=OuterRef("bundle"), resource__lt=OuterRef("resource"))
    due = (
        Claim.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(~Exists(earlier), state=ClaimState.HELD, expires_at__lte=Now())
        .order_by("expires_at")
        .first()
    )
    if due is None:
        return False
    _end(due.bundle, ClaimState.EXPIRED)
    publish(HoldExpired(subject=due.bundle, tenant=due.tenant_id), actor=SYSTEM)
    return True


STANDING = """
    UPDATE capacity c
    SET standing = c.standing + v.change, generation = c.generation + 1,
        over_committed = c.over_committed AND c.standing + v.change + c.peak > c.total
    FROM unnest(%s::uuid[], %s::bigint[]) AS v(resource, change)
    WHERE c.resource = v.resource
"""


def _end(bundle: UUID, state: ClaimState) -> bool:
    active = Claim.objects.select_for_update().filter(bundle=bundle, state__in=ACTIVE)
    claims = list(active.order_by("resource_id"))
    if not claims:
        return False
    rows = _lock([claim.resource_id for claim in claims])
    active.update(state=state, expires_at=None)
    if claims[0].period is None:
        _add_standing({claim.resource_id: -claim.quantity for claim in claims})
    else:
        _recompute_peaks(rows.values())
    return True


def _lock(resources: Iterable[UUID]) -> dict[UUID, Capacity]:
    locked = Capacity.objects.select_for_update().filter(resource__in=list(resources)).order_by("resource")
    return {row.resource: row for row in locked}


def _fits(row: Capacity, wanted: int, window: Window | None) -> bool:
    if window is None:
        return row.standing + row.peak + wanted <= row.total
    return row.standing + peak_of([*_windows(row), (window, wanted)]) <= row.total


def _windows(row: Capacity) -> list[tuple[Window, int]]:
    active = Claim.objects.filter(resource=row, state__in=ACTIVE, period__isnull=False)
    return [(Window(claim.period.lower, claim.period.upper), claim.quantity) for claim in active]


def _add_standing(changes: Mapping[UUID, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(changes), list(changes.values())])


def _recompute_peaks(rows: Iterable[Capacity]) -> None:
    for row in rows:
        row.peak = peak_of(_windows(row))
        row.over_committed = row.over_committed and row.standing + row.peak > row.total
        row.generation += 1
        row.save(update_fields=["peak", "over_committed", "generation"])

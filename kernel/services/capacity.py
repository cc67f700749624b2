"""Granting what is scarce: all of a bundle or nothing, never more than there is (docs/scarcity.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, F, Min, QuerySet, Value
from django.db.models.functions import Greatest, Least, Now

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.domain.quotas import HoldQuota
from kernel.domain.windows import Window, overfull
from kernel.errors import HoldGone, SoldOut
from kernel.events import Event
from kernel.ids import new_id
from kernel.models.capacity import ACTIVE, Capacity, Claim, ClaimState
from kernel.questions import question, run
from kernel.selectors.capacity import free, free_over
from kernel.services.hold_accounts import count_hold, discount_hold
from kernel.services.outbox import publish, publish_each
from kernel.services.peaks import recompute_peaks


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


@dataclass(frozen=True, kw_only=True)
class WindowEnded(Event):
    """A booked window of a resource is over; `subject` is the bundle. Published exactly once for each."""

    name: ClassVar[str] = "kernel.window_ended"

    resource: UUID


NOTHING_APART: Mapping[UUID, tuple[Window, ...]] = {}
UNLIMITED = HoldQuota(most=2**31 - 1, most_lapsed=2**31 - 1)
DECLARE = """
    INSERT INTO capacity AS c (resource, tenant_id, unit, total, standing, peak, over_committed, generation)
    SELECT resource, %(tenant)s, %(unit)s, total, 0, 0, false, 1
    FROM unnest(%(resources)s::uuid[], %(totals)s::bigint[]) AS w(resource, total) ORDER BY resource
    ON CONFLICT (resource) DO UPDATE
    SET total = excluded.total, unit = excluded.unit, generation = c.generation + 1,
        over_committed = c.standing + c.peak > excluded.total
    WHERE (c.total, c.unit) IS DISTINCT FROM (excluded.total, excluded.unit)
    RETURNING resource, total, over_committed
"""
TAKE = """
    WITH wanted AS (
        SELECT * FROM unnest(%(ids)s::uuid[], %(resources)s::uuid[], %(quantities)s::bigint[]) AS w(id, resource, quantity)
    ),
    granted AS (
        UPDATE capacity c SET standing = c.standing + w.quantity, generation = c.generation + 1
        FROM wanted w
        WHERE c.resource = w.resource AND c.standing + c.peak + w.quantity <= c.total
        RETURNING w.id, w.resource, w.quantity
    )
    INSERT INTO claim (id, resource_id, bundle, tenant_id, quantity, state, expires_at)
    SELECT id, resource, %(bundle)s, %(tenant)s, quantity, %(held)s, statement_timestamp() + %(ttl)s FROM granted
    RETURNING resource_id, expires_at
"""
STANDING = """
    UPDATE capacity c
    SET standing = c.standing + v.change, generation = c.generation + 1,
        over_committed = c.over_committed AND c.standing + v.change + c.peak > c.total
    FROM unnest(%s::uuid[], %s::bigint[]) AS v(resource, change)
    WHERE c.resource = v.resource
"""
END = "UPDATE claim SET state = %s, expires_at = NULL WHERE id = ANY(%s)"


# States stand in the text, not among the values, so that a kept plan may use the indexes of just those rows.
OVERDUE = """
    SELECT c.bundle, c.tenant_id FROM claim c
    WHERE c.state = 'held' AND c.expires_at <= statement_timestamp()
      AND NOT EXISTS (SELECT FROM claim earlier WHERE earlier.bundle = c.bundle AND earlier.id < c.id)
    ORDER BY c.expires_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""
OVER = """
    SELECT id, bundle, tenant_id, resource_id FROM claim
    WHERE state = 'confirmed' AND period IS NOT NULL AND upper(period) <= statement_timestamp()
    ORDER BY upper(period) LIMIT 1 FOR UPDATE SKIP LOCKED
"""


@transaction.atomic
def set_totals(*, totals: Mapping[UUID, int], tenant: UUID, unit: str, actor: Actor) -> None:
    """Declare how much there is of each of a tenant's resources, by two statements however many.

    A cut below what is sold is taken and marked, not refused. The rows are locked in id order.
    """
    wanted = sorted(totals.items())
    given: dict[str, Any] = {
        "resources": [resource for resource, _ in wanted],
        "totals": [total for _, total in wanted],
        "tenant": tenant,
        "unit": unit,
    }
    changed = run(DECLARE, given)
    if not changed:
        return
    publish_each(
        [
            CapacityChanged(subject=resource, tenant=tenant, total=total, over_committed=over_committed)
            for resource, total, over_committed in changed
        ],
        actor=actor,
    )


@transaction.atomic(savepoint=False)
def hold(
    *,
    bundle: UUID,
    tenant: UUID,
    quantities: Mapping[UUID, int],
    ttl: timedelta,
    windows: Sequence[Window] = (),
    apart: Mapping[UUID, tuple[Window, ...]] = NOTHING_APART,
    until: datetime | None = None,
    not_after: datetime | None = None,
    quota: HoldQuota = UNLIMITED,
) -> datetime:
    """Hold every quantity for the bundle, throughout every window (none: open-ended), or hold nothing.

    Beside `windows`, resources that are needed at other times have theirs in `apart`. Without windows, what has no room
    without end is held from now `until` then, where that is enough. Returns when the hold runs out: after
    `ttl`, at the latest as its first window ends, and of windows `not_after` then. What is refused takes back the caller's transaction, or savepoint,
    with it. `quantities` maps resource to
    an amount in that resource's unit. Raises SoldOut naming the first resource (in id order) that cannot grant it,
    HoldQuotaReached, HoldsLapse. The tenant's account is locked first, then the rows in id order, so bundles cannot
    deadlock; a single row is locked by the statement that takes from it.
    """
    count_hold(tenant=tenant, quota=quota)
    wanted = dict(sorted(quantities.items()))
    if len(wanted) > 1 or windows:
        lock_rows(wanted)
    if windows:
        each_in = {each: apart.get(each, tuple(windows)) for each in wanted}
        return _book(bundle, tenant, wanted, ttl, each_in, not_after=not_after)
    return _take(bundle, tenant, wanted, ttl, until)


@transaction.atomic
def cut(*, bundle: UUID, tenant: UUID, resource: UUID, quantity: int, window: Window) -> list[UUID]:
    """Take a quantity out of service for a window, whatever is booked: what was sold stands, nothing new is granted.

    Returns the bundles that need more than is left at some instant of it. `release` gives it back.
    """
    row = lock_rows([resource])[resource]
    claims = list(Claim.objects.filter(resource=row, state__in=ACTIVE))
    Claim.objects.create(
        resource=row,
        bundle=bundle,
        tenant_id=tenant,
        quantity=quantity,
        period=(window.start, window.end),
        state=ClaimState.CONFIRMED,
    )
    recompute_peaks([resource], over=[resource])
    spans = [Window(claim.period.lower, claim.period.upper) if claim.period else window for claim in claims]
    booked = [(span, claim.quantity) for span, claim in zip(spans, claims, strict=True)]
    over = overfull([*booked, (window, quantity)], limit=row.total, within=window)
    touched = {
        claim.bundle
        for claim, span in zip(claims, spans, strict=True)
        if any(span.overlaps(each) for each in over)
    }
    return sorted(touched)


@transaction.atomic
def confirm(*, bundle: UUID) -> None:
    """Turn the bundle's hold into contracts. Raises HoldGone where any part has expired or was released."""
    discount_hold(tenant=_change_live(bundle, state=ClaimState.CONFIRMED, expires_at=None), lapsed=False)


@transaction.atomic
def extend(*, bundle: UUID, ttl: timedelta, not_after: datetime | None = None) -> datetime:
    """Let a live hold run `ttl` from now, but not beyond `not_after` nor the end of its first window; never less long.

    Returns when it runs out now. Raises HoldGone where it is not live any more.
    """
    windows = Claim.objects.filter(bundle=bundle, period__isnull=False).order_by("period__endswith")
    first_end = windows.values_list("period__endswith", flat=True).first()
    _change_live(bundle, expires_at=Greatest(F("expires_at"), _runs_out(ttl, not_after, first_end)))
    return _deadline_of(bundle)


@transaction.atomic
def take_over(*, bundle: UUID, by: UUID) -> datetime:
    """Let what a bundle holds be held for another one, until the same time. Raises HoldGone where it is not live."""
    _change_live(bundle, bundle=by)
    return _deadline_of(by)


@transaction.atomic
def add(
    *,
    bundle: UUID,
    quantities: Mapping[UUID, int],
    ttl: timedelta,
    windows: Sequence[Window] = (),
    until: datetime | None = None,
    not_after: datetime | None = None,
) -> datetime:
    """Hold more under a live hold, as `hold` does, or nothing more; it stays one hold.

    Returns when all of it runs out now. Raises HoldGone, SoldOut. The claims are locked before the rows.
    """
    tenant = _change_live(bundle)
    wanted = dict(sorted(quantities.items()))
    lock_rows(wanted)
    if windows:
        _book(bundle, tenant, wanted, ttl, dict.fromkeys(wanted, tuple(windows)), not_after=not_after)
    else:
        _take(bundle, tenant, wanted, ttl, until)
    claims = Claim.objects.filter(bundle=bundle)
    runs_out: datetime = claims.aggregate(first=Min("expires_at"))["first"]
    claims.update(expires_at=runs_out)
    return runs_out


@transaction.atomic
def release(*, bundle: UUID, lapsed: bool = True) -> bool:
    """Give back what the bundle holds or has confirmed; False if it has nothing (any more).

    A hold counts among those of its tenant's that lapsed, unless that was not the tenant's doing (not `lapsed`).
    """
    return _end(_claims_of(bundle=bundle), ClaimState.RELEASED, lapsed=lapsed)


@transaction.atomic
def forget(*, bundle: UUID) -> None:
    """Let a bundle hold anew that held before: its claims that are over go, for it has one of each resource and window."""
    Claim.objects.filter(bundle=bundle).exclude(state__in=ACTIVE).delete()


@transaction.atomic
def expire_next() -> bool:
    """Expire the hold that is longest overdue, exactly once; False if none is due.

    A bundle's first claim stands for all of it: everybody locks that one first, so whoever skips it skips
    the bundle, and expiring, confirming and releasing one bundle cannot deadlock.
    """
    found = run(OVERDUE, [])
    if not found:
        return False
    ((bundle, tenant),) = found
    _end(_claims_of(bundle=bundle), ClaimState.EXPIRED)
    publish(HoldExpired(subject=bundle, tenant=tenant), actor=SYSTEM)
    return True


@transaction.atomic
def end_next() -> bool:
    """End the booked window that is over for longest, so that no peak counts it any more; False if none is over."""
    found = run(OVER, [])
    if not found:
        return False
    ((claim, bundle, tenant, resource),) = found
    _end(Claim.objects.filter(id=claim), ClaimState.ENDED)  # which is locked
    publish(WindowEnded(subject=bundle, tenant=tenant, resource=resource), actor=SYSTEM)
    return True


def _take(
    bundle: UUID, tenant: UUID, wanted: dict[UUID, int], ttl: timedelta, until: datetime | None
) -> datetime:
    """Open-ended claims by one statement, which takes where there is enough; elsewhere until then, or raised out of."""
    given: dict[str, Any] = {
        "ids": [new_id() for _ in wanted],
        "resources": list(wanted),
        "quantities": list(wanted.values()),
        "bundle": bundle,
        "tenant": tenant,
        "held": ClaimState.HELD.value,
        "ttl": ttl,
    }
    deadlines: dict[UUID, datetime] = dict(run(TAKE, given))
    lacking = {resource: quantity for resource, quantity in wanted.items() if resource not in deadlines}
    if not lacking:
        return min(deadlines.values())
    if until is None:
        resource, quantity = next(iter(lacking.items()))
        raise SoldOut(resource=resource, wanted=quantity, free=free([resource]).get(resource, 0))
    lock_rows(lacking)
    return _book(bundle, tenant, lacking, ttl, dict.fromkeys(lacking, (Window(now(), until),)))


def _book(
    bundle: UUID,
    tenant: UUID,
    wanted: dict[UUID, int],
    ttl: timedelta,
    windows: Mapping[UUID, tuple[Window, ...]],
    *,
    not_after: datetime | None = None,
) -> datetime:
    """Claims for each window of each resource, on rows that are locked."""
    left: dict[UUID, int] = {}
    for alike in set(windows.values()):
        left |= free_over([each for each in wanted if windows[each] == alike], alike)
    for resource, quantity in wanted.items():
        if left.get(resource, 0) < quantity:
            raise SoldOut(resource=resource, wanted=quantity, free=left.get(resource, 0))
    first_end = min(window.end for each in windows.values() for window in each)
    Claim.objects.bulk_create(
        Claim(
            resource_id=resource,
            bundle=bundle,
            tenant_id=tenant,
            quantity=quantity,
            period=(window.start, window.end),
            state=ClaimState.HELD,
            expires_at=_runs_out(ttl, first_end, not_after),
        )
        for resource, quantity in wanted.items()
        for window in windows[resource]
    )
    recompute_peaks(wanted)
    return _deadline_of(bundle)


def _runs_out(ttl: timedelta, *limits: datetime | None) -> Any:
    """The expression for `ttl` from now, or the first of the limits that comes before."""
    known = [Value(each, DateTimeField()) for each in limits if each is not None]
    return Least(Now() + ttl, *known) if known else Now() + ttl


def _deadline_of(bundle: UUID) -> datetime:
    deadline = Claim.objects.filter(bundle=bundle).values_list("expires_at", flat=True)[0]
    assert deadline is not None  # noqa: S101 - a held claim has a deadline, by constraint
    return deadline


def _change_live(whose: UUID, **changes: Any) -> UUID:
    """Change every claim of a live hold; its tenant. Raises HoldGone where any part of it is not live any more."""
    known = _claims_of(bundle=whose)
    live = Claim.objects.filter(bundle=whose, state=ClaimState.HELD, expires_at__gt=Now())
    if not known or (live.update(**changes) if changes else live.count()) != len(known):
        raise HoldGone
    return known[0].tenant_id


@question
def _claims_of(*, bundle: UUID) -> QuerySet[Claim]:
    """The claims of a bundle, locked in the order of their ids."""
    return Claim.objects.filter(bundle=bundle).order_by("id").select_for_update()


def _end(claims: Iterable[Claim], state: ClaimState, *, lapsed: bool = True) -> bool:
    """End those of the claims that are active: all are of one bundle, and locked. False where none is."""
    ended = [claim for claim in claims if claim.state in ACTIVE]
    if not ended:
        return False
    if ended[0].state == ClaimState.HELD:
        discount_hold(tenant=ended[0].tenant_id, lapsed=lapsed)
    lock_rows([claim.resource_id for claim in ended])
    run(END, [state.value, [claim.id for claim in ended]])
    add_standing({claim.resource_id: -claim.quantity for claim in ended if claim.period is None})
    if booked := {claim.resource_id for claim in ended if claim.period is not None}:
        recompute_peaks(booked)
    return True


def lock_rows(resources: Iterable[UUID]) -> dict[UUID, Capacity]:
    """Lock rows of the ledger in the order of their ids, until the end of the transaction, but for claims that refer to them; by resource."""
    return {row.resource: row for row in _locked_rows(resources=list(resources))}


@question
def _locked_rows(*, resources: Iterable[UUID]) -> QuerySet[Capacity]:
    return (
        Capacity.objects.filter(resource__among=resources).order_by("resource").select_for_update(no_key=True)
    )


def add_standing(changes: Mapping[UUID, int]) -> None:
    """Change what stands on rows that are locked; PostgreSQL refuses more than there is."""
    if changes:
        run(STANDING, [list(changes), list(changes.values())])

"""Holding a bundle: compute and every span together or nothing, behind both gates."""

from collections.abc import Collection
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from django.db import transaction

from aggregation.services.gate import require_sellable
from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.schedules import Schedule
from kernel.domain.windows import Window
from kernel.selectors.capacity import runs_out
from kernel.services import capacity
from kernel.services.outbox import publish
from kernel.services.regrants import book, bound, curtail, give_back
from scheduling import events
from scheduling.errors.selections import HoldNotExtended
from scheduling.selectors.profiles import hold_profile
from scheduling.selectors.selections import BundleFacts
from scheduling.services.gate import require_line
from scheduling.services.maintenance import carry_conflicts
from scheduling.services.schedules import needed_until
from scheduling.services.shortages import naming_parts


@transaction.atomic
def hold_bundle(
    *,
    bundle: UUID,
    facts: BundleFacts,
    tenant: UUID,
    ttl: timedelta,
    actor: Actor,
    schedule: Schedule | None = None,
    line_kept_by: UUID | None = None,
    not_after: datetime | None = None,
) -> datetime:
    """Hold the machines and the demanded bandwidth on every span of both routes, in every window of the schedule.

    Without one it is for as long as there is room: without end, or at least until its term is over (`needed_until`). What a line quote keeps of the line (`line_kept_by`) becomes the bundle's, in these windows, and only the rest is held anew. Returns when
    the hold runs out, of windows `not_after` then. The gates are read again under the ledger's locks. Raises SoldOut, NotSellable,
    LineNotSellable, LineChanged, HoldQuotaReached, HoldsLapse; with a line that is kept HoldGone.
    """
    windows = schedule.windows if schedule else ()
    until = None if schedule else needed_until(facts, now())
    compute, line, hours = _at_the_centre(facts), line_quantities(facts), line_window(facts, schedule)
    if line_kept_by is not None:
        capacity.take_over(bundle=line_kept_by, by=bundle)
        carry_conflicts(bundle=line_kept_by, by=bundle)
        if windows:
            book(bundle=bundle, resources=line, windows=(hours,) if hours else windows, beside=compute)
        with naming_parts(facts):
            deadline = capacity.add(
                bundle=bundle,
                quantities=compute,
                ttl=ttl,
                windows=windows,
                until=until,
                not_after=not_after,
            )
    else:
        with naming_parts(facts):
            deadline = capacity.hold(
                bundle=bundle,
                tenant=tenant,
                quantities=compute | line,
                ttl=ttl,
                windows=windows,
                apart=dict.fromkeys(line, (hours,)) if hours else {},
                until=until,
                not_after=not_after,
                quota=hold_profile().quota,
            )
    require_gates(facts)
    publish(
        events.BundleHeld(
            subject=bundle,
            tenant=tenant,
            offer=facts.offer,
            quantity=facts.quantity,
            bandwidth_mbps=facts.bandwidth_mbps,
        ),
        actor=actor,
    )
    return deadline


@transaction.atomic
def confirm_bundle(*, bundle: UUID, facts: BundleFacts, actor: Actor) -> None:
    """Turn a live hold into a contract. Raises HoldGone, NotSellable, LineNotSellable, LineChanged."""
    capacity.confirm(bundle=bundle)
    require_gates(facts)
    publish(events.BundleConfirmed(subject=bundle, tenant=facts.tenant), actor=actor)


@transaction.atomic
def extend_bundle(
    *,
    bundle: UUID,
    tenant: UUID,
    ttl: timedelta,
    since: datetime,
    actor: Actor,
    pointer: str | None = None,
    not_after: datetime | None = None,
    asked: bool = True,
) -> datetime:
    """Let a live hold run longer, within what the profile allows from `since`, when it began, and `not_after` then. The caller has it locked.

    Raises HoldGone; where it was `asked` for HoldNotExtended, at `pointer`, if it would run no longer than it does: nobody is
    told of that. Else it may run less long, too.
    """
    longest, before = since + hold_profile().longest_total, runs_out(bundle)
    until = capacity.extend(bundle=bundle, ttl=ttl, not_after=min(longest, not_after or longest))
    if not asked and not_after is not None and until > not_after:
        curtail(bundle=bundle, by=(until := not_after))
    if until == before:
        if not asked:
            return until
        raise HoldNotExtended.until(until, at_most=now() + ttl > until, pointer=pointer)
    publish(events.HoldExtended(subject=bundle, tenant=tenant, until=until), actor=actor)
    return until


@transaction.atomic
def release_bundle(*, bundle: UUID, actor: Actor, lapsed: bool = True) -> None:
    """Give everything of the bundle back, as a hold that lapsed or (its tenant did nothing) not; once more changes nothing."""
    if capacity.release(bundle=bundle, lapsed=lapsed):
        publish(events.BundleReleased(subject=bundle, tenant=None), actor=actor)


def line_window(facts: BundleFacts, schedule: Schedule | None) -> Window | None:
    """The hours of one window for which a line that only moves data is needed; None where it is as long as the compute.

    They are the first of the window: the data have to be there before they are computed on.
    """
    hours = Fraction(facts.line_terms["hours"])
    if schedule is None or len(schedule.windows) > 1 or hours >= Fraction(facts.duration_hours):
        return None
    start = schedule.first.start
    return Window(start, start + timedelta(microseconds=int(hours * 3600 * 10**6)))


@transaction.atomic
def bound_bundle(*, bundle: UUID, resources: Collection[UUID], window: Window, actor: Actor) -> datetime:
    """What a contract runs on is kept within the window that its service needs, and bookable after it; until when it is.

    That is the window's end, or earlier where the contract has room for less time only.
    """
    until = bound(bundle=bundle, resources=resources, window=window)
    publish(events.BundleBounded(subject=bundle, tenant=None, until=until), actor=actor)
    return until


@transaction.atomic
def give_back_line(*, bundle: UUID, spans: Collection[UUID], actor: Actor) -> None:
    """The line of a contract cannot be had: its spans are free, and the rest goes on."""
    give_back(bundle=bundle, resources=spans)
    publish(events.BundleBounded(subject=bundle, tenant=None, until=now()), actor=actor)


def line_quantities(facts: BundleFacts) -> dict[UUID, int]:
    """Span of either route → the demanded Mbps: the step is only a price."""
    return dict.fromkeys((*facts.spans, *facts.protection_spans), facts.bandwidth_mbps)


def quantities_of(facts: BundleFacts) -> dict[UUID, int]:
    """Resource → amount: all that is held of a bundle."""
    return _at_the_centre(facts) | line_quantities(facts)


def _at_the_centre(facts: BundleFacts) -> dict[UUID, int]:
    """Resource → amount: machines of the pool, GiB of storage."""
    return {facts.pool: facts.quantity} | ({} if facts.store is None else {facts.store: facts.storage_gib})


def require_gates(facts: BundleFacts) -> None:
    """Raise NotSellable or LineNotSellable where either gate is shut for the bundle now, LineChanged by its line's facts.

    NotCertified and BuyerSuspended where nothing may be sold to who selected it.
    """
    require_sellable([facts.offer])
    require_line(facts)

"""Holds that firms ask for themselves: placed, extended, given back, taken over by an order, or run out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from aggregation.selectors import offers
from aggregation.selectors.offers import OfferLot
from aggregation.services.gate import require_sellable, shut_gates
from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.schedules import Schedule, schedule_of
from kernel.errors import InvalidField, NotFound, Problem, SoldOut
from kernel.ids import new_id
from kernel.questions import insert
from kernel.selectors.capacity import first_end
from kernel.services import capacity
from kernel.services.lots import Lot, hold_each
from kernel.services.outbox import publish, publish_each
from scheduling import events
from scheduling.domain.holds import LIFE, HoldState
from scheduling.errors.selections import HoldMismatch
from scheduling.models import Hold
from scheduling.selectors import selections
from scheduling.selectors.profiles import hold_profile
from scheduling.selectors.selections import BundleFacts
from scheduling.services.gate import require_buyer, require_tariff_listed
from scheduling.services.holds import extend_bundle, hold_bundle, quantities_of, release_bundle
from scheduling.services.line_quotes import has_word
from scheduling.services.maintenance import carry_conflicts
from scheduling.services.prices import require_prices
from scheduling.services.schedules import latest_order, require_bookable, require_rented, schedule_asked
from scheduling.services.shortages import COMPUTE, naming, said_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to hold: a bundle of a selection (compute and line), or so many machines of an offer; for how long, and when."""

    ttl: timedelta
    selection: UUID | None = None
    bundle: int | None = None
    offer: UUID | None = None
    quantity: int | None = None
    schedule: Schedule | None = None


@transaction.atomic(savepoint=False)
def place_hold(*, wish: Wish, actor: Actor) -> Hold:
    """Hold what is wished in every window of its schedule, or nothing.

    Raises NotFound for another's selection, InvalidField, TooSoon, ScheduleUnpriced, SoldOut, NotSellable,
    LineNotSellable, LineChanged, NotCertified, BuyerSuspended, HoldQuotaReached, HoldsLapse, PriceChanged where a price moved since
    the selection (the line's but where its carrier gave a word on it) or the line's tariff is withdrawn.
    """
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    line = None
    if wish.selection is not None and wish.bundle is not None:
        line = selections.bundle(wish.selection, wish.bundle)
        if line.tenant != actor.tenant_id:
            raise NotFound(pointer="/selection")
        wish = replace(wish, schedule=wish.schedule or schedule_asked(line))
    row = Hold(id=new_id(), tenant_id=actor.tenant_id, selection=wish.selection, bundle=wish.bundle)
    row.schedule = wish.schedule.document() if wish.schedule else None
    if line is None:
        _hold_machines(row, wish, actor)
    else:
        _hold_line_too(row, line, wish, actor)
    insert(row)
    return row


@dataclass(frozen=True, slots=True)
class MachineWish:
    """So many machines of an offer, from now on, for so long."""

    offer: UUID
    quantity: int
    ttl: timedelta


@transaction.atomic
def place_holds(*, wishes: Sequence[MachineWish], actor: Actor) -> list[Hold | Problem]:
    """Hold the machines that can be held, each wish by itself; of each its hold or why not, in order.

    As many statements as for one; a problem is that which `place_hold` would raise. What is wrong with the buyer is so of all: it is
    raised (NotCertified, BuyerSuspended).
    """
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    tenant = actor.tenant_id
    known = offers.lots({wish.offer for wish in wishes})
    found: list[Hold | Problem] = []
    lots: list[Lot] = []
    for wish in wishes:
        offer = known.get(wish.offer)
        if wrong := _wrong(wish.quantity, offer):
            found.append(wrong)
            continue
        assert offer is not None  # noqa: S101 - else it is wrong
        row = Hold(id=new_id(), tenant_id=tenant, offer=offer.id, quantity=wish.quantity)
        row.compute_provider = offer.provider
        lots.append(Lot(row.id, offer.pool, wish.quantity, wish.ttl))
        found.append(row)
    rows = {each.id: each for each in found if isinstance(each, Hold)}

    def shut() -> dict[UUID, Problem]:
        require_buyer(tenant)
        closed = shut_gates({row.offer for row in rows.values()})
        return {row.id: closed[row.offer] for row in rows.values() if row.offer in closed}

    ends = hold_each(lots=lots, tenant=tenant, quota=hold_profile().quota, shut=shut)
    refused = {
        lot.bundle: said_of(end, COMPUTE) if isinstance(end, SoldOut) else end
        for lot, end in zip(lots, ends, strict=True)
        if isinstance(end, Problem)
    }
    for lot, end in zip(lots, ends, strict=True):
        if not isinstance(end, Problem):
            rows[lot.bundle].expires_at = end
    held = [row for id_, row in rows.items() if id_ not in refused]
    Hold.objects.bulk_create(held)
    publish_each([_held_event(row) for row in held], actor=actor)
    return [refused.get(each.id, each) if isinstance(each, Hold) else each for each in found]


@transaction.atomic
def extend_hold(*, hold: Hold, ttl: timedelta, actor: Actor) -> Hold:
    """Let a hold run `ttl` from now, within the longest that one may live in all, and while it can be ordered in time.

    Raises StateConflict, HoldNotExtended.
    """
    row = _locked(hold.id)
    _after("extend", row)
    row.expires_at = extend_bundle(
        bundle=row.id,
        tenant=row.tenant_id,
        ttl=ttl,
        since=row.created_at,
        actor=actor,
        pointer="/minutes",
        not_after=_latest(row),
    )
    row.advance("expires_at")
    return row


@transaction.atomic
def release_hold(*, hold: Hold, actor: Actor) -> Hold:
    """Give a hold back before it runs out. Raises StateConflict where it is over."""
    row = _locked(hold.id)
    row.state = _after("release", row)
    row.advance("state")
    release_bundle(bundle=row.id, actor=actor)
    return row


@transaction.atomic
def take_over_hold(
    *, hold: UUID, order: UUID, facts: BundleFacts, schedule: Schedule | None, actor: Actor
) -> None:
    """Let an order's bundle go on with what a hold of the same tenant kept.

    Raises NotFound, StateConflict, HoldMismatch where it is of something else.
    """
    row = _kept(Hold.objects.select_for_update().filter(id=hold).first(), facts, schedule, actor)
    row.state, row.order = _after("order", row), order
    row.advance("state", "order")
    capacity.take_over(bundle=row.id, by=order)
    carry_conflicts(bundle=row.id, by=order)
    publish(events.HoldTakenOver(subject=row.id, tenant=row.tenant_id, order=order), actor=actor)


def require_kept(*, hold: UUID, facts: BundleFacts, schedule: Schedule | None, actor: Actor) -> None:
    """Raise where an order of the bundle in these windows could not take the hold over now, what `take_over_hold` raises."""
    _after("order", _kept(Hold.objects.filter(id=hold).first(), facts, schedule, actor))


@transaction.atomic
def expire_hold(*, hold: UUID) -> None:
    """The ledger let it go. One that ended before, or is not a hold of a firm's own, is left as it is."""
    row = Hold.objects.select_for_update().filter(id=hold, state=HoldState.HELD).first()
    if row is not None:
        row.state = LIFE.after("expire", row.state).value
        row.advance("state")


def _kept(row: Hold | None, facts: BundleFacts, schedule: Schedule | None, actor: Actor) -> Hold:
    """The hold, where it is the actor's and keeps what the bundle needs in these windows, whatever it was priced at.

    It may be of another selection. What is kept no longer than its own days and term need serves no line that comes later.
    Raises NotFound, HoldMismatch.
    """
    if row is None or row.tenant_id != actor.tenant_id:
        raise NotFound(pointer="/hold")
    when = schedule.document() if schedule else None
    if row.selection is None or row.bundle is None or row.schedule != when:
        raise HoldMismatch(pointer="/hold", hold=row.id)
    held = selections.bundle(row.selection, row.bundle)
    same = _what(held) == _what(facts) and quantities_of(held) == quantities_of(facts)
    if not same or (schedule is None and _days(held) < _days(facts) and first_end(row.id) is not None):
        raise HoldMismatch(pointer="/hold", hold=row.id)
    return row


def _what(facts: BundleFacts) -> tuple[object, ...]:
    """What is held beside quantities: of which offer and line, and for how many hours each."""
    return facts.offer, facts.a, facts.protection_a, facts.duration_hours, facts.line_terms["hours"]


def _days(facts: BundleFacts) -> int:
    """Days until the line may be in use."""
    return int(facts.line_terms["lead_days"] + facts.line_terms["end_days"])


def _hold_machines(row: Hold, wish: Wish, actor: Actor) -> None:
    """Hold so many machines of an offer, without a line."""
    assert wish.offer is not None and wish.quantity is not None  # noqa: S101, PT018 - the body has one or the other
    offer = offers.lots([wish.offer]).get(wish.offer)
    if wrong := _wrong(wish.quantity, offer):
        raise wrong
    assert offer is not None  # noqa: S101 - else it is wrong
    if wish.schedule:
        require_bookable(wish.schedule, offer, None)
    row.compute_provider, row.offer, row.quantity = offer.provider, offer.id, wish.quantity
    with naming(COMPUTE):
        row.expires_at = capacity.hold(
            bundle=row.id,
            tenant=row.tenant_id,
            quantities={offer.pool: wish.quantity},
            ttl=wish.ttl,
            windows=wish.schedule.windows if wish.schedule else (),
            quota=hold_profile().quota,
        )
    require_buyer(row.tenant_id)
    require_sellable([offer.id])
    publish(_held_event(row), actor=actor)


def _wrong(quantity: int, offer: OfferLot | None) -> InvalidField | None:
    """What is wrong with so many machines of an offer."""
    if offer is None:
        return InvalidField(
            pointer="/offer",
            reason_zh="没有该产品；请从目录重新获取。",
            reason_en="There is no such offer: take it from the catalogue.",
        )
    if quantity > offer.available:
        return InvalidField(
            pointer="/quantity",
            reason_zh=f"该产品一次至多 {offer.available} 台。",
            reason_en=f"The offer sells at most {offer.available} machines at a time.",
        )
    return None


def _held_event(row: Hold) -> events.BundleHeld:
    return events.BundleHeld(
        subject=row.id, tenant=row.tenant_id, offer=row.offer, quantity=row.quantity, bandwidth_mbps=0
    )


def _hold_line_too(row: Hold, line: BundleFacts, wish: Wish, actor: Actor) -> None:
    """Hold the bundle of a selection: machines, and the bandwidth on every span of both routes."""
    latest = None
    if wish.schedule:
        lot = offers.lots([line.offer])[line.offer]
        require_bookable(wish.schedule, lot, line)
        latest = latest_order(wish.schedule, line.line_terms, lot)
    row.compute_provider, row.line_provider = line.provider, line.line_provider
    row.offer, row.quantity, row.bandwidth_mbps = line.offer, line.quantity, line.bandwidth_mbps
    row.expires_at = hold_bundle(
        bundle=row.id,
        facts=line,
        tenant=row.tenant_id,
        ttl=wish.ttl,
        schedule=wish.schedule,
        not_after=latest,
        actor=actor,
    )
    assert wish.selection is not None and wish.bundle is not None  # noqa: S101, PT018 - the line is of them
    if worded := has_word(wish.selection, wish.bundle):
        require_tariff_listed(line)
    offer = offers.facts([line.offer])[line.offer]
    require_rented(line, offer.min_hours)
    require_prices(line, offer, line=not worded)


def _latest(row: Hold) -> datetime | None:
    """The last instant at which what a hold keeps is ordered in time; None without a line or without windows."""
    if row.selection is None or row.bundle is None or row.schedule is None:
        return None
    line = selections.bundle(row.selection, row.bundle)
    return latest_order(schedule_of(row.schedule), line.line_terms, offers.lots([line.offer])[line.offer])


def _after(act: str, row: Hold) -> str:
    """The state that an act leads to; of a hold that ran out none, whether or not the ledger has let it go already. Raises StateConflict."""
    over = row.state == HoldState.HELD and row.expires_at <= now()
    return LIFE.after(act, HoldState.EXPIRED if over else row.state).value


def _locked(hold: UUID) -> Hold:
    return Hold.objects.select_for_update().get(id=hold)

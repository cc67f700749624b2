"""Setting machines of a pool aside for a reseller: proposed, taken to sell, given back (docs/scarcity.md)."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from aggregation.domain.allotments import LIFE, TO_ACCEPT, AllotmentState
from aggregation.domain.pools import UNIT
from aggregation.errors import AllotmentRefused, KeyTaken
from aggregation.events import AllotmentMoved, AllotmentProposed, PoolRegistered
from aggregation.models import Allotment, Pool
from aggregation.selectors.gate import RESELLER
from aggregation.selectors.pools import free_keys, spec_of
from kernel.actor import SYSTEM, Actor
from kernel.clock import now, shanghai_date
from kernel.domain.windows import Window
from kernel.errors import Forbidden, InvalidField, SoldOut
from kernel.ids import new_id
from kernel.services import capacity
from kernel.services.outbox import publish
from kernel.services.parts import open_part, shrink_part
from participants.selectors.organisations import require_certified
from participants.selectors.sellers import sellers


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """So many machines of a pool of the caller's, for a reseller, from `start` (None: now) to `end` (None: until further notice)."""

    pool: str
    reseller: UUID
    quantity: int
    start: datetime | None
    end: datetime | None


@transaction.atomic
def propose_allotment(*, wish: Wish, actor: Actor) -> Allotment:
    """Set machines aside and offer them to a reseller, who has some days to take them; nobody else gets them meanwhile.

    Raises NotCertified; InvalidField for a pool that is not the caller's own, a party that may not resell, a window that is
    over or begins without an end, and for more than is free, with the most that could be set aside.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    pool = Pool.objects.filter(tenant_id=actor.tenant_id, key=wish.pool, part_of=None).first()
    if pool is None:
        raise InvalidField(
            pointer="/pool",
            reason_zh=f"本主体没有自有资源池 {wish.pool}；只有自己登记的资源池可以分配。",
            reason_en=f"You have no pool {wish.pool} of your own; only a pool that you registered can be allotted.",
        )
    instant = now()
    window = _window(wish, instant)
    if wish.reseller == actor.tenant_id or not _may_resell(wish.reseller, instant):
        raise InvalidField(
            pointer="/reseller",
            reason_zh="须为另一家已认证且持有有效转售调度资质的转售商；请核对其编号，或待其取得资质。",
            reason_en="It must be another organisation, a certified reseller with a valid qualification; check its id, or "
            "wait until it is qualified.",
        )
    row = Allotment(
        id=new_id(),
        tenant_id=actor.tenant_id,
        reseller=wish.reseller,
        pool=pool,
        quantity=wish.quantity,
        start=window.start if window else None,
        end=window.end if window else None,
    )
    try:
        row.accept_until = capacity.hold(
            bundle=row.id,
            tenant=row.tenant_id,
            quantities={pool.id: wish.quantity},
            ttl=TO_ACCEPT,
            windows=(window,) if window else (),
        )
    except SoldOut as short:
        most = max(0, short.free)
        raise InvalidField(
            pointer="/quantity",
            reason_zh=f"该资源池此时至多可分配 {most} 台；请减少数量、改期或先收回其他配额。",
            reason_en=f"At most {most} machines of the pool can be allotted then; ask for fewer or another time, or take back "
            "another allotment first.",
        ) from short
    row.save(force_insert=True)
    publish(
        AllotmentProposed(
            subject=row.id,
            tenant=row.tenant_id,
            parties=row.concerned(),
            pool=pool.id,
            quantity=row.quantity,
            accept_until=row.accept_until,
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def accept_allotment(*, allotment: Allotment, key: str, actor: Actor) -> Allotment:
    """Take what was set aside: it is a pool of the caller's own under this key, from which it sells at its own prices.

    Raises Forbidden for anybody but the reseller, StateConflict, HoldGone where it was kept no longer, AllotmentRefused for
    a reseller without its qualification and for a pool that has less than was promised, KeyTaken.
    """
    row = _locked(allotment, "accept", actor, by_reseller=True)
    if not _may_resell(row.reseller, now()):
        raise AllotmentRefused(
            reason_zh="贵方须已认证并持有有效的转售调度资质；请先取得或恢复资质。",
            reason_en="You must be certified and hold a valid qualification for resale; obtain or restore it first.",
        )
    whole = row.pool
    part = Pool(
        tenant_id=row.reseller,
        centre_id=whole.centre_id,
        part_of=whole,
        key=key,
        kind=whole.kind,
        machines=row.quantity,
        marking=whole.marking,
        **asdict(spec_of(whole)),
    )
    if not free_keys(Pool, [key]):
        raise KeyTaken(pointer="/pool", key=key)
    try:
        with transaction.atomic():
            part.save(force_insert=True)
    except IntegrityError as error:
        raise KeyTaken(pointer="/pool", key=key) from error
    try:
        open_part(bundle=row.id, part=part.id, tenant=row.reseller, unit=UNIT, actor=actor)
    except SoldOut as short:
        raise AllotmentRefused(
            reason_zh="该资源池现有数量少于已承诺数量（维护或减少）；请待提供商处理后再接受。",
            reason_en="The pool has less than was promised (maintenance, or a cut); accept once its provider has settled that.",
        ) from short
    row.part = part
    publish(
        PoolRegistered(
            subject=part.id, tenant=part.tenant_id, key=key, centre=part.centre_id, machines=part.machines
        ),
        actor=actor,
    )
    return _moved(row, "accept", actor, "part")


@transaction.atomic
def decline_allotment(*, allotment: Allotment, reason: str, actor: Actor) -> Allotment:
    """Leave what was proposed. Raises Forbidden for anybody but the reseller, StateConflict where it is over."""
    row = _locked(allotment, "decline", actor, by_reseller=True)
    row.answer = reason
    return _given_back(row, "decline", actor, "answer")


@transaction.atomic
def withdraw_allotment(*, allotment: Allotment, actor: Actor) -> Allotment:
    """Take a proposal back. Raises StateConflict once it was answered."""
    return _given_back(_locked(allotment, "withdraw", actor), "withdraw", actor)


@transaction.atomic
def take_back(*, allotment: Allotment, quantity: int, actor: Actor) -> Allotment:
    """Take so many machines back at once that the reseller has not sold; what it sold stays, and so does the rest.

    Raises StateConflict, InvalidField for more than is unsold, with the most that can be taken.
    """
    row = _locked(allotment, "take_back", actor)
    left = _shrink(row, row.quantity - quantity, actor)
    if left > row.quantity - quantity:
        most = row.quantity - left
        raise InvalidField(
            pointer="/quantity",
            reason_zh=f"未售出的只有 {most} 台，至多收回 {most} 台；已售部分须待其到期，可先终止该配额。",
            reason_en=f"Only {most} are unsold, so at most {most} can be taken back; what is sold stays until it ends: end the "
            "allotment, and it returns by itself.",
        )
    row.quantity = left
    return _moved(row, "take_back" if left else "close", actor)


@transaction.atomic
def end_allotment(*, allotment: Allotment, actor: Actor) -> Allotment:
    """Sell nothing more of it: what is unsold returns at once, and what was sold as it ends. For either party.

    Raises StateConflict.
    """
    row = _locked(allotment, "end", actor)
    row.quantity = _shrink(row, 0, actor)
    return _moved(row, "end" if row.quantity else "close", actor)


@transaction.atomic
def return_next(*, after: UUID | None) -> UUID | None:
    """Give back what has ended since of the next allotment that is ending, in the order of ids; its id, None after the last."""
    rows = Allotment.objects.filter(state=AllotmentState.ENDING).order_by("id")
    row = (rows.filter(id__gt=after) if after else rows).select_for_update(skip_locked=True).first()
    if row is None:
        return None
    if (left := _shrink(row, 0, SYSTEM)) < row.quantity:
        row.quantity = left
        if left:
            row.advance("quantity")
        else:
            _moved(row, "close", SYSTEM)
    return row.id


@transaction.atomic
def lapse_allotment(*, allotment: UUID) -> None:
    """The ledger let a proposal go, which nobody took. One that was answered, or is no allotment, is left as it is."""
    row = Allotment.objects.select_for_update().filter(id=allotment, state=AllotmentState.PROPOSED).first()
    if row is not None:
        row.quantity = 0
        _moved(row, "lapse", SYSTEM)


@transaction.atomic
def close_allotment(*, allotment: UUID, pool: UUID) -> None:
    """The window of an allotment is over on the pool. Other windows of other bundles are left as they are."""
    standing = (AllotmentState.ACTIVE, AllotmentState.ENDING)
    row = Allotment.objects.select_for_update().filter(id=allotment, pool=pool, state__in=standing).first()
    if row is not None:
        row.quantity = 0
        _moved(row, "close", SYSTEM)


def _window(wish: Wish, instant: datetime) -> Window | None:
    """When the machines are wanted; None until further notice."""
    if wish.end is None:
        if wish.start is None:
            return None
        raise InvalidField(
            pointer="/end",
            reason_zh="给出 start 时须同时给出 end；长期分配请两者都不填。",
            reason_en="With start comes end; leave both out for an allotment until further notice.",
        )
    start = wish.start or instant
    if wish.end <= max(start, instant):
        raise InvalidField(
            pointer="/end",
            reason_zh="结束时间须晚于开始时间和现在。",
            reason_en="It must lie after the start, and after now.",
        )
    return Window(start, wish.end)


def _may_resell(party: UUID, instant: datetime) -> bool:
    seller = sellers([party], today=shanghai_date(instant)).get(party)
    return seller is not None and seller.kind == RESELLER and seller.certified and seller.qualified


def _locked(allotment: Allotment, act: str, actor: Actor, *, by_reseller: bool = False) -> Allotment:
    """The locked row, if the caller may do this to it."""
    row = (
        Allotment.objects.select_for_update(of=("self",)).select_related("pool", "part").get(id=allotment.id)
    )
    if by_reseller and actor.tenant_id != row.reseller:
        raise Forbidden(operation=f"aggregation.{act}_allotment")
    LIFE.after(act, row.state)
    return row


def _shrink(row: Allotment, least: int, actor: Actor) -> int:
    """Give the pool back what is unsold, down to `least`; what is left."""
    assert row.part_id is not None  # noqa: S101 - by constraint, once it was accepted
    left = shrink_part(
        bundle=row.id, part=row.part_id, resource=row.pool_id, least=max(0, least), actor=actor
    )
    Pool.objects.filter(id=row.part_id).update(machines=left)
    return left


def _given_back(row: Allotment, act: str, actor: Actor, *fields: str) -> Allotment:
    capacity.release(bundle=row.id)
    row.quantity = 0
    return _moved(row, act, actor, *fields)


def _moved(row: Allotment, act: str, actor: Actor, *fields: str) -> Allotment:
    """Keep where the act leads, and tell both parties."""
    row.state = LIFE.after(act, row.state).value
    if row.state in LIFE.terminal:
        row.ended_at = now()
    row.advance("state", "quantity", "ended_at", *fields)
    publish(
        AllotmentMoved(
            subject=row.id,
            tenant=row.tenant_id,
            parties=row.concerned(),
            pool=row.pool_id,
            quantity=row.quantity,
            state=row.state,
        ),
        actor=actor,
    )
    return row

"""Changing the line of a running order: asked for by its user, offered by its carrier, agreed, and switched."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.errors import InvalidField, NotFound
from kernel.money import to_fen
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.line_changes import LIFE, OFFER_STANDS, OPEN, LineChangeKind, LineChangeState
from marketplace.domain.orders import OrderState
from marketplace.errors import ChangeOfferOver, LineNotChangeable, TooEarly, UnknownReference
from marketplace.models import LineChange, Order
from marketplace.selectors.orders import (
    latest_end,
    line_by_hour,
    line_kept,
    line_terms,
    moving_until,
    schedule_of_order,
    served_until,
)
from marketplace.selectors.served import line_served
from marketplace.selectors.stops import excused_windows
from scheduling.selectors import selections
from scheduling.selectors.selections import Begins, BundleFacts
from scheduling.services import line_switches

CARRIER_LOST = "线路商未能保留变更后的专线 / the line's carrier could not keep the changed line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Another rate, or the bundle of a selection from another A end, with its rate."""

    bandwidth_mbps: int | None = None
    selection: UUID | None = None
    bundle: int | None = None


@transaction.atomic
def ask_change(*, order: UUID, wanted: Wanted, actor: Actor) -> LineChange:
    """Ask the line provider of a running order of the caller's for another line.

    Raises UnknownReference, NotFound for another's selection, LineNotChangeable with the reason.
    """
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    row = Order.objects.select_for_update().filter(id=order, tenant_id=actor.tenant_id).first()
    if row is None:
        raise UnknownReference(pointer="/order", noun_zh="订单", noun_en="order", id=order)
    lapse_changes(Q(order=row))
    _require_changeable(row)
    kept = line_kept(row)
    change = LineChange(order=row, tenant_id=row.tenant_id, line_provider=row.line_provider)
    if wanted.selection is not None and wanted.bundle is not None:
        facts = selections.bundle(wanted.selection, wanted.bundle)
        if facts.tenant != row.tenant_id:
            raise NotFound(pointer="/selection")
        _require_same(row, facts)
        change.kind, change.selection, change.bundle = LineChangeKind.MOVE, wanted.selection, wanted.bundle
        change.bandwidth_mbps = facts.bandwidth_mbps
        change.spans = [str(each) for each in dict.fromkeys((*facts.spans, *facts.protection_spans))]
    else:
        assert wanted.bandwidth_mbps is not None  # noqa: S101 - the body has one or the other
        if wanted.bandwidth_mbps == kept.bandwidth_mbps:
            raise _unchangeable("/bandwidth_mbps", "速率与现在相同", "it has this rate already")
        change.kind, change.bandwidth_mbps = LineChangeKind.RATE, wanted.bandwidth_mbps
        change.spans = [str(each) for each in kept.spans]
    change.save(force_insert=True)
    publish(_moved(change), actor=actor)
    return change


@transaction.atomic
def offer_change(
    *, change: LineChange, one_off_cny: Decimal, monthly_cny: Decimal, notice_days: int, actor: Actor
) -> LineChange:
    """The line provider's price for the whole line, and after how many days it can be switched; what it needs more is held.

    A carrier that was asked for the line by its own interface is asked for this one. Raises StateConflict, SoldOut where a
    span has not as much free, LineNotSellable, HoldQuotaReached, HoldsLapse, CarrierNotReady where it has not confirmed yet,
    InvalidField for a notice that is over only when the order is.
    """
    row = _locked(change.id)
    LIFE.after("offer", row.state)
    _require_notice(row, notice_days)
    row.one_off_fen, row.monthly_fen = to_fen(one_off_cny), to_fen(monthly_cny)
    row.notice_days, row.offer_ends = notice_days, now() + OFFER_STANDS
    if more := _more(row):
        row.offer_ends = line_switches.hold_more(
            change=row.id,
            tenant=row.tenant_id,
            quantities=more,
            ttl=OFFER_STANDS,
            needed_until=latest_end(row.order),
        )
    _require_gate(row)
    line_switches.ask_change(
        order=row.order_id,
        change=row.id,
        begins=_begins(row),
        bandwidth_mbps=row.bandwidth_mbps,
        until=row.offer_ends,
        actor=actor,
    )
    return _step(row, "offer", actor, "one_off_fen", "monthly_fen", "notice_days", "offer_ends")


@transaction.atomic
def refuse_change(*, change: LineChange, reason: str, actor: Actor) -> LineChange:
    """The line provider cannot, or will not."""
    row = _locked(change.id)
    row.reason = reason
    return _step(row, "refuse", actor, "reason")


@transaction.atomic
def withdraw_change(*, change: LineChange, actor: Actor) -> LineChange:
    """The user asks no more: what the offer held is free again. Raises ChangeOfferOver, StateConflict."""
    row = _locked(change.id)
    _require_standing(row)
    LIFE.after("withdraw", row.state)
    line_switches.let_go(change=row.id, actor=actor)
    return _step(row, "withdraw", actor)


@transaction.atomic
def agree_change(*, change: LineChange, actor: Actor) -> LineChange:
    """The user agrees to the offer: it is an amendment of the contract, and the notice runs from now.

    Raises ChangeOfferOver, StateConflict, HoldGone, LineNotSellable, CarrierNotReady until the carrier has pre-occupied it,
    LineNotChangeable where the notice would be over only when the order is.
    """
    row = _locked(change.id)
    _require_standing(row)
    LIFE.after("agree", row.state)
    assert row.notice_days is not None  # noqa: S101 - it was offered
    row.agreed_at = now()
    row.due_at = row.agreed_at + _notice(row.notice_days)
    if row.due_at >= (ends := latest_end(row.order)):
        raise LineNotChangeable(
            reason_zh=f"割接最早于 {row.due_at.isoformat()}，而订单于 {ends.isoformat()} 结束",
            reason_en=f"it could be switched from {row.due_at.isoformat()} on, and the order is over at {ends.isoformat()}",
        )
    if _more(row):
        line_switches.confirm_more(change=row.id)
    line_switches.ask_confirmation(order=row.order_id, change=row.id, actor=actor)
    _require_gate(row)
    return _step(row, "agree", actor, "agreed_at", "due_at")


@transaction.atomic
def switch_line(*, change: LineChange, actor: Actor) -> LineChange:
    """The line provider has switched the line: the ledger keeps the new one and frees the rest, in one step.

    Its one-off is due now, its price from the next month of the service on. Raises StateConflict, TooEarly before the notice is over,
    CarrierNotReady until the carrier has confirmed it.
    """
    row = _locked(change.id)
    LIFE.after("switch", row.state)
    row.switched_at = now()
    assert row.due_at is not None  # noqa: S101 - it was agreed
    if row.switched_at < row.due_at:
        raise TooEarly(earliest=row.due_at.isoformat())
    order, kept = row.order, line_kept(row.order)
    stops = excused_windows([order], row.switched_at)[order.id]
    served = line_served(order, served_until(order, row.switched_at), row.switched_at, stops)
    row.from_month = line_terms(order).begun(served)
    line_switches.switch(
        order=order.id,
        change=row.id,
        quantities=dict.fromkeys(_spans(row), row.bandwidth_mbps),
        instead_of=kept.spans,
        bandwidth_mbps=row.bandwidth_mbps,
        moved=_facts(row),
        actor=actor,
    )
    return _step(row, "switch", actor, "switched_at", "from_month")


def lapse_changes(*which: Q) -> None:
    """Let each of these changes lapse whose offer ran out, be anything held for it or not."""
    over = LineChange.objects.filter(*which, state=LineChangeState.OFFERED, offer_ends__lte=now())
    for change in over.order_by("id").values_list("id", flat=True):
        lapse_change(change=change)


@transaction.atomic
def lapse_change(*, change: UUID) -> None:
    """Nobody agreed while the offer stood, so what it held is free; a change that went on is left as it is."""
    row = _locked(change)
    if row.state in LIFE.acts["lapse"][0] and _offer_over(row):
        line_switches.let_go(change=row.id, actor=SYSTEM)
        _step(row, "lapse", SYSTEM)


@transaction.atomic
def lose_change(*, change: UUID) -> None:
    """The carrier keeps nothing for the change: it comes to nothing, and the line goes on as it is."""
    row = _locked(change)
    if row.state in LIFE.acts["lose"][0]:
        over = _offer_over(row)
        line_switches.let_go(change=row.id, actor=SYSTEM, lapsed=over)
        row.reason = "" if over else CARRIER_LOST
        _step(row, "lapse" if over else "lose", SYSTEM, "reason")


@transaction.atomic
def end_changes(*, order: UUID, actor: Actor) -> None:
    """The order ended: a change that is under way ends with it, and what it held is free."""
    for row in LineChange.objects.select_for_update(of=("self",)).filter(order=order, state__in=OPEN):
        line_switches.let_go(change=row.id, actor=actor)
        _step(row, "end", actor)


def _require_changeable(order: Order) -> None:
    if order.state != OrderState.RUNNING or order.line_accepted_at is None:
        raise _unchangeable("/order", "订单的专线尚未使用或已结束", "its line is not in service")
    if schedule_of_order(order) is not None:
        raise _unchangeable(
            "/order", "按时段预约的专线不变更，请另行预约", "it is booked for windows: book anew"
        )
    if moving_until(order, now()) is not None:
        raise _unchangeable(
            "/order",
            "该专线只为传送数据预留若干小时，不变更，请另行下单",
            "it is kept for the hours of a transfer: order another one",
        )
    if line_by_hour(order):
        raise _unchangeable(
            "/order", "按小时计费的专线不变更，请另行下单", "it is rented by the hour: order another one"
        )
    if LineChange.objects.filter(order=order, state__in=OPEN).exists():
        raise _unchangeable("/order", "该专线已有一项变更在办", "another change of it is under way")


def _require_notice(row: LineChange, days: int) -> None:
    """A line that could be switched only when its order is over is never switched."""
    ends, at = latest_end(row.order), now()
    if at + _notice(days) >= ends:
        most = max(0, -((at - ends) // _notice(1)) - 1)
        raise InvalidField(
            pointer="/notice_days",
            reason_zh=f"订单于 {ends.isoformat()} 结束，届时才能割接的变更无从生效；至多 {most} 天。",
            reason_en=f"The order is over at {ends.isoformat()}, before the line could be switched: at most {most} days.",
        )


def _notice(days: int) -> timedelta:
    return timedelta(seconds=days * settings.DAY_SECONDS)


def _require_same(order: Order, facts: BundleFacts) -> None:
    """A move keeps the line provider, the technology, the centre and the protection; only where it begins and its routes are others."""
    bundle = order.facts["bundle"]
    for name, zh, en in (
        ("line_provider", "线路商", "line provider"),
        ("technology", "技术", "technology"),
        ("z", "算力中心一端", "end at the centre"),
    ):
        if str(getattr(facts, name)) != bundle[name]:
            raise _unchangeable("/selection", f"所选组合的{zh}与订单不同", f"the bundle has another {en}")
    if facts.line_terms["circuits"] != bundle["line_terms"]["circuits"]:
        raise _unchangeable(
            "/selection",
            f"所选组合的保护方式为 {facts.protection}，与订单不同，请按订单的保护方式重新选择",
            f"the protection of the bundle is {facts.protection}, not the order's: select with the order's",
        )


def _unchangeable(pointer: str, zh: str, en: str) -> LineNotChangeable:
    return LineNotChangeable(pointer=pointer, reason_zh=zh, reason_en=en)


def _spans(row: LineChange) -> list[UUID]:
    return [UUID(each) for each in row.spans]


def _more(row: LineChange) -> dict[UUID, int]:
    """Span → the Mbps that the new line needs beside what the order keeps."""
    kept = line_kept(row.order)
    had = dict.fromkeys(kept.spans, kept.bandwidth_mbps)
    more = {span: row.bandwidth_mbps - had.get(span, 0) for span in _spans(row)}
    return {span: mbps for span, mbps in more.items() if mbps > 0}


def _facts(row: LineChange) -> BundleFacts | None:
    """Of a move the bundle that it goes to."""
    if row.selection is None or row.bundle is None:
        return None
    return selections.bundle(row.selection, row.bundle)


def _require_gate(row: LineChange) -> None:
    if moved := _facts(row):
        line_switches.require_line(moved)
        return
    line_switches.require_buyer(row.tenant_id)
    line_switches.require_spans_listed(_more(row))
    bundle: dict[str, Any] = row.order.facts["bundle"]
    line_switches.require_line_sellable(
        provider=row.line_provider,
        technology=bundle["technology"],
        ends=selections.ends_of(line_switches.begins_of(row.order_id), UUID(bundle["z"])),
    )


def _begins(row: LineChange) -> Begins:
    """Where the line begins then."""
    facts = _facts(row)
    return facts.begins if facts else line_switches.begins_of(row.order_id)


def _locked(change: UUID) -> LineChange:
    """The change and its order, locked in the order of whoever ends an order: the order first."""
    order = LineChange.objects.values_list("order", flat=True).get(id=change)
    Order.objects.select_for_update().get(id=order)
    return LineChange.objects.select_for_update(of=("self",)).select_related("order").get(id=change)


def _offer_over(row: LineChange) -> bool:
    """Whether its offer ran out, be it seen to already or not."""
    over = row.state == LineChangeState.OFFERED and row.offer_ends is not None and row.offer_ends <= now()
    return over or row.state == LineChangeState.LAPSED


def _require_standing(row: LineChange) -> None:
    if _offer_over(row):
        assert row.offer_ends is not None  # noqa: S101 - it was offered
        raise ChangeOfferOver(offer_ends=row.offer_ends.isoformat())


def _step(row: LineChange, act: str, actor: Actor, *fields: str) -> LineChange:
    row.state = LIFE.after(act, row.state)
    row.advance("state", *fields)
    publish(_moved(row), actor=actor)
    return row


def _moved(row: LineChange) -> events.LineChangeMoved:
    return events.LineChangeMoved(
        subject=row.id, tenant=row.tenant_id, parties=row.concerned(), order=row.order_id, state=row.state
    )

"""Settling a period: one statement an order, one balanced entry a statement, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from kernel.actor import SYSTEM, Actor
from kernel.clock import now, shanghai_year
from kernel.domain.windows import Window
from kernel.errors import InvalidField
from kernel.locks import Lock, take_lock
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.evidence import LINE_RULES, Counted, EvidenceInputs, Reading, evidence
from marketplace.domain.ledger import EntryKind, statement_amounts
from marketplace.domain.orders import Part
from marketplace.domain.settlements import (
    LIFE,
    Division,
    Ending,
    Instalments,
    SettlementProfile,
    compute_due,
    divide,
)
from marketplace.domain.vouchers import VoucherPolicy
from marketplace.errors import PeriodOverlaps
from marketplace.models import BilledUsage, Order, Settlement, Statement, StatementLine
from marketplace.selectors.orders import clock_rate, line_terms, price_cny_hour, served_until, storage_terms
from marketplace.selectors.profiles import settlement_profile
from marketplace.selectors.served import line_ending, line_served, order_ending, storage_served
from marketplace.selectors.settlements import Dues, billable_orders, dues_of
from marketplace.selectors.stops import excused_windows
from marketplace.services.ledger import book_entry
from marketplace.services.vouchers import redeem, redemption_year

REPORT_EVERY = 100  # orders


@dataclass(frozen=True, slots=True)
class Owed:
    """What one order owes for the period, part by part."""

    compute_fen: int
    machine_seconds: int
    storage: Counted | None
    line: Counted

    @property
    def storage_fen(self) -> int:
        """Fen for the storage; none without storage."""
        return self.storage.fen if self.storage else 0


@transaction.atomic
def run_settlement(
    *, window: Window, actor: Actor, report: Callable[[int, int], None] = lambda _done, _total: None
) -> tuple[Settlement, bool]:
    """Settle a period for every order; returns the settlement and whether it is new.

    The same period again changes nothing. `report(done, total)` hears how many orders are settled. Usage that is disputed, or that comes later, waits for a later period.
    Raises PeriodOverlaps, InvalidField for a period that is not over.
    """
    take_lock(Lock.LEDGER, "settlement")
    period = DateTimeTZRange(window.start, window.end)
    if known := Settlement.objects.filter(period=period).first():
        return known, False
    if Settlement.objects.filter(period__overlap=period).exists():
        raise PeriodOverlaps(pointer="/start")
    instant = now()
    if window.end > instant and clock_rate() == 1:
        raise InvalidField(
            pointer="/end",
            reason_zh=f"周期尚未结束；当前时刻为 {instant.isoformat()}。",
            reason_en=f"The period is not over; it is {instant.isoformat()}.",
        )
    profile = settlement_profile()
    settlement = Settlement.objects.create(period=period, profile=profile.version)
    orders = list(billable_orders(window.end).select_for_update())
    dues = dues_of([order.id for order in orders], window.end)
    for stopped, stops in excused_windows(orders, instant).items():
        dues[stopped].stops = stops
    statements = 0
    for place, order in enumerate(orders):
        if place % REPORT_EVERY == 0:
            report(place, len(orders))
        owed = _owed(order, dues[order.id], window.end, instant)
        if owed.compute_fen or owed.storage_fen or owed.line.fen or dues[order.id].usages:
            _issue_statement(
                settlement=settlement,
                order=order,
                dues=dues[order.id],
                owed=owed,
                profile=profile,
                year=shanghai_year(instant),
            )
            statements += 1
    publish(events.PeriodSettled(subject=settlement.id, tenant=None, statements=statements), actor=actor)
    return settlement, True


@four_eyes("marketplace.close_settlement", operation="marketplace.propose_closing")
@transaction.atomic
def close_settlement(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - the shape of acts
    """Close a settled period for ever, once a second person has approved."""
    row = Settlement.objects.select_for_update().get(id=subject)
    row.state, row.closed_at = LIFE.after("close", row.state).value, now()
    row.advance("state", "closed_at")
    publish(events.PeriodClosed(subject=row.id, tenant=None), actor=actor)


def _owed(order: Order, dues: Dues, end: datetime, instant: datetime) -> Owed:
    """What has fallen due by `end` and is not billed, as far as the service has come at `instant`."""
    total = dues.billed_quantity[Part.COMPUTE] + dues.machine_seconds
    due = compute_due(price_cny_hour(order), total, order.compute_fen)
    storage = storage_terms(order)

    def counted(
        part: Part,
        terms: Instalments,
        served: Callable[..., tuple[Window, ...]],
        ending: Callable[..., Ending],
    ) -> Counted:
        times, serving = served(order, end, instant), served(order, end, instant, dues.stops)
        return Counted(
            terms.shortened(terms.begun(times) - terms.begun(serving)),
            serving,
            ending(order, end, instant, dues.line, dues.stops),
            dues.billed_quantity[part],
            dues.billed_fen[part],
        )

    line = line_terms(order, by=min(end, served_until(order, instant)))
    return Owed(
        compute_fen=max(0, due - dues.billed_fen[Part.COMPUTE]),
        machine_seconds=dues.machine_seconds,
        storage=counted(Part.STORAGE, storage, storage_served, order_ending) if storage else None,
        line=counted(Part.LINE, line, line_served, line_ending),
    )


def _issue_statement(
    *, settlement: Settlement, order: Order, dues: Dues, owed: Owed, profile: SettlementProfile, year: int
) -> None:
    voucher, voucher_facts = _redeem(dues, owed, year)
    division = divide(
        compute_fen=owed.compute_fen,
        storage_fen=owed.storage_fen,
        line_fen=owed.line.fen,
        voucher_fen=voucher,
        terms=profile,
    )
    amounts = statement_amounts(
        division, user=order.tenant_id, provider=order.compute_provider, line=order.line_provider
    )
    entry = book_entry(kind=EntryKind.STATEMENT, user=order.tenant_id, amounts=amounts)
    statement = Statement(
        settlement=settlement,
        order=order,
        entry=entry,
        tenant_id=order.tenant_id,
        compute_provider=order.compute_provider,
        line_provider=order.line_provider,
        user_fen=division.user,
        voucher_fen=division.voucher,
        provider_fen=division.provider,
        line_provider_fen=division.line,
        fee_fen=division.fee,
        residue_fen=division.residue,
        voucher_year=year,
    )
    statement.evidence = evidence(
        _inputs(
            statement=statement,
            order=order,
            dues=dues,
            owed=owed,
            profile=profile,
            voucher=voucher_facts,
            division=division,
        )
    )
    statement.save(force_insert=True)
    _bill(statement, dues, owed)
    publish(
        events.StatementIssued(
            subject=statement.id,
            tenant=order.tenant_id,
            parties=statement.concerned(),
            order=order.id,
            user_fen=division.user,
            voucher_fen=division.voucher,
        ),
        actor=SYSTEM,
    )


def _redeem(dues: Dues, owed: Owed, year: int) -> tuple[int, dict[str, Any] | None]:
    """Redeem what the claim allows; the fen, and the facts that the figure follows from."""
    claim = dues.claim
    if claim is None:
        return 0, None
    policy, counter = VoucherPolicy.of(claim.policy.body), redemption_year(claim, year)
    left = counter.cap_fen - counter.redeemed_fen
    facts = {
        "policy": policy.version,
        "rate_bp": policy.rate_bp,
        "granted_fen": claim.amount_fen,
        "redeemed_before_fen": claim.redeemed_fen,
        "year": year,
        "year_left_fen": left,
    }
    fen = policy.redeemable_fen(
        granted_fen=claim.amount_fen,
        redeemed_fen=claim.redeemed_fen,
        compute_fen=owed.compute_fen,
        billed_fen=dues.billed_fen[Part.COMPUTE] + owed.compute_fen,
        year_left_fen=left,
    )
    if fen:
        redeem(claim=claim, year=counter, fen=fen)
    return fen, facts


def _bill(statement: Statement, dues: Dues, owed: Owed) -> None:
    """The statement's lines, and the usages that it bills for ever."""
    lines = [
        (Part.COMPUTE, "compute_metered", owed.machine_seconds, owed.compute_fen),
        (Part.LINE, LINE_RULES[owed.line.terms.unit], owed.line.count, owed.line.fen),
    ]
    if owed.storage:
        lines.insert(1, (Part.STORAGE, "storage_instalments", owed.storage.count, owed.storage.fen))
    StatementLine.objects.bulk_create(
        StatementLine(statement=statement, part=part.value, rule=rule, quantity=quantity, amount_fen=fen)
        for part, rule, quantity, fen in lines
    )
    BilledUsage.objects.bulk_create(BilledUsage(usage=usage, statement=statement) for usage in dues.usages)


def _inputs(
    *,
    statement: Statement,
    order: Order,
    dues: Dues,
    owed: Owed,
    profile: SettlementProfile,
    voucher: dict[str, Any] | None,
    division: Division,
) -> EvidenceInputs:
    return EvidenceInputs(
        statement=statement.id,
        order=order.id,
        price_cny_hour=price_cny_hour(order),
        compute_contract_fen=order.compute_fen,
        readings=[
            Reading(
                usage=usage.id,
                provider_record=usage.provider_record_id,
                node_record=usage.node_record_id,
                window_start=usage.provider_record.window_start,
                window_end=usage.provider_record.window_end,
                provider_machine_seconds=usage.provider_record.machine_seconds,
                node_machine_seconds=usage.node_record.machine_seconds,
                agreed_machine_seconds=usage.machine_seconds,
                profile=usage.profile,
            )
            for usage in dues.usages
        ],
        billed_machine_seconds=dues.billed_quantity[Part.COMPUTE],
        billed_compute_fen=dues.billed_fen[Part.COMPUTE],
        storage=owed.storage,
        line=owed.line,
        profile=profile,
        voucher=voucher,
        compute_fen=owed.compute_fen,
        division=division,
    )

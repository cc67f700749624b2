"""Vouchers, act by act: a policy proposed and approved, balances taken over by two people, claims granted and given back."""

from datetime import date
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import F

from kernel.actor import Actor
from kernel.clock import now, shanghai_year
from kernel.errors import SamePerson
from kernel.models.proposals import Proposal
from kernel.money import yuan
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from marketplace import events
from marketplace.domain import vouchers as rules
from marketplace.domain.orders import UNACCEPTED, UNDELIVERED, OrderState
from marketplace.domain.vouchers import POLICY_LIFE, ClaimState, PolicyState
from marketplace.errors import (
    NoPolicy,
    PolicyInvalid,
    UnknownReference,
    VoucherCapReached,
    VoucherClaimed,
    VoucherRefused,
)
from marketplace.models import Order, VoucherBalance, VoucherClaim, VoucherPolicy, VoucherYear
from participants.selectors.organisations import standings

BALANCES = UUID("6f1d2c3a-1f0e-5c64-9d5e-2f6a8c1b7e40")
CLAIMABLE = UNACCEPTED | UNDELIVERED | {OrderState.ACCEPTED, OrderState.RUNNING}


@transaction.atomic
def propose_policy(*, body: dict[str, Any], actor: Actor) -> VoucherPolicy:
    """Propose a policy profile. Raises PersonNeeded, or PolicyInvalid naming the field, also for a version that is taken."""
    proposer = actor.person
    policy = rules.VoucherPolicy.of(body)
    if VoucherPolicy.objects.filter(version=policy.version).exists():
        raise PolicyInvalid(
            pointer="/version",
            reason_zh=f"版本 {policy.version} 已存在；政策变更请使用新版本号。",
            reason_en=f"version {policy.version} exists; a changed policy has a new version.",
        )
    row = VoucherPolicy.objects.create(version=policy.version, body=body, proposer=proposer)
    publish(events.PolicyProposed(subject=row.id, tenant=None, version=row.version), actor=actor)
    return row


@transaction.atomic
def approve_policy(*, policy: VoucherPolicy, actor: Actor) -> VoucherPolicy:
    """Put a policy in force in place of the one before. Raises SamePerson for its proposer, PersonNeeded."""
    approver = actor.person
    row = VoucherPolicy.objects.select_for_update().get(id=policy.id)
    state = POLICY_LIFE.after("approve", row.state)
    if row.proposer == approver:
        raise SamePerson
    for old in VoucherPolicy.objects.select_for_update().filter(state=PolicyState.IN_FORCE):
        old.state = POLICY_LIFE.after("replace", old.state).value
        old.advance("state")
    row.state, row.approver = state.value, approver
    row.advance("state", "approver")
    publish(events.PolicyApproved(subject=row.id, tenant=None, version=row.version), actor=actor)
    return row


@transaction.atomic
def propose_balance(*, body: dict[str, Any], actor: Actor) -> Proposal:
    """Ask a second administrator to take over what an enterprise drew outside this node: `body` as the API reads it.

    Raises NoPolicy, VoucherClaimed for a contract that was taken over before, AlreadyProposed while the same one waits.
    """
    policy_in_force()
    enterprise, contract = body["enterprise"], body["contract_ref"]
    if VoucherBalance.objects.filter(enterprise=enterprise, contract_ref=contract).exists():
        raise VoucherClaimed(pointer="/contract_ref", contract=contract)
    subject = uuid5(BALANCES, f"{enterprise} {contract}")  # one contract, one open proposal
    terms = {**body, "claimed_on": body["claimed_on"].isoformat()}
    return propose_act(kind="marketplace.import_balance", subject=subject, terms=terms, actor=actor)


@four_eyes("marketplace.import_balance", operation="marketplace.propose_balance")
@transaction.atomic
def import_balance(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - the terms name the contract
    """Take over the balance, once a second person has approved; it counts against the year of its day in Shanghai.

    Raises VoucherClaimed for a contract that was taken over meanwhile, VoucherCapReached where it goes over the cap.
    """
    policy, claimed_on = policy_in_force(), date.fromisoformat(terms["claimed_on"])
    try:
        with transaction.atomic():
            row = VoucherBalance.objects.create(**{**terms, "claimed_on": claimed_on})
    except IntegrityError as error:
        raise VoucherClaimed(pointer="/contract_ref", contract=terms["contract_ref"]) from error
    year = _year(row.enterprise, claimed_on.year, policy)
    _draw(year, claimed_fen=row.claimed_fen, redeemed_fen=row.redeemed_fen)
    publish(
        events.BalanceImported(
            subject=row.id, tenant=None, year=claimed_on.year, claimed_fen=row.claimed_fen
        ),
        actor=actor,
    )


@transaction.atomic
def claim_voucher(*, order: UUID, actor: Actor) -> VoucherClaim:
    """Claim the voucher of one contract of the caller's: what the rate gives and the year's cap leaves.

    Raises UnknownReference, VoucherClaimed, NoPolicy, VoucherRefused, VoucherCapReached.
    """
    assert actor.tenant_id is not None  # noqa: S101 - users are members of an organisation
    row = Order.objects.select_for_update().filter(id=order, tenant_id=actor.tenant_id).first()
    if row is None:
        raise UnknownReference(pointer="/order", noun_zh="订单", noun_en="order", id=order)
    if VoucherClaim.objects.filter(order=row).exists():
        raise VoucherClaimed(pointer="/order", contract=row.client_ref)
    if row.state not in CLAIMABLE:
        raise VoucherRefused(
            pointer="/order",
            reason_zh="订单已结束或未成立，不能申领。",
            reason_en="The order is over or never came about, so nothing can be claimed on it.",
        )
    policy, instant = policy_in_force(), now()
    terms = rules.VoucherPolicy.of(policy.body)
    party = standings([row.tenant_id])[row.tenant_id]
    affiliated = bool(party.affiliates & {row.compute_provider, row.line_provider})
    terms.check_claimant(size=party.size, affiliated=affiliated)
    parts = rules.contract_parts(
        row.facts["offer"]["kind"], compute_fen=row.compute_fen, line_fen=row.line_fen
    )
    eligible = terms.eligible_fen(parts)
    year = _year(party.code, shanghai_year(instant), policy)
    amount = terms.grant_fen(eligible_fen=eligible, drawn_fen=year.claimed_fen)
    if eligible and not amount:
        raise VoucherCapReached(
            enterprise=party.code, year=year.year, used=yuan(year.claimed_fen), cap=yuan(year.cap_fen)
        )
    if not amount:
        raise VoucherRefused(
            pointer="/order",
            reason_zh="合同没有属于补贴基数的算力部分。",
            reason_en="The contract has no compute that is in the policy's base.",
        )
    _draw(year, claimed_fen=amount)
    claim = VoucherClaim.objects.create(
        tenant_id=row.tenant_id,
        order=row,
        policy=policy,
        enterprise=party.code,
        year=year.year,
        eligible_fen=eligible,
        rate_bp=terms.rate_bp,
        amount_fen=amount,
    )
    publish(
        events.VoucherGranted(subject=claim.id, tenant=row.tenant_id, order=row.id, amount_fen=amount),
        actor=actor,
    )
    return claim


@transaction.atomic
def release_claim(*, order: Order, actor: Actor) -> None:
    """Give back the claim of an order that will not run, to the year it was drawn in; nothing where none is."""
    claim = VoucherClaim.objects.select_for_update().filter(order=order, state=ClaimState.CLAIMED).first()
    if claim is None:
        return
    claim.state = ClaimState.RELEASED.value
    claim.advance("state")
    years = VoucherYear.objects.filter(enterprise=claim.enterprise, year=claim.year)
    years.update(claimed_fen=F("claimed_fen") - claim.amount_fen, generation=F("generation") + 1)
    publish(
        events.VoucherReleased(
            subject=claim.id, tenant=claim.tenant_id, order=order.id, amount_fen=claim.amount_fen
        ),
        actor=actor,
    )


def redemption_year(claim: VoucherClaim, year: int) -> VoucherYear:
    """The locked counter that a redemption of this claim in this Shanghai year counts in."""
    return _year(claim.enterprise, year, claim.policy)


def redeem(*, claim: VoucherClaim, year: VoucherYear, fen: int) -> None:
    """Count a redemption on the claim and in the year; both are locked by the caller."""
    claim.redeemed_fen += fen
    claim.advance("redeemed_fen")
    _draw(year, redeemed_fen=fen)


def take_back_redemption(*, order: UUID, year: int, fen: int) -> None:
    """A statement was reversed: its redemption goes back to the claim, and to the year it counted in (A7 vi)."""
    claim = VoucherClaim.objects.select_for_update().get(order=order)
    claim.redeemed_fen -= fen
    claim.advance("redeemed_fen")
    years = VoucherYear.objects.filter(enterprise=claim.enterprise, year=year)
    years.update(redeemed_fen=F("redeemed_fen") - fen, generation=F("generation") + 1)


def policy_in_force() -> VoucherPolicy:
    """The policy that grants now. Raises NoPolicy."""
    row = VoucherPolicy.objects.filter(state=PolicyState.IN_FORCE).first()
    if row is None:
        raise NoPolicy
    return row


def _year(enterprise: str, year: int, policy: VoucherPolicy) -> VoucherYear:
    """The counter, locked, under the policy's cap; what was drawn under a higher one before stays."""
    cap = rules.VoucherPolicy.of(policy.body).annual_cap_fen
    VoucherYear.objects.bulk_create(
        [VoucherYear(enterprise=enterprise, year=year, cap_fen=cap)], ignore_conflicts=True
    )
    row = VoucherYear.objects.select_for_update().get(enterprise=enterprise, year=year)
    row.cap_fen = max(cap, row.claimed_fen, row.redeemed_fen)
    return row


def _draw(year: VoucherYear, *, claimed_fen: int = 0, redeemed_fen: int = 0) -> None:
    year.claimed_fen += claimed_fen
    year.redeemed_fen += redeemed_fen
    if max(year.claimed_fen, year.redeemed_fen) > year.cap_fen:
        raise VoucherCapReached(
            enterprise=year.enterprise,
            year=year.year,
            used=yuan(max(year.claimed_fen - claimed_fen, year.redeemed_fen - redeemed_fen)),
            cap=yuan(year.cap_fen),
        )
    year.advance("cap_fen", "claimed_fen", "redeemed_fen")

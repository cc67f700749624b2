"""Instructions to the nodes below: two people give them, two people lift them, and the other node tells what became of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import StateConflict
from kernel.models.proposals import Proposal
from kernel.models.suspensions import SuspensionScope
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from monitoring import events
from monitoring.domain.downward import LIFE, STANDING, DownwardState
from monitoring.errors import InstructionOfUpstream
from monitoring.models import DownwardInstruction
from monitoring.services.instructions import keep_draft
from nodes.selectors.instructions import Order, OrderAct, OrderReport, OrderState
from nodes.services.instructions import (
    alarm_late,
    is_below,
    report_order,
    require_downstream,
    send_order,
    settle_late,
)

ISSUE, LIFT = "monitoring.issue_node_instruction", "monitoring.lift_node_instruction"
IN_FORCE_WITHIN = timedelta(seconds=60)
NOT_BELOW, NUMBER, SCOPE = "node_not_below", "instruction_exists", "unknown_scope"


@transaction.atomic
def propose_node_instruction(
    *,
    node: str,
    via: str = "",
    about: str,
    number: str,
    legal_basis: str,
    reason: str,
    effect: str,
    scope: SuspensionScope,
    valid_until: datetime | None,
    actor: Actor,
) -> DownwardInstruction:
    """Draft an instruction to a party or resource of a node below; nothing leaves before a second regulator approves.

    Of a node that is attached to one below, `via` names that one, which hands it down.

    Raises NotDownstream, BadPeriod for a term in the past, InstructionExists for a number in use on the subject there.
    """
    assert actor.tenant_id is not None  # noqa: S101 - regulators belong to a house
    require_downstream(via or node, "/via" if via else "/node")
    row = DownwardInstruction(
        node=node,
        via=via,
        about=about,
        issuer=actor.tenant_id,
        number=number,
        legal_basis=legal_basis,
        reason=reason,
        effect=effect,
        scope=scope,
        valid_until=valid_until,
    )
    keep_draft(row, kind=ISSUE, actor=actor)
    publish(
        events.NodeInstructionProposed(subject=row.id, tenant=None, node=node, scope=scope.value), actor=actor
    )
    return row


@four_eyes(ISSUE, operation="monitoring.propose_node_instruction")
@transaction.atomic
def issue_node_instruction(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - the row has the terms
    """Send an instruction down, once a second regulator has approved."""
    row = _moved(subject, "issue")
    row.issued_at = now()
    row.save(update_fields=["issued_at"])
    send_order(node=row.next_node, order=_order(row, OrderAct.ISSUE))
    publish(events.NodeInstructionIssued(subject=row.id, tenant=None, node=row.node), actor=actor)


@transaction.atomic
def withdraw_node_instruction(*, instruction: UUID, actor: Actor) -> None:
    """Close a draft whose proposal was withdrawn; once more changes nothing."""
    row = DownwardInstruction.objects.select_for_update().get(id=instruction)
    if row.state == LIFE.initial:
        row = _moved(instruction, "withdraw")
        publish(events.NodeInstructionWithdrawn(subject=row.id, tenant=None), actor=actor)


@transaction.atomic
def propose_node_lift(*, instruction: DownwardInstruction, reason: str, actor: Actor) -> Proposal:
    """Ask a second regulator to lift an instruction. Raises InstructionOfUpstream for one that is only handed down here."""
    if instruction.given_by:
        raise InstructionOfUpstream(node=instruction.given_by)
    return propose_act(kind=LIFT, subject=instruction.id, terms={"reason": reason}, actor=actor)


@four_eyes(LIFT, operation="monitoring.lift_node_instruction")
@transaction.atomic
def lift_node_instruction(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - kept with the proposal
    """Send the lift down, once a second regulator has approved; it is over when the other node says so."""
    row = DownwardInstruction.objects.select_for_update().get(id=subject)
    LIFE.after("lifted", row.state)
    send_order(node=row.next_node, order=_order(row, OrderAct.LIFT))
    publish(events.NodeInstructionLiftSent(subject=row.id, tenant=None, node=row.node), actor=actor)


@transaction.atomic
def hand_down(*, node: str, order: Order) -> None:
    """Hand an upstream's instruction, or its lift, down to the node below that it is meant for. Once."""
    row = DownwardInstruction.objects.select_for_update().filter(id=order.id).first()
    below = replace(order, to="")
    if order.act == OrderAct.LIFT:
        if row is not None and row.given_by == node and row.state in STANDING:
            send_order(node=row.node, order=below)
        return
    if row is not None:
        return
    why = "" if is_below(order.to) else NOT_BELOW
    if order.scope not in SuspensionScope.codes():
        why = SCOPE
    try:
        with transaction.atomic():
            row = None if why else _handed(node, order)
    except IntegrityError:
        why = NUMBER
    if row is None:
        report = OrderReport(order.id, OrderState.NOT_APPLIED.value, now().isoformat(), reason=why)
        report_order(node=node, report=report)
        return
    send_order(node=row.node, order=below)
    publish(events.NodeInstructionIssued(subject=row.id, tenant=None, node=row.node), actor=Actor(node=node))


def _handed(node: str, order: Order) -> DownwardInstruction:
    return DownwardInstruction.objects.create(
        id=UUID(order.id),
        node=order.to,
        given_by=node,
        about=order.subject,
        number=order.number,
        legal_basis=order.legal_basis,
        reason=order.reason,
        effect=order.effect,
        scope=order.scope,
        valid_until=datetime.fromisoformat(order.valid_until) if order.valid_until else None,
        state=DownwardState.SENT.value,
        issued_at=now(),
    )


@transaction.atomic
def learn_of_instruction(*, node: str, report: OrderReport) -> None:
    """Take what the node that carries it out reports; what does not follow from the state changes nothing.

    Who gave what this node handed down is told the same.
    """
    told_by = Q(via=node) | Q(via="", node=node)
    row = DownwardInstruction.objects.select_for_update().filter(told_by, id=report.id).first()
    if row is None:
        return
    try:
        row.state = LIFE.after(report.state, row.state)
    except StateConflict:
        return  # told before, or over
    at = datetime.fromisoformat(report.at)
    if row.state == DownwardState.IN_FORCE:
        row.in_force_at = at
        settle_late(node=row.next_node, order=row.id)
    elif row.state in LIFE.terminal:
        row.ended_at, row.reason_code = at, report.reason
    elif row.state == DownwardState.RECTIFIED:
        row.receipt, row.receipt_sha256 = report.receipt, report.sha256
    row.advance("state", "in_force_at", "ended_at", "reason_code", "receipt", "receipt_sha256")
    if row.given_by:
        report_order(node=row.given_by, report=report)
    publish(
        events.NodeInstructionAnswered(subject=row.id, tenant=None, node=node, state=row.state),
        actor=Actor(node=node),
    )


def call_late_instructions() -> int:
    """Call for a person where an instruction is not in force a minute after it was given; how many there are."""
    late = DownwardInstruction.objects.filter(
        state=DownwardState.SENT.value, issued_at__lt=Now() - IN_FORCE_WITHIN
    )
    rows = list(late)
    for row in rows:
        alarm_late(node=row.next_node, order=row.id)
    return len(rows)


def _moved(instruction: UUID, act: str) -> DownwardInstruction:
    row = DownwardInstruction.objects.select_for_update().get(id=instruction)
    row.state = LIFE.after(act, row.state)
    row.advance("state")
    return row


def _order(row: DownwardInstruction, act: OrderAct) -> Order:
    return Order(
        act=act.value,
        id=str(row.id),
        number=row.number,
        issuer=settings.NODE_NAME,
        subject=row.about,
        legal_basis=row.legal_basis,
        reason=row.reason,
        effect=row.effect,
        scope=row.scope,
        valid_until=row.valid_until.isoformat() if row.valid_until else "",
        to=row.node if row.via else "",
    )

"""Instructions of the regulator: two people issue, two people lift; each closes what it opened and nothing else."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from aggregation.selectors.owners import owners
from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.models.proposals import Proposal
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from kernel.services.suspensions import close_suspension, open_suspension
from kernel.systems import System, require_here
from monitoring import events
from monitoring.domain.instructions import EFFECTIVE, LIFE
from monitoring.errors import BadPeriod, InstructionExists, InstructionOfUpstream, UnknownSubject
from monitoring.models import DownwardInstruction, Instruction
from nodes.selectors.instructions import OrderReport
from nodes.services.instructions import report_order
from participants.selectors.organisations import standings

ISSUE, LIFT = "monitoring.issue_instruction", "monitoring.lift_instruction"
LONGEST_DAYS = 3660
ENDED = {"lift": events.InstructionLifted, "expire": events.InstructionExpired}


@transaction.atomic
def propose_instruction(
    *,
    organisation: UUID | None,
    resource: UUID | None,
    number: str,
    legal_basis: str,
    reason: str,
    effect: str,
    scope: SuspensionScope,
    valid_until: datetime | None,
    actor: Actor,
) -> Instruction:
    """Draft an instruction to a party, or about one of its resources; it has no effect before a second regulator approves.

    Raises UnknownSubject, BadPeriod for a term in the past, InstructionExists for a number in use on the subject.
    """
    require_here(System.MONITORING)
    assert actor.tenant_id is not None  # noqa: S101 - regulators belong to a house
    subject, party = _subject(organisation, resource)
    row = Instruction(
        tenant_id=party,
        subject=subject,
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
        events.InstructionProposed(subject=row.id, tenant=None, on=subject, scope=scope.value), actor=actor
    )
    return row


def keep_draft(row: Instruction | DownwardInstruction, *, kind: str, actor: Actor) -> None:
    """Store a draft with the proposal that a second regulator approves.

    Raises BadPeriod for a term in the past, InstructionExists for a number in use on the subject.
    """
    if row.valid_until is not None and row.valid_until <= now():
        raise BadPeriod(pointer="/valid_until", days=LONGEST_DAYS)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise InstructionExists(pointer="/number", number=row.number) from error
    row.proposal = propose_act(kind=kind, subject=row.id, terms={}, actor=actor).id
    row.save(update_fields=["proposal"])


@four_eyes(ISSUE, operation="monitoring.propose_instruction")
@transaction.atomic
def issue_instruction(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - the row has the terms
    """Put an instruction in force, once a second regulator has approved: the gates are shut from this commit on."""
    put_in_force(subject, actor)


def put_in_force(instruction: UUID, actor: Actor) -> None:
    """Shut the gates for the subject of an instruction that was decided on, here or above."""
    row = _moved(instruction, "issue")
    row.issued_at = now()
    row.save(update_fields=["issued_at"])
    open_suspension(
        subject=row.subject,
        tenant=row.tenant_id,
        cause=SuspensionCause.INSTRUCTION,
        scope=SuspensionScope(row.scope),
        reference=row.id,
        actor=actor,
    )
    _tell(row)
    publish(
        events.InstructionIssued(subject=row.id, tenant=row.tenant_id, on=row.subject, scope=row.scope),
        actor=actor,
    )


@transaction.atomic
def withdraw_instruction(*, instruction: UUID, actor: Actor) -> None:
    """Close a draft whose proposal was withdrawn; once more changes nothing."""
    row = Instruction.objects.select_for_update().get(id=instruction)
    if row.state == LIFE.initial:
        row = _moved(instruction, "withdraw")
        publish(events.InstructionWithdrawn(subject=row.id, tenant=None), actor=actor)


@transaction.atomic
def acknowledge_instruction(*, instruction: Instruction, actor: Actor) -> Instruction:
    """The party says that it has read the instruction."""
    row = _moved(instruction.id, "acknowledge")
    _tell(row)
    publish(events.InstructionAcknowledged(subject=row.id, tenant=row.tenant_id), actor=actor)
    return row


@transaction.atomic
def rectify_instruction(*, instruction: Instruction, receipt: str, sha256: str, actor: Actor) -> Instruction:
    """The party says what it did, with the digest of its evidence; the suspension stands until it is lifted."""
    row = _moved(instruction.id, "rectify")
    row.receipt, row.receipt_sha256 = receipt, sha256
    row.save(update_fields=["receipt", "receipt_sha256"])
    _tell(row)
    publish(events.InstructionRectified(subject=row.id, tenant=row.tenant_id, sha256=sha256), actor=actor)
    return row


@transaction.atomic
def propose_lift(*, instruction: Instruction, reason: str, actor: Actor) -> Proposal:
    """Ask a second regulator to end an instruction. Raises InstructionOfUpstream for one that was given above."""
    if instruction.node:
        raise InstructionOfUpstream(node=instruction.node)
    return propose_act(kind=LIFT, subject=instruction.id, terms={"reason": reason}, actor=actor)


@four_eyes(LIFT, operation="monitoring.lift_instruction")
@transaction.atomic
def lift_instruction(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - kept with the proposal
    """End an instruction, once a second regulator has approved; suspensions of other causes stand."""
    end_instruction(subject, "lift", actor)


@transaction.atomic
def expire_instructions() -> int:
    """End the instructions whose term has run out; how many."""
    due = Instruction.objects.filter(state__in=EFFECTIVE, valid_until__lte=Now())
    rows = list(due.select_for_update(skip_locked=True).order_by("id"))
    for row in rows:
        end_instruction(row.id, "expire", SYSTEM)
    return len(rows)


def _subject(organisation: UUID | None, resource: UUID | None) -> tuple[UUID, UUID]:
    """What is suspended, and the party that it concerns."""
    if organisation is not None and resource is None and standings([organisation]):
        return organisation, organisation
    if resource is not None and organisation is None and (found := owners([resource])):
        return resource, found[resource]
    raise UnknownSubject(pointer="/organisation" if resource is None else "/resource")


def end_instruction(instruction: UUID, act: str, actor: Actor) -> None:
    """Let an instruction end by `lift` or `expire`, and close what it suspended."""
    row = _moved(instruction, act)
    row.ended_at = now()
    row.save(update_fields=["ended_at"])
    close_suspension(
        subject=row.subject,
        tenant=row.tenant_id,
        cause=SuspensionCause.INSTRUCTION,
        reference=row.id,
        actor=actor,
    )
    _tell(row)
    publish(ENDED[act](subject=row.id, tenant=row.tenant_id, on=row.subject), actor=actor)


def _tell(row: Instruction) -> None:
    """Tell the upstream that gave an instruction what became of it; one of our own regulator is told to nobody."""
    if row.node:
        report_order(
            node=row.node,
            report=OrderReport(
                str(row.id), row.state, now().isoformat(), receipt=row.receipt, sha256=row.receipt_sha256
            ),
        )


def _moved(instruction: UUID, act: str) -> Instruction:
    row = Instruction.objects.select_for_update().get(id=instruction)
    row.state = LIFE.after(act, row.state)
    row.advance("state")
    return row

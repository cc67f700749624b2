"""Proposing an act, and letting a second person approve it: the act runs in the approval's transaction."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor, Reach
from kernel.errors import Forbidden, Problem, SamePerson
from kernel.events import Event
from kernel.models.proposals import Proposal, ProposalState
from kernel.permissions import reach_of
from kernel.proposals import KINDS
from kernel.services.outbox import publish
from kernel.text import Text


class AlreadyProposed(Problem):
    """The same act on the same subject waits for approval."""

    status = 409
    code = "already_proposed"
    title = Text("已有同一事项待批准", "Already proposed")
    detail = Text("请由另一人批准或撤回现有提案后再提交。", "Approve or withdraw the open proposal first.")


class ProposalClosed(Problem):
    """The proposal was decided before."""

    status = 409
    code = "proposal_closed"
    title = Text("提案已办结", "Proposal closed")
    detail = Text(
        "该提案已批准或撤回；如仍需要请重新提出。", "It was approved or withdrawn; propose again if needed."
    )


@dataclass(frozen=True, kw_only=True)
class ActProposed(Event):
    """Somebody asked for a second pair of eyes; `subject` is the proposal."""

    name: ClassVar[str] = "kernel.act_proposed"

    kind: str
    on: UUID


@dataclass(frozen=True, kw_only=True)
class ActApproved(Event):
    """A second person approved, and the act ran."""

    name: ClassVar[str] = "kernel.act_approved"

    kind: str
    on: UUID


@dataclass(frozen=True, kw_only=True)
class ActWithdrawn(Event):
    """The proposal was closed without the act."""

    name: ClassVar[str] = "kernel.act_withdrawn"

    kind: str
    on: UUID


@transaction.atomic
def propose_act(*, kind: str, subject: UUID, terms: dict[str, Any], actor: Actor) -> Proposal:
    """Ask for approval of a registered kind of act. Raises PersonNeeded, AlreadyProposed while the same one is open.

    What a supporting unit proposes by mandate, the regulator that gave it decides.
    """
    tenant = actor.mandator or actor.tenant_id
    assert kind in KINDS and tenant  # noqa: S101, PT018 - somebody proposes what is known
    proposer = actor.person
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                tenant_id=tenant, kind=kind, subject=subject, terms=terms, proposer=proposer
            )
    except IntegrityError as error:
        raise AlreadyProposed from error
    publish(ActProposed(subject=proposal.id, tenant=tenant, kind=kind, on=subject), actor=actor)
    return proposal


@transaction.atomic
def approve_act(*, proposal: Proposal, actor: Actor) -> Proposal:
    """Let the act happen, now. Raises SamePerson for the proposer, Forbidden without the kind's operation, PersonNeeded."""
    approver = actor.person
    row = Proposal.objects.select_for_update().get(id=proposal.id)
    if row.state != ProposalState.OPEN:
        raise ProposalClosed
    if row.proposer == approver:
        raise SamePerson
    four_eyes = KINDS[row.kind]
    if reach_of(four_eyes.operation, actor) is Reach.NONE:
        raise Forbidden(operation=four_eyes.operation)
    row.approver, row.state = approver, ProposalState.APPROVED
    row.advance("approver", "state")
    four_eyes.act(row.subject, row.terms, actor)
    publish(ActApproved(subject=row.id, tenant=row.tenant_id, kind=row.kind, on=row.subject), actor=actor)
    return row


@transaction.atomic
def withdraw_act(*, proposal: Proposal, actor: Actor) -> Proposal:
    """Close an open proposal without the act; the proposer or a colleague may."""
    row = Proposal.objects.select_for_update().get(id=proposal.id)
    if row.state != ProposalState.OPEN:
        raise ProposalClosed
    row.state = ProposalState.WITHDRAWN
    row.advance("state")
    publish(ActWithdrawn(subject=row.id, tenant=row.tenant_id, kind=row.kind, on=row.subject), actor=actor)
    return row

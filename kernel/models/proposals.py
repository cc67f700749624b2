"""Four eyes: an act that one person proposes and another approves."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models.base import Entity
from kernel.text import Vocabulary


class ProposalState(Vocabulary):
    """The life of a proposal."""

    OPEN = "open", "待批准", "Open"
    APPROVED = "approved", "已批准", "Approved"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


class Proposal(Entity):
    """What somebody asks a second person to let happen; the act runs when it is approved."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()  # of the proposer: approvers are colleagues
    kind = models.CharField(max_length=60)
    subject = models.UUIDField()
    terms = models.JSONField(default=dict)
    proposer = models.UUIDField()
    approver = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=ProposalState.choices(), default=ProposalState.OPEN.value)

    class Meta:
        db_table = "proposal"
        constraints = [
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("proposer")), name="proposal_four_eyes"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state=ProposalState.OPEN.value),
                name="proposal_once_open",
            ),
        ]

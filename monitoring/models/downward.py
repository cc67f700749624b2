"""Instructions that this node gives to the nodes below it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from kernel.models.suspensions import SuspensionScope
from monitoring.domain.downward import OVER, DownwardState


class DownwardInstruction(Entity):
    """One instruction to a party or resource of another node; the same id there. `reason_code` says why it was not applied.

    `via` is the node below that hands it down to one below itself. What this node hands down was `given_by` its upstream, and
    has no issuer here.
    """

    public: ClassVar[bool] = True

    node = models.CharField(max_length=6, help_text="code of the node that carries it out")
    about = models.CharField(max_length=64, help_text="code of the party, or identifier of the resource")
    via = models.CharField(
        max_length=6,
        blank=True,
        db_default="",
        help_text="code of the node below that hands it down to `node`",
    )
    given_by = models.CharField(
        max_length=6,
        blank=True,
        db_default="",
        help_text="code of the upstream whose instruction is handed down; empty: this node's regulator",
    )
    issuer = models.UUIDField(null=True, help_text="the regulator's house")
    number = models.CharField(max_length=60, help_text="文号")
    legal_basis = models.CharField(max_length=500)
    reason = models.CharField(max_length=1000)
    effect = models.CharField(max_length=500)
    scope = models.CharField(
        max_length=10, choices=SuspensionScope.choices(), default=SuspensionScope.NEW_SALE.value
    )
    valid_until = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=12, choices=DownwardState.choices(), default=DownwardState.PROPOSED.value
    )
    reason_code = models.CharField(max_length=64, blank=True)
    proposal = models.UUIDField(null=True)
    issued_at = models.DateTimeField(null=True)
    in_force_at = models.DateTimeField(null=True, help_text="by the other node's clock")
    ended_at = models.DateTimeField(null=True, help_text="by the other node's clock")
    receipt = models.CharField(max_length=2000, blank=True)
    receipt_sha256 = models.CharField(max_length=64, blank=True)

    @property
    def next_node(self) -> str:
        """The node below that hears of it from this one."""
        return self.via or self.node

    class Meta:
        db_table = "downward_instruction"
        constraints = [
            models.UniqueConstraint(
                fields=["node", "number", "about"],
                condition=~Q(state__in=[state.value for state in OVER]),
                name="downward_instruction_once_a_number",
            )
        ]

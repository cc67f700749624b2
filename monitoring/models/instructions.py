"""Regulators' instructions."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from kernel.actor import Actor, Role
from kernel.models.base import Entity, EntityQuerySet
from kernel.models.suspensions import SuspensionScope
from monitoring.domain.instructions import OVER, UNISSUED, InstructionState


class InstructionQuerySet(EntityQuerySet["Instruction"]):
    """Instructions; a draft is the regulator's alone, whomever it will be issued to."""

    def visible_to(self, actor: Actor) -> Self:
        """The rows within the actor's reach, without drafts for all but regulators."""
        rows = super().visible_to(actor)
        return rows if Role.REGULATOR in actor.roles else rows.exclude(state__in=UNISSUED)


class Instruction(Entity):
    """One instruction to a party; `subject` is the party itself or one of its resources, `issuer` the regulator's house.

    An upstream's instruction has its id there, its `node`, and no issuer of this node.
    """

    tenant_field: ClassVar[str] = "tenant_id"

    objects: ClassVar = InstructionQuerySet.as_manager()

    tenant_id = models.UUIDField()
    subject = models.UUIDField()
    issuer = models.UUIDField(null=True)
    node = models.CharField(
        max_length=6,
        default="",
        blank=True,
        help_text="code of the upstream that gave it; empty: this node's regulator",
    )
    number = models.CharField(max_length=60, help_text="文号")
    legal_basis = models.CharField(max_length=500)
    reason = models.CharField(max_length=1000)
    effect = models.CharField(max_length=500)
    scope = models.CharField(
        max_length=10, choices=SuspensionScope.choices(), default=SuspensionScope.NEW_SALE.value
    )
    valid_until = models.DateTimeField(null=True)
    state = models.CharField(
        max_length=12, choices=InstructionState.choices(), default=InstructionState.PROPOSED.value
    )
    proposal = models.UUIDField(null=True)
    issued_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=2000, blank=True)
    receipt_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "instruction"
        constraints = [
            models.UniqueConstraint(
                fields=["number", "subject"],
                condition=~Q(state__in=[state.value for state in OVER]),
                name="instruction_once_a_number",
            )
        ]

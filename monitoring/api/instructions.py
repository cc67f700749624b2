"""Regulators' instructions over HTTP: draft, acknowledge, rectify, lift.

Reading and answering are for every role of node: a region instructs the parties of its industry nodes.
"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn, without_body
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.models.suspensions import SuspensionScope
from kernel.systems import System
from monitoring.domain.instructions import LIFE, InstructionState
from monitoring.models import Instruction
from monitoring.services import instructions as services


class InstructionIn(serializers.Serializer[Any]):
    """A draft: to a party (`organisation`), or about one of its resources (`resource`)."""

    organisation = serializers.UUIDField(required=False, default=None)
    resource = serializers.UUIDField(required=False, default=None, help_text="id of a centre, pool or offer")
    number = serializers.CharField(max_length=60, help_text="文号")
    legal_basis = serializers.CharField(max_length=500)
    reason = serializers.CharField(max_length=1000)
    effect = serializers.CharField(max_length=500, help_text="what the party must do or leave")
    scope = serializers.ChoiceField(SuspensionScope.choices(), default=SuspensionScope.NEW_SALE.value)
    valid_until = InstantField(required=False, default=None, help_text="empty: until lifted")


class InstructionOut(serializers.ModelSerializer[Instruction]):
    """An instruction as the supervision and its party see it."""

    organisation = serializers.UUIDField(source="tenant_id")

    class Meta:
        model = Instruction
        fields = (
            "id",
            "organisation",
            "subject",
            "issuer",
            "node",
            "number",
            "legal_basis",
            "reason",
            "effect",
            "scope",
            "valid_until",
            "state",
            "proposal",
            "issued_at",
            "ended_at",
            "receipt",
            "receipt_sha256",
            "created_at",
            "generation",
        )


class InstructionQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(InstructionState.choices(), required=False)
    subject = serializers.UUIDField(required=False)
    state__in = any_code(InstructionState.choices())
    organisation = serializers.UUIDField(required=False, source="tenant_id")
    number = serializers.CharField(required=False)


class ReceiptIn(serializers.Serializer[Any]):
    """What was done, and the digest of the evidence."""

    receipt = serializers.CharField(max_length=2000)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}\Z", help_text="SHA-256 of the evidence, lower-case hex")


class InstructionsView(HouseView):
    """`/api/v1/instructions`."""

    operations = {"GET": "monitoring.list_instructions", "POST": "monitoring.propose_instruction"}

    @extend_schema(parameters=[InstructionQuery], responses=page_of(InstructionOut))
    def get(self, request: Request) -> Response:
        """List the instructions: all for the supervision, for a party its own once they are in force."""
        return self.page(Instruction.objects.visible_to(self.actor), InstructionOut, InstructionQuery)

    @extend_schema(request=InstructionIn, responses={201: InstructionOut})
    def post(self, request: Request) -> Response:
        """Draft an instruction; a second regulator approves the proposal that the answer names."""
        data = self.read(InstructionIn)
        row = services.propose_instruction(
            organisation=data["organisation"],
            resource=data["resource"],
            number=data["number"],
            legal_basis=data["legal_basis"],
            reason=data["reason"],
            effect=data["effect"],
            scope=SuspensionScope(data["scope"]),
            valid_until=data["valid_until"],
            actor=self.actor,
        )
        return self.show(row, InstructionOut, status=201, location=f"/api/v1/instructions/{row.id}")


class InstructionView(HouseView):
    """`/api/v1/instructions/{id}`."""

    operations = {"GET": "monitoring.read_instruction"}
    queryset = Instruction.objects.all()

    @extend_schema(responses=InstructionOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one instruction."""
        return self.show(self.subject, InstructionOut)


class InstructionActView(HouseView):
    """The base of the acts on one instruction."""

    queryset = Instruction.objects.all()
    visible_by = "monitoring.read_instruction"


class AcknowledgeInstructionView(InstructionActView):
    """`/api/v1/instructions/{id}:acknowledge`."""

    operations = {"POST": "monitoring.acknowledge_instruction"}
    acts = {"POST": (LIFE, "acknowledge")}

    @without_body(responses={200: InstructionOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say that the party has read it."""
        row = services.acknowledge_instruction(instruction=self.subject, actor=self.actor)
        return self.show(row, InstructionOut)


class RectifyInstructionView(InstructionActView):
    """`/api/v1/instructions/{id}:rectify`."""

    operations = {"POST": "monitoring.rectify_instruction"}
    acts = {"POST": (LIFE, "rectify")}

    @extend_schema(request=ReceiptIn, responses={200: InstructionOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Report what was done."""
        data = self.read(ReceiptIn)
        row = services.rectify_instruction(
            instruction=self.subject, receipt=data["receipt"], sha256=data["sha256"], actor=self.actor
        )
        return self.show(row, InstructionOut)


class ProposeLiftView(InstructionActView):
    """`/api/v1/instructions/{id}:propose-lift`."""

    system = System.MONITORING
    operations = {"POST": "monitoring.lift_instruction"}
    acts = {"POST": (LIFE, "lift")}

    @extend_schema(request=ReasonIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to end it; a second regulator approves."""
        reason = self.read(ReasonIn)["reason"]
        row = services.propose_lift(instruction=self.subject, reason=reason, actor=self.actor)
        return self.show(row, ProposalOut, status=201)

"""Instructions to the nodes below over HTTP: draft, read, lift."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.models.suspensions import SuspensionScope
from kernel.systems import System
from monitoring.domain.downward import LIFE, DownwardState
from monitoring.models import DownwardInstruction
from monitoring.services import downward as services


class NodeInstructionIn(serializers.Serializer[Any]):
    """A draft to a party or a resource of a node below."""

    node = serializers.RegexField(r"^[0-9]{6}\Z", help_text="code of the node that carries it out")
    via = serializers.RegexField(
        r"^[0-9]{6}\Z",
        default="",
        allow_blank=True,
        help_text="code of the attached downstream node that hands it down, where `node` is attached to that one",
    )
    about = serializers.RegexField(
        r"^[0-9A-Za-z./-]{9,64}\Z",
        help_text="社会信用代码或组织机构代码，或资源标识 / the party's code there, or the resource's identifier",
    )
    number = serializers.CharField(max_length=60, help_text="文号")
    legal_basis = serializers.CharField(max_length=500)
    reason = serializers.CharField(max_length=1000)
    effect = serializers.CharField(max_length=500, help_text="what the party must do or leave")
    scope = serializers.ChoiceField(SuspensionScope.choices(), default=SuspensionScope.NEW_SALE.value)
    valid_until = InstantField(required=False, default=None, help_text="empty: until lifted")


class NodeInstructionOut(serializers.ModelSerializer[DownwardInstruction]):
    """An instruction to a node below, as that node last told; `reason_code` says why it was not applied."""

    class Meta:
        model = DownwardInstruction
        fields = (
            "id",
            "node",
            "via",
            "given_by",
            "about",
            "issuer",
            "number",
            "legal_basis",
            "reason",
            "effect",
            "scope",
            "valid_until",
            "state",
            "reason_code",
            "proposal",
            "issued_at",
            "in_force_at",
            "ended_at",
            "receipt",
            "receipt_sha256",
            "created_at",
            "generation",
        )


class NodeInstructionQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(DownwardState.choices(), required=False)
    state__in = any_code(DownwardState.choices())
    node = serializers.CharField(required=False)
    about = serializers.CharField(required=False)
    number = serializers.CharField(required=False)


class NodeInstructionsView(HouseView):
    """`/api/v1/node-instructions`."""

    system = System.MONITORING
    operations = {"GET": "monitoring.list_node_instructions", "POST": "monitoring.propose_node_instruction"}

    @extend_schema(parameters=[NodeInstructionQuery], responses=page_of(NodeInstructionOut))
    def get(self, request: Request) -> Response:
        """List the instructions that were given to nodes below."""
        rows = DownwardInstruction.objects.visible_to(self.actor)
        return self.page(rows, NodeInstructionOut, NodeInstructionQuery)

    @extend_schema(request=NodeInstructionIn, responses={201: NodeInstructionOut})
    def post(self, request: Request) -> Response:
        """Draft an instruction; it is sent once a second regulator approves the proposal that the answer names."""
        data = self.read(NodeInstructionIn)
        scope = SuspensionScope(data.pop("scope"))
        row = services.propose_node_instruction(**data, scope=scope, actor=self.actor)
        location = f"/api/v1/node-instructions/{row.id}"
        return self.show(row, NodeInstructionOut, status=201, location=location)


class NodeInstructionView(HouseView):
    """`/api/v1/node-instructions/{id}`."""

    system = System.MONITORING
    operations = {"GET": "monitoring.read_node_instruction"}
    queryset = DownwardInstruction.objects.all()

    @extend_schema(responses=NodeInstructionOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one instruction to a node below."""
        return self.show(self.subject, NodeInstructionOut)


class ProposeNodeLiftView(HouseView):
    """`/api/v1/node-instructions/{id}:propose-lift`."""

    system = System.MONITORING
    operations = {"POST": "monitoring.lift_node_instruction"}
    queryset = DownwardInstruction.objects.all()
    visible_by = "monitoring.read_node_instruction"
    acts = {"POST": (LIFE, "lifted")}

    @extend_schema(request=ReasonIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to lift it; once a second regulator approves, the node below is told."""
        reason = self.read(ReasonIn)["reason"]
        row = services.propose_node_lift(instruction=self.subject, reason=reason, actor=self.actor)
        return self.show(row, ProposalOut, status=201)

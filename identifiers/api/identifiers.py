"""Identifiers over HTTP: apply, approve, describe, suspend, retire.

Applying and reading are for every role of node, since an industry node forwards; deciding is for those that issue.
"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.domain.descriptors import Evidence
from identifiers.domain.lifecycle import LIFE, IdentifierKind, IdentifierState
from identifiers.domain.review import Review
from identifiers.models import Identifier
from identifiers.services import identifiers as services
from kernel.api.bodies import ReasonIn, without_body
from kernel.api.instants import DayField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.services.proposals import propose_act
from kernel.systems import System


class DescriptorEvidenceIn(serializers.Serializer[Any]):
    """A document that a description rests on."""

    kind = serializers.CharField(max_length=40, help_text="what it is, as acceptance_report")
    sha256 = serializers.CharField(max_length=64, help_text="64 hexadecimal digits in lower case")


class DescriptorIn(serializers.Serializer[Any]):
    """A descriptor: what it says, until when, and what that rests on."""

    attributes = serializers.DictField(help_text="see the profile of the kind")
    valid_until = DayField(
        required=False, allow_null=True, help_text="last day in Shanghai on which it is vouched for"
    )
    evidence = DescriptorEvidenceIn(many=True, required=False)


class IdentifierIn(DescriptorIn):
    """An application for one resource of the caller's."""

    kind = serializers.ChoiceField(IdentifierKind.choices())
    subject = serializers.UUIDField(help_text="id of the centre, pool, line …")


def description_of(data: dict[str, Any]) -> dict[str, Any]:
    """What a read descriptor says, as the services take it."""
    return {
        "attributes": data["attributes"],
        "valid_until": data.get("valid_until"),
        "evidence": [Evidence(**each) for each in data.get("evidence", ())],
    }


class IdentifierOut(serializers.ModelSerializer[Identifier]):
    """An identifier as its owner and the supervision see it."""

    class Meta:
        model = Identifier
        fields = (
            "id",
            "kind",
            "subject",
            "state",
            "review",
            "code",
            "reason",
            "filing",
            "filed_at",
            "marking",
            "created_at",
            "generation",
        )


class IdentifierQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(IdentifierState.choices(), required=False)
    kind = serializers.ChoiceField(IdentifierKind.choices(), required=False)
    subject = serializers.UUIDField(required=False)
    review = serializers.ChoiceField(
        Review.choices(), required=False, help_text="who decides it; with state=verified, what waits for whom"
    )
    state__in = any_code(IdentifierState.choices())
    kind__in = any_code(IdentifierKind.choices())
    code = serializers.CharField(required=False)
    owner = serializers.UUIDField(required=False, source="tenant_id")


class IdentifiersView(HouseView):
    """`/api/v1/identifiers`."""

    operations = {"GET": "identifiers.list_identifiers", "POST": "identifiers.apply_identifier"}

    @extend_schema(parameters=[IdentifierQuery], responses=page_of(IdentifierOut))
    def get(self, request: Request) -> Response:
        """List the identifiers that the caller may see."""
        return self.page(Identifier.objects.visible_to(self.actor), IdentifierOut, IdentifierQuery)

    @extend_schema(request=IdentifierIn, responses={201: IdentifierOut})
    def post(self, request: Request) -> Response:
        """Apply for an identifier; the automatic checks answer at once."""
        data = self.read(IdentifierIn)
        row = services.apply_identifier(
            kind=IdentifierKind(data["kind"]),
            subject=data["subject"],
            actor=self.actor,
            **description_of(data),
        )
        return self.show(row, IdentifierOut, status=201, location=f"/api/v1/identifiers/{row.id}")


class IdentifierView(HouseView):
    """`/api/v1/identifiers/{id}`."""

    operations = {"GET": "identifiers.read_identifier", "PUT": "identifiers.describe_identifier"}
    queryset = Identifier.objects.all()
    visible_by = "identifiers.read_identifier"
    if_match = frozenset({"PUT"})

    @extend_schema(responses=IdentifierOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one identifier."""
        return self.show(self.subject, IdentifierOut)

    @extend_schema(request=DescriptorIn, responses=IdentifierOut)
    def put(self, request: Request, **_: Any) -> Response:
        """Describe the resource anew: the next version of the descriptor, under the same code."""
        described = description_of(self.read(DescriptorIn))
        row = services.describe_identifier(identifier=self.subject, actor=self.actor, **described)
        return self.show(row, IdentifierOut)


class ActView(HouseView):
    """The base of the acts on one identifier."""

    system = System.IDENTIFIERS
    queryset = Identifier.objects.all()
    visible_by = "identifiers.read_identifier"


class ApproveView(ActView):
    """`/api/v1/identifiers/{id}:approve`."""

    operations = {"POST": "identifiers.approve_identifier"}
    acts = {"POST": (LIFE, "issue")}

    @without_body(responses={200: IdentifierOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Issue the code; it goes active when the national node has filed it."""
        return self.show(
            services.approve_identifier(identifier=self.subject, actor=self.actor), IdentifierOut
        )


class RefuseView(ActView):
    """`/api/v1/identifiers/{id}:refuse`."""

    operations = {"POST": "identifiers.refuse_identifier"}
    acts = {"POST": (LIFE, "refuse")}

    @extend_schema(request=ReasonIn, responses={200: IdentifierOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse the application with a reason."""
        reason = self.read(ReasonIn)["reason"]
        row = services.refuse_identifier(identifier=self.subject, reason=reason, actor=self.actor)
        return self.show(row, IdentifierOut)


class ProposeSuspensionView(ActView):
    """`/api/v1/identifiers/{id}:propose-suspension`."""

    operations = {"POST": "identifiers.propose_suspension"}
    acts = {"POST": (LIFE, "suspend")}

    @extend_schema(request=ReasonIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to suspend; a second person approves."""
        terms = {"reason": self.read(ReasonIn)["reason"]}
        row = propose_act(kind="identifiers.suspend", subject=self.subject.id, terms=terms, actor=self.actor)
        return self.show(row, ProposalOut, status=201)


class ProposeReinstatementView(ActView):
    """`/api/v1/identifiers/{id}:propose-reinstatement`."""

    operations = {"POST": "identifiers.propose_reinstatement"}
    acts = {"POST": (LIFE, "reinstate")}

    @extend_schema(request=ReasonIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to end a suspension; a second person approves."""
        terms = {"reason": self.read(ReasonIn)["reason"]}
        row = propose_act(
            kind="identifiers.reinstate", subject=self.subject.id, terms=terms, actor=self.actor
        )
        return self.show(row, ProposalOut, status=201)


class ProposeRetirementView(ActView):
    """`/api/v1/identifiers/{id}:propose-retirement`."""

    operations = {"POST": "identifiers.propose_retirement"}
    acts = {"POST": (LIFE, "retire")}

    @extend_schema(request=ReasonIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to retire for ever; a second person approves."""
        terms = {"reason": self.read(ReasonIn)["reason"]}
        row = propose_act(kind="identifiers.retire", subject=self.subject.id, terms=terms, actor=self.actor)
        return self.show(row, ProposalOut, status=201)

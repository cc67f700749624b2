"""Findings over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from security.api.assets import AssetOut
from security.domain.findings import LIFE, FindingState
from security.domain.severities import Severity
from security.models import Asset, Finding
from security.services import findings as services


class FindingOut(serializers.ModelSerializer[Finding]):
    """A finding: the tool's words are untrusted text, cut to length."""

    expanded = expanded(
        "Finding",
        asset=Related("asset_id", "security.read_asset", Asset.objects.all(), AssetOut),
    )

    class Meta:
        model = Finding
        fields = (
            "id", "asset", "tool", "scope", "rule", "location", "severity", "score", "vector", "title", "component",
            "version", "fixed_version", "state", "first_seen_at", "last_seen_at", "due_at", "closed_at",
            "evidence_note", "evidence_sha256", "accepted_until", "generation", "expanded")  # fmt: skip


class FindingQuery(PageQuery):
    """Filters of the list."""

    orders = {"due_at": "due_at", "last_seen_at": "last_seen_at"}

    asset = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(FindingState.choices(), required=False)
    severity = serializers.ChoiceField(Severity.choices(), required=False)
    state__in = any_code(FindingState.choices())
    severity__in = any_code(Severity.choices())
    due_at__lt = InstantField(required=False)
    due_at__gte = InstantField(required=False)
    rule = serializers.CharField(required=False)


class FindingEvidenceIn(serializers.Serializer[Any]):
    """What was done, and the digest of the evidence file."""

    note = serializers.CharField(max_length=2000)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}\Z", help_text="SHA-256 of the file, lower-case hex")


class FindingNoteIn(serializers.Serializer[Any]):
    """Why."""

    note = serializers.CharField(max_length=2000)


class RiskAcceptanceIn(serializers.Serializer[Any]):
    """Until when, and why."""

    until = InstantField()
    reason = serializers.CharField(max_length=500)


class FindingsView(HouseView):
    """`/api/v1/findings`."""

    system = System.SECURITY
    operations = {"GET": "security.list_findings"}

    @extend_schema(parameters=[FindingQuery], responses=page_of(FindingOut))
    def get(self, request: Request) -> Response:
        """List the findings that the caller may see."""
        return self.page(Finding.objects.visible_to(self.actor), FindingOut, FindingQuery)


class FindingView(HouseView):
    """`/api/v1/findings/{id}`."""

    system = System.SECURITY
    operations = {"GET": "security.read_finding"}
    queryset = Finding.objects.select_related("asset")

    @extend_schema(responses=FindingOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one finding."""
        return self.show(self.subject, FindingOut)


class FindingActView(HouseView):
    """The base of the acts on one finding."""

    system = System.SECURITY
    queryset = Finding.objects.select_related("asset")
    visible_by = "security.read_finding"


class SubmitEvidenceView(FindingActView):
    """`/api/v1/findings/{id}:submit-evidence`."""

    operations = {"POST": "security.submit_evidence"}
    acts = {"POST": (LIFE, "submit")}

    @extend_schema(request=FindingEvidenceIn, responses={200: FindingOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say that it is mended, with evidence; the security administrator confirms."""
        data = self.read(FindingEvidenceIn)
        row = services.submit_evidence(
            finding=self.subject, note=data["note"], sha256=data["sha256"], actor=self.actor
        )
        return self.show(row, FindingOut)


class ConfirmFindingView(FindingActView):
    """`/api/v1/findings/{id}:confirm`."""

    operations = {"POST": "security.confirm_finding"}
    acts = {"POST": (LIFE, "close")}

    @without_body(responses={200: FindingOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Confirm the evidence: closed."""
        return self.show(services.confirm_finding(finding=self.subject, actor=self.actor), FindingOut)


class ReturnFindingView(FindingActView):
    """`/api/v1/findings/{id}:return`."""

    operations = {"POST": "security.return_finding"}
    acts = {"POST": (LIFE, "return")}

    @extend_schema(request=FindingNoteIn, responses={200: FindingOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Send it back to its owner, with why."""
        note = self.read(FindingNoteIn)["note"]
        return self.show(
            services.return_finding(finding=self.subject, note=note, actor=self.actor), FindingOut
        )


class ProposeAcceptanceView(FindingActView):
    """`/api/v1/findings/{id}:propose-acceptance`."""

    operations = {"POST": "security.propose_acceptance"}
    acts = {"POST": (LIFE, "accept")}

    @extend_schema(request=RiskAcceptanceIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to accept the risk until a time; a second administrator approves."""
        data = self.read(RiskAcceptanceIn)
        row = services.propose_acceptance(
            finding=self.subject, until=data["until"], reason=data["reason"], actor=self.actor
        )
        return self.show(row, ProposalOut, status=201)

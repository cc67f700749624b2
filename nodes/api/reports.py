"""Reports over HTTP: draft, review, send, correct, compare; and their totals, alike on both sides."""

import base64
import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn, without_body
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.crypto.digests import content_digest
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.reports import ReportClass
from nodes.adapters.reports.formats import TYPES
from nodes.domain.reports import LIFE, ReportState
from nodes.models import Report
from nodes.selectors.reports import totals
from nodes.services import drafts
from nodes.services import reports as services


class ReportIn(serializers.Serializer[Any]):
    """Which section of which closed period, for whom."""

    upstream = serializers.CharField(max_length=20, default="national", help_text="code of /report-upstreams")
    section = serializers.CharField(max_length=64)
    start = InstantField()
    end = InstantField()


class PlatformAnswerIn(serializers.Serializer[Any]):
    """What a platform answered to a file: the number of its receipt; where it refused, also why."""

    number = serializers.CharField(max_length=64)
    refused = serializers.CharField(max_length=500, default="")


class ReportOut(serializers.ModelSerializer[Report]):
    """A report without its records. Counts and sums carry no marking, also where what they count is marked as 演示数据."""

    class Meta:
        model = Report
        fields = (
            "id",
            "node",
            "upstream",
            "section",
            "kind",
            "start",
            "end",
            "count",
            "sums",
            "state",
            "sequence",
            "supersedes",
            "reason",
            "reviewed_by",
            "sent_by",
            "number",
            "refusal",
            "key_id",
            "created_at",
            "generation",
        )


class DeltaOut(serializers.Serializer[Any]):
    """What a correction changes: the root of the version before, and what each sum rose or fell by."""

    of = serializers.CharField()
    reason = serializers.CharField()
    delta = serializers.DictField(child=serializers.IntegerField())


class NodePartOut(serializers.Serializer[Any]):
    """What one node contributed to a region's report; a node that has not reported the whole period is not complete."""

    node = serializers.CharField()
    complete = serializers.BooleanField()
    count = serializers.IntegerField()
    sums = serializers.DictField(child=serializers.IntegerField())
    root = serializers.CharField(help_text="over its records as it reported them, hex")  # type: ignore[assignment] # its name
    sequence = serializers.IntegerField(
        help_text="of its report on its stream to the region, the last of several, 0 for the region's own"
    )


class ReportWithRecordsOut(ReportOut):
    """A report with its records, as they travel."""

    records = serializers.SerializerMethodField()
    profile = serializers.SerializerMethodField(help_text="the upstream's profile with its version")
    root = serializers.SerializerMethodField(help_text="Merkle root over the records, hex")  # type: ignore[assignment] # its name
    as_of = serializers.SerializerMethodField(help_text="when a section that tells how things stand was read")
    correction = serializers.SerializerMethodField()
    parts = NodePartOut(many=True)

    class Meta(ReportOut.Meta):
        fields = (*ReportOut.Meta.fields, "parts", "profile", "root", "as_of", "correction", "records")  # type: ignore[assignment] # more than the parent's

    def to_representation(self, instance: Report) -> dict[str, Any]:
        """Read the bytes once."""
        self._said = json.loads(bytes(instance.body))
        return super().to_representation(instance)

    def get_records(self, _: Report) -> list[dict[str, Any]]:
        """The records in the bytes that are sent."""
        return list(self._said["records"])

    def get_profile(self, _: Report) -> str:
        """Which version of which profile it follows."""
        return str(self._said.get("profile", ""))

    def get_root(self, _: Report) -> str:
        """The root that the bytes name."""
        return str(self._said.get("root", ""))

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_as_of(self, _: Report) -> str | None:
        """The moment of the reading."""
        at: str | None = self._said.get("as_of")
        return at

    @extend_schema_field(DeltaOut(allow_null=True))
    def get_correction(self, _: Report) -> dict[str, Any] | None:
        """What it says about the version before."""
        correction: dict[str, Any] | None = self._said.get("correction")
        return correction


class DifferenceOut(serializers.Serializer[Any]):
    """One line that differs."""

    pointer = serializers.CharField(
        help_text="into the report's records; - where the report has no such record"
    )
    then = serializers.JSONField(allow_null=True)
    now = serializers.JSONField(allow_null=True)


class ComparisonOut(serializers.Serializer[Any]):
    """A report beside the same section and period read again."""

    same = serializers.BooleanField()
    root_then = serializers.CharField()
    root_now = serializers.CharField()
    differences = DifferenceOut(many=True)


class ReportQuery(PageQuery):
    """Filters of the list."""

    orders = {"start": "start"}

    node = serializers.CharField(required=False)
    upstream = serializers.CharField(required=False)
    section = serializers.CharField(required=False)
    kind = serializers.ChoiceField(ReportClass.choices(), required=False)
    state = serializers.ChoiceField(ReportState.choices(), required=False)
    state__in = any_code(ReportState.choices())
    start__gte = InstantField(required=False)
    end__lt = InstantField(required=False)


class TotalQuery(serializers.Serializer[Any]):
    """The time that whole periods must lie in."""

    since = InstantField(required=False)
    until = InstantField(required=False)


class TotalPartOut(serializers.Serializer[Any]):
    """What one node contributed: in how many reports all of it, in how many some or all was missing, and its sums."""

    node = serializers.CharField()
    reports = serializers.IntegerField()
    missing = serializers.IntegerField()
    sums = serializers.DictField(child=serializers.IntegerField())


class TotalOut(serializers.Serializer[Any]):
    """One section of one node, added up over the reports that count."""

    node = serializers.CharField()
    kind = serializers.CharField()
    section = serializers.CharField()
    reports = serializers.IntegerField()
    records = serializers.IntegerField()
    sums = serializers.DictField(child=serializers.IntegerField())
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    parts = TotalPartOut(
        many=True,
        help_text="of a region with industry nodes: its own first; they are in the sums already. Empty for others",
    )


class TotalsOut(serializers.Serializer[Any]):
    """All totals, by node and section."""

    items = TotalOut(many=True)


class ReportsView(HouseView):
    """`/api/v1/reports`."""

    operations = {"GET": "nodes.list_reports", "POST": "nodes.draft_report"}

    @extend_schema(parameters=[ReportQuery], responses=page_of(ReportOut))
    def get(self, request: Request) -> Response:
        """List reports: this node's own, and those that downstream nodes sent."""
        return self.page(Report.objects.visible_to(self.actor), ReportOut, ReportQuery)

    @extend_schema(request=ReportIn, responses={201: ReportWithRecordsOut})
    def post(self, request: Request) -> Response:
        """Assemble one section of a closed period as a draft."""
        data = self.read(ReportIn)
        row = drafts.draft_report(
            upstream_code=data["upstream"],
            section=data["section"],
            start=data["start"],
            end=data["end"],
            actor=self.actor,
        )
        return self.show(row, ReportWithRecordsOut, status=201, location=f"/api/v1/reports/{row.id}")


class ReportView(HouseView):
    """`/api/v1/reports/{id}`."""

    operations = {"GET": "nodes.read_report"}
    queryset = Report.objects.all()

    @extend_schema(responses=ReportWithRecordsOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one report with its records."""
        return self.show(self.subject, ReportWithRecordsOut)


class ReviewReportView(HouseView):
    """`/api/v1/reports/{id}:review`."""

    operations = {"POST": "nodes.review_report"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"
    acts = {"POST": (LIFE, "review")}

    @without_body(responses={200: ReportOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Let a draft go out as it is."""
        return self.show(services.review_report(report=self.subject, actor=self.actor), ReportOut)


class SendReportView(HouseView):
    """`/api/v1/reports/{id}:send`."""

    operations = {"POST": "nodes.send_report"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"
    acts = {"POST": (LIFE, "sign")}

    @without_body(responses={200: ReportOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Sign a reviewed report and let it go, by another person than its reviewer: onto its stream, or as a file."""
        return self.show(services.send_report(report=self.subject, actor=self.actor), ReportOut)


class CorrectReportView(HouseView):
    """`/api/v1/reports/{id}:correct`."""

    operations = {"POST": "nodes.correct_report"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"
    acts = {"POST": (LIFE, "supersede")}

    @extend_schema(request=ReasonIn, responses={201: ReportWithRecordsOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Draft the next version of a report, with the reason; the one that was sent stays provable."""
        reason = self.read(ReasonIn)["reason"]
        row = services.correct_report(report=self.subject, reason=reason, actor=self.actor)
        return self.show(row, ReportWithRecordsOut, status=201, location=f"/api/v1/reports/{row.id}")


class AcknowledgeReportView(HouseView):
    """`/api/v1/reports/{id}:acknowledge`."""

    operations = {"POST": "nodes.acknowledge_report"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"
    acts = {"POST": (LIFE, "refuse")}

    @extend_schema(request=PlatformAnswerIn, responses={200: ReportOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Note what a platform answered to a file that a person handed in."""
        data = self.read(PlatformAnswerIn)
        row = services.acknowledge_report(
            report=self.subject, number=data["number"], refused=data["refused"], actor=self.actor
        )
        return self.show(row, ReportOut)


class ReportDocumentView(HouseView):
    """`/api/v1/reports/{id}/document`."""

    operations = {"GET": "nodes.read_report_document"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"
    sends = ("Content-Disposition", "Content-Digest", "Cin-Keyid", "Cin-Signature")

    @extend_schema(
        responses={(200, "application/json"): OpenApiTypes.BINARY, (200, "text/csv"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, **_: Any) -> HttpResponse:
        """The very bytes that are signed, in the format of the upstream's profile.

        `Content-Digest` is theirs; once sent, `Cin-Signature` is base64 of the signature by the key `Cin-Keyid` over
        `cin-bytes-v1`, a zero byte and the bytes.
        """
        row = self.subject
        kind, content = services.document(row)
        name = f"{row.section}-{row.start:%Y%m%d}.{'csv' if TYPES[kind].startswith('text/csv') else 'json'}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Digest": content_digest(SUITE.digest_algorithm, content),
            "Cache-Control": "private, no-store",
        }
        if row.signature is not None:
            headers["Cin-Keyid"] = row.key_id
            headers["Cin-Signature"] = base64.b64encode(bytes(row.signature)).decode()
        return HttpResponse(content, content_type=TYPES[kind], headers=headers)


class CompareReportView(HouseView):
    """`/api/v1/reports/{id}/comparison`."""

    operations = {"GET": "nodes.compare_report"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"

    @extend_schema(responses=ComparisonOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read the same section and period again: the same facts give the same root, and each line that differs is named."""
        return Response(ComparisonOut(drafts.compare_report(report=self.subject)).data)


class TotalsView(HouseView):
    """`/api/v1/federation/totals`."""

    operations = {"GET": "nodes.read_totals"}

    @extend_schema(parameters=[TotalQuery], responses=TotalsOut)
    def get(self, request: Request) -> Response:
        """Add up the reports that count: on a region those receipted, on the national node those received."""
        query = self.query(TotalQuery)
        found = totals(since=query.get("since"), until=query.get("until"))
        return Response(TotalsOut({"items": found}).data)

"""Reports over HTTP: draft, review, send, correct; and their totals, alike on both sides."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.reports import ReportClass
from nodes.domain.reports import LIFE, ReportState
from nodes.models import Report
from nodes.selectors.reports import totals
from nodes.services import reports as services


class ReportIn(serializers.Serializer[Any]):
    """Which section of which closed period."""

    section = serializers.CharField(max_length=64)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class CorrectionIn(serializers.Serializer[Any]):
    """Why a report is corrected."""

    reason = serializers.CharField(max_length=500)


class ReportOut(serializers.ModelSerializer[Report]):
    """A report without its records."""

    class Meta:
        model = Report
        fields = (
            "id",
            "node",
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
            "key_id",
            "created_at",
            "generation",
        )


class ReportWithRecordsOut(ReportOut):
    """A report with its records, as they travel."""

    records = serializers.SerializerMethodField()

    class Meta(ReportOut.Meta):
        fields = (*ReportOut.Meta.fields, "records")  # type: ignore[assignment] # one more than the parent's

    def get_records(self, report: Report) -> list[dict[str, Any]]:
        """The records in the bytes that are sent."""
        records: list[dict[str, Any]] = json.loads(bytes(report.body))["records"]
        return records


class ReportQuery(PageQuery):
    """Filters of the list."""

    orders = {"start": "start"}

    node = serializers.CharField(required=False)
    section = serializers.CharField(required=False)
    kind = serializers.ChoiceField(ReportClass.choices(), required=False)
    state = serializers.ChoiceField(ReportState.choices(), required=False)
    state__in = any_code(ReportState.choices())
    start__gte = serializers.DateTimeField(required=False)
    end__lt = serializers.DateTimeField(required=False)


class TotalQuery(serializers.Serializer[Any]):
    """The time that whole periods must lie in."""

    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


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
        row = services.draft_report(
            section=data["section"], start=data["start"], end=data["end"], actor=self.actor
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

    @extend_schema(request=None, responses={200: ReportOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Let a draft go out as it is."""
        return self.show(services.review_report(report=self.subject, actor=self.actor), ReportOut)


class SendReportView(HouseView):
    """`/api/v1/reports/{id}:send`."""

    operations = {"POST": "nodes.send_report"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"
    acts = {"POST": (LIFE, "sign")}

    @extend_schema(request=None, responses={200: ReportOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Sign a reviewed report and put it on its stream to the upstream."""
        return self.show(services.send_report(report=self.subject, actor=self.actor), ReportOut)


class CorrectReportView(HouseView):
    """`/api/v1/reports/{id}:correct`."""

    operations = {"POST": "nodes.correct_report"}
    queryset = Report.objects.all()
    visible_by = "nodes.read_report"
    acts = {"POST": (LIFE, "supersede")}

    @extend_schema(request=CorrectionIn, responses={201: ReportWithRecordsOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Draft the next version of a report, with the reason; the one that was sent stays provable."""
        reason = self.read(CorrectionIn)["reason"]
        row = services.correct_report(report=self.subject, reason=reason, actor=self.actor)
        return self.show(row, ReportWithRecordsOut, status=201, location=f"/api/v1/reports/{row.id}")


class TotalsView(HouseView):
    """`/api/v1/federation/totals`."""

    operations = {"GET": "nodes.read_totals"}

    @extend_schema(parameters=[TotalQuery], responses=TotalsOut)
    def get(self, request: Request) -> Response:
        """Add up the reports that count: on a region those receipted, on the national node those received."""
        query = self.query(TotalQuery)
        found = totals(since=query.get("since"), until=query.get("until"))
        return Response(TotalsOut({"items": found}).data)

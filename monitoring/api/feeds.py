"""Feeds over HTTP: declare, read, what was due and what came, the points themselves."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from monitoring.domain.feeds import LEAST_SECONDS, MOST_SECONDS, FeedClass, FeedState, Method
from monitoring.models import Feed, Telemetry
from monitoring.selectors.feeds import coverage_of, points_of
from monitoring.services.feeds import declare_feed
from monitoring.services.indicators import require_period
from monitoring.services.window import record_view

MOST_ROWS = 1000


class FeedIn(serializers.Serializer[Any]):
    """What the caller's organisation will report, and how often."""

    kind = serializers.ChoiceField(FeedClass.choices())
    resource = serializers.UUIDField(
        required=False,
        allow_null=True,
        default=None,
        help_text="id of a centre, pool or offer of the caller; of applications also the subject of its identifier",
    )
    interval_seconds = PlainIntegerField(min_value=LEAST_SECONDS, max_value=MOST_SECONDS)
    method = serializers.ChoiceField(Method.choices(), default=Method.DECLARED.value)
    filing_number = serializers.CharField(
        max_length=60, default="", allow_blank=True, help_text="applications: 备案号"
    )
    since = InstantField(required=False, default=None, help_text="default now")
    marking = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="演示数据 where its points are invented"
    )


class FeedOut(serializers.ModelSerializer[Feed]):
    """A feed and whether it keeps its time."""

    source = serializers.UUIDField(source="tenant_id")  # type: ignore[assignment] # the field of the profile's name
    state = serializers.ChoiceField(FeedState.choices(), help_text="silent: its data are missing, not zero")

    class Meta:
        model = Feed
        fields = (
            "id",
            "source",
            "kind",
            "resource",
            "interval_seconds",
            "method",
            "filing_number",
            "since",
            "state",
            "last_ts",
            "due_at",
            "marking",
            "created_at",
            "generation",
        )


class FeedQuery(PageQuery):
    """Filters of the list."""

    orders = {"due_at": "due_at"}

    kind = serializers.ChoiceField(FeedClass.choices(), required=False)
    state = serializers.ChoiceField(FeedState.choices(), required=False)
    resource = serializers.UUIDField(required=False)
    state__in = any_code(FeedState.choices())
    kind__in = any_code(FeedClass.choices())
    owner = serializers.UUIDField(required=False, source="tenant_id")


class PeriodQuery(serializers.Serializer[Any]):
    """A half-open period."""

    start = InstantField()
    end = InstantField()


class GapOut(serializers.Serializer[Any]):
    """A span for which nothing came in: missing, not zero."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class CoverageOut(serializers.Serializer[Any]):
    """Expected against received."""

    feed = serializers.UUIDField()
    expected = serializers.IntegerField(help_text="slots of the interval that lie wholly in the period")
    received = serializers.IntegerField(help_text="of these, slots with at least one point")
    percent = serializers.DecimalField(5, 2, allow_null=True, help_text="null where nothing was due")
    missing = GapOut(many=True)


class PointsQuery(serializers.Serializer[Any]):
    """Which points."""

    metric = serializers.CharField(max_length=40)
    after = InstantField(required=False, default=None)
    limit = PlainIntegerField(min_value=1, max_value=MOST_ROWS, default=MOST_ROWS)


class PointOut(serializers.ModelSerializer[Telemetry]):
    """A point: of each instant, the newest correction."""

    class Meta:
        model = Telemetry
        fields = ("metric", "ts", "value", "source_seq", "received_at")


class PointsOut(serializers.Serializer[Any]):
    """Points, oldest first; `after` for the next answer, null at the end."""

    items = PointOut(many=True)
    after = serializers.DateTimeField(allow_null=True)


class FeedsView(HouseView):
    """`/api/v1/feeds`."""

    operations = {"GET": "monitoring.list_feeds", "POST": "monitoring.declare_feed"}

    @extend_schema(parameters=[FeedQuery], responses=page_of(FeedOut))
    def get(self, request: Request) -> Response:
        """List the feeds that the caller may see."""
        return self.page(Feed.objects.visible_to(self.actor), FeedOut, FeedQuery)

    @extend_schema(request=FeedIn, responses={201: FeedOut})
    def post(self, request: Request) -> Response:
        """Declare a feed: from now on its silence is noticed."""
        data = self.read(FeedIn)
        row = declare_feed(
            kind=FeedClass(data["kind"]),
            resource=data["resource"],
            interval_seconds=data["interval_seconds"],
            method=Method(data["method"]),
            filing_number=data["filing_number"],
            since=data["since"],
            marking=data["marking"],
            actor=self.actor,
        )
        return self.show(row, FeedOut, status=201, location=f"/api/v1/feeds/{row.id}")


class FeedView(HouseView):
    """`/api/v1/feeds/{id}`."""

    operations = {"GET": "monitoring.read_feed"}
    queryset = Feed.objects.all()

    @extend_schema(responses=FeedOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one feed."""
        return self.show(self.subject, FeedOut)


class CoverageView(HouseView):
    """`/api/v1/feeds/{id}/coverage`."""

    operations = {"GET": "monitoring.read_coverage"}
    queryset = Feed.objects.all()

    @extend_schema(parameters=[PeriodQuery], responses=CoverageOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Say what was due over a period, what came in, and which spans are missing."""
        query = self.query(PeriodQuery)
        require_period(query["start"], query["end"])
        found = coverage_of(self.subject, query["start"], query["end"])
        body = {
            "feed": self.subject.id,
            "expected": found.expected,
            "received": found.received,
            "percent": found.percent,
            "missing": [{"start": start, "end": end} for start, end in found.gaps[:MOST_ROWS]],
        }
        return Response(CoverageOut(body).data)


class PointsView(HouseView):
    """`/api/v1/feeds/{id}/points`."""

    operations = {"GET": "monitoring.list_points"}
    queryset = Feed.objects.all()
    visible_by = "monitoring.read_feed"

    @extend_schema(parameters=[PointsQuery], responses=PointsOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read the points of one metric; the supervision's look is logged."""
        query = self.query(PointsQuery)
        record_view(view="points", actor=self.actor, subject=self.subject.id, tenant=self.subject.tenant_id)
        rows = points_of(self.subject, query["metric"], after=query["after"], limit=query["limit"])
        more = rows[-1].ts if len(rows) == query["limit"] else None
        return Response(PointsOut({"items": rows, "after": more}).data)

"""Line openings over HTTP."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.decimals import PlainDecimalField
from kernel.api.documents import DocumentField
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.api.evidence import SHA256
from scheduling.api.line_quotes import DeclineIn
from scheduling.api.selections import LineServiceOut
from scheduling.domain.demand import PROTECTIONS
from scheduling.domain.evidence import TESTS, Method
from scheduling.domain.openings import LIFE, LinePath, OpeningState
from scheduling.domain.topologies.disclosures import LONGEST_US
from scheduling.domain.uses import LineUse
from scheduling.domain.verdicts import Verdict
from scheduling.domain.working_days import REAL_DAY
from scheduling.models import LineOpening, LineTest, OpeningStep
from scheduling.models.sites import LINE_SITES
from scheduling.services import openings as services

LONGEST_CABLE_M = 10**6


class LineClockOut(serializers.Serializer[Any]):
    """How fast days pass in this opening."""

    day_seconds = serializers.IntegerField(help_text="86400 is real time")
    accelerated = serializers.BooleanField()


class OpeningStepOut(serializers.ModelSerializer[OpeningStep]):
    """One step of the opening."""

    class Meta:
        model = OpeningStep
        fields = ("act", "at")


class LineStepDueOut(serializers.Serializer[Any]):
    """A step of the line provider's: when it is due, and when it was first taken."""

    act = serializers.CharField()
    due_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class LineTestOut(serializers.ModelSerializer[LineTest]):
    """One end-to-end test of a path; `met` says whether it keeps what was sold, which only a pass does."""

    verdict = serializers.ChoiceField(
        Verdict.choices(), help_text="inconclusive where its interval straddles what was sold"
    )

    class Meta:
        model = LineTest
        fields = (
            "path",
            "method",
            "latency_us",
            "clock_bound_us",
            "loss",
            "samples",
            "measured_at",
            "file_sha256",
            "met",
            "verdict",
            "created_at",
        )


class OpeningSurveyOut(serializers.Serializer[Any]):
    """What the survey of the A end found, of a pair that begins at two sites of both."""

    cable_m = serializers.IntegerField(help_text="metres of cable that have to be laid")
    note = serializers.CharField(allow_blank=True)


class LineOpeningOut(serializers.ModelSerializer[LineOpening]):
    """An opening as the line provider and the user see it."""

    a = serializers.CharField(source="a.key", help_text="key of the site where it begins")
    protection = serializers.ChoiceField(PROTECTIONS)
    protection_a = serializers.CharField(
        source="protection_a.key",
        allow_null=True,
        help_text="of a pair: key of the site where the second path begins, where that is not `a`",
    )
    z = serializers.CharField(source="z.key")
    marking = serializers.CharField(help_text="of the sites at its ends: 演示数据 where one is invented")
    clock = serializers.SerializerMethodField()
    plan = serializers.SerializerMethodField()
    service = DocumentField(
        LineServiceOut,
        allow_null=True,
        help_text="what its product promised when it was sold, and what it is built to",
    )
    survey = OpeningSurveyOut(allow_null=True)
    steps = OpeningStepOut(many=True)
    tests = LineTestOut(many=True)

    class Meta:
        model = LineOpening
        fields = (
            "id",
            "order",
            "provider_id",
            "user_id",
            "use",
            "technology",
            "bandwidth_mbps",
            "a",
            "protection",
            "protection_a",
            "z",
            "below_us",
            "max_loss",
            "service",
            "state",
            "end_class",
            "surveyed",
            "survey",
            "reason",
            "held_until",
            "contracted_at",
            "promised_days",
            "promised_in",
            "due_at",
            "plan",
            "delivered_at",
            "deemed_at",
            "accepted_at",
            "billed_at",
            "removed_at",
            "clock",
            "marking",
            "profile",
            "steps",
            "tests",
            "created_at",
            "generation",
        )

    @extend_schema_field(LineClockOut)
    def get_clock(self, row: LineOpening) -> dict[str, Any]:
        """The clock of the opening, shown as accelerated where it is."""
        return {"day_seconds": row.day_seconds, "accelerated": row.day_seconds != REAL_DAY}

    @extend_schema_field(LineStepDueOut(many=True))
    def get_plan(self, row: LineOpening) -> list[dict[str, Any]]:
        """What is due when: from the contract, and before it as if it were made at once."""
        done: dict[str, Any] = {}
        for step in row.steps.all():
            done.setdefault(step.act, step.at)
        return [
            dict(
                LineStepDueOut(
                    {"act": act, "due_at": datetime.fromisoformat(at), "done_at": done.get(act)}
                ).data
            )
            for act, at in row.due
        ]


class OpeningSurveyIn(serializers.Serializer[Any]):
    """What the survey found: the A end can be built as promised, of a pair that begins at two sites both can."""

    cable_m = PlainIntegerField(min_value=0, max_value=LONGEST_CABLE_M)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class LineTestIn(serializers.Serializer[Any]):
    """An end-to-end test of one path, one way on the optical layer; how much it has to show is in the profile latency_evidence."""

    path = serializers.ChoiceField(
        LinePath.choices(), required=False, help_text="which path was tested: needed for a 1+1 pair"
    )
    method = serializers.ChoiceField([each for each in Method.choices() if each[0] in TESTS])
    latency_us = PlainIntegerField(min_value=0, max_value=LONGEST_US)
    clock_bound_us = PlainIntegerField(min_value=0, max_value=LONGEST_US)
    loss = PlainDecimalField(max_digits=10, decimal_places=9, min_value=0, max_value=1)
    samples = PlainIntegerField(min_value=1, max_value=10**12)
    measured_at = InstantField(
        help_text="not before the contract, nor before the day in China on which the line was configured"
    )
    file_sha256 = serializers.RegexField(SHA256, default="")


class LineOpeningQuery(PageQuery):
    """Filters of openings."""

    orders = {"due_at": "due_at"}

    order = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(OpeningState.choices(), required=False)
    state__in = any_code(OpeningState.choices())
    use = serializers.ChoiceField(LineUse.choices(), required=False)
    technology = serializers.CharField(required=False)
    due_at__lt = InstantField(required=False)
    due_at__gte = InstantField(required=False)


class LineOpeningsView(HouseView):
    """`/api/v1/line-openings`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_openings"}
    alongside = LINE_SITES  # the line ends at its carrier's sites

    @extend_schema(parameters=[LineOpeningQuery], responses=page_of(LineOpeningOut))
    def get(self, request: Request) -> Response:
        """List the openings that the caller is a party to."""
        rows = LineOpening.objects.visible_to(self.actor)
        return self.page(rows.prefetch_related("steps", "tests"), LineOpeningOut, LineOpeningQuery)


class LineOpeningView(HouseView):
    """`/api/v1/line-openings/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_opening"}
    queryset = LineOpening.objects.all()
    alongside = LINE_SITES

    @extend_schema(responses=LineOpeningOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one opening with its steps and tests."""
        return self.show(self.subject, LineOpeningOut)


class LineActView(HouseView):
    """The base of the acts on one opening."""

    system = System.SELECTION
    queryset = LineOpening.objects.all()
    visible_by = "scheduling.read_opening"


class SurveyOpeningView(LineActView):
    """`/api/v1/line-openings/{id}:survey`."""

    operations = {"POST": "scheduling.survey_opening"}
    acts = {"POST": (LIFE, "survey")}

    @extend_schema(request=OpeningSurveyIn, responses={200: LineOpeningOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Report the survey of an A end that has to be built, before the line is taken on."""
        data = self.read(OpeningSurveyIn)
        row = services.survey_opening(
            opening=self.subject, cable_m=data["cable_m"], note=data["note"], actor=self.actor
        )
        return self.show(row, LineOpeningOut)


class DeclineOpeningView(LineActView):
    """`/api/v1/line-openings/{id}:decline`."""

    operations = {"POST": "scheduling.decline_opening"}
    acts = {"POST": (LIFE, "decline")}

    @extend_schema(request=DeclineIn, responses={200: LineOpeningOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say after the survey that the A end cannot be built: the order is cancelled, and nothing stays held."""
        data = self.read(DeclineIn)
        row = services.decline_opening(opening=self.subject, reason=data["reason"], actor=self.actor)
        return self.show(row, LineOpeningOut)


class TakeOnLineView(LineActView):
    """`/api/v1/line-openings/{id}:take-on`."""

    operations = {"POST": "scheduling.take_on_line"}
    acts = {"POST": (LIFE, "take_on")}

    @without_body(responses={200: LineOpeningOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take a contracted line on, to build it."""
        return self.show(services.take_on_line(opening=self.subject, actor=self.actor), LineOpeningOut)


class ConfigureLineView(LineActView):
    """`/api/v1/line-openings/{id}:configure`."""

    operations = {"POST": "scheduling.configure_line"}
    acts = {"POST": (LIFE, "configure")}

    @without_body(responses={200: LineOpeningOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Report that the circuit is configured."""
        return self.show(services.configure_line(opening=self.subject, actor=self.actor), LineOpeningOut)


class ReportTestView(LineActView):
    """`/api/v1/line-openings/{id}:report-test`."""

    operations = {"POST": "scheduling.report_test"}
    acts = {"POST": (LIFE, "deliver")}

    @extend_schema(request=LineTestIn, responses={200: LineOpeningOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Report an end-to-end test of a path: the line is delivered once the test of each that was measured last meets what was sold.

        What is faster than silica fibre is taken once accepted evidence shows hollow core on that path.
        """
        data = self.read(LineTestIn)
        row = services.report_test(
            opening=self.subject,
            path=data.get("path"),
            method=data["method"],
            latency_us=data["latency_us"],
            clock_bound_us=data["clock_bound_us"],
            loss=data["loss"],
            samples=data["samples"],
            measured_at=data["measured_at"],
            file_sha256=data["file_sha256"],
            actor=self.actor,
        )
        return self.show(row, LineOpeningOut)


class AcceptLineView(LineActView):
    """`/api/v1/line-openings/{id}:accept`."""

    operations = {"POST": "scheduling.accept_line"}
    acts = {"POST": (LIFE, "accept")}

    @without_body(responses={200: LineOpeningOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Accept the delivered line, as its user."""
        return self.show(services.accept_line(opening=self.subject, actor=self.actor), LineOpeningOut)

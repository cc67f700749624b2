"""Latency evidence over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.batches import BatchOut, BatchView, Outcome, batch_of, ids_of
from kernel.api.decimals import PlainDecimalField
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.api.networks import SpanOut
from scheduling.domain.evidence import Direction, EvidenceState, Layer, Method, verdict_of
from scheduling.domain.light import Medium
from scheduling.domain.topologies.disclosures import LONGEST_US
from scheduling.domain.verdicts import Verdict
from scheduling.models import EvidenceReview, LatencyEvidence, Span
from scheduling.services.evidence import Measurement, record_evidence, record_measurements, review_evidence

SHA256 = r"^([0-9a-f]{64})?$"


class EvidenceIn(serializers.Serializer[Any]):
    """One measurement of one span or committed line of the caller's; how much it has to show is in the profile latency_evidence."""

    span = serializers.CharField(max_length=64, help_text="key of the span or committed line")
    layer = serializers.ChoiceField(Layer.choices())
    direction = serializers.ChoiceField(Direction.choices())
    method = serializers.ChoiceField(Method.choices())
    medium = serializers.ChoiceField(
        Medium.choices(),
        default=Medium.UNDISCLOSED.value,
        help_text="what it shows that the light runs in; undisclosed: as the span is registered, and no word for hollow core",
    )
    value_us = PlainIntegerField(min_value=0, max_value=LONGEST_US, help_text="as measured")
    clock_bound_us = PlainIntegerField(min_value=0, max_value=LONGEST_US)
    samples = PlainIntegerField(min_value=1, max_value=10**12)
    percentile = PlainDecimalField(max_digits=6, decimal_places=3, min_value=0, max_value=100)
    measured_at = InstantField()
    declarer = serializers.CharField(max_length=100, help_text="who measured")
    file_sha256 = serializers.RegexField(
        SHA256,
        default="",
        help_text="SHA-256 of the report, hex; the node keeps no file, and whoever reviews compares",
    )
    marking = serializers.CharField(max_length=40, default="", allow_blank=True)


class EvidenceReviewOut(serializers.ModelSerializer[EvidenceReview]):
    """What the supervision decided of a record that waited for review."""

    class Meta:
        model = EvidenceReview
        fields = ("decision", "reason", "proof_sha256", "created_at")


class EvidenceOut(serializers.ModelSerializer[LatencyEvidence]):
    """A record of evidence; `upper_us` is one way and counts where it is accepted on the optical layer."""

    span = serializers.CharField(source="span.key")
    state = serializers.ChoiceField(EvidenceState.choices(), source="standing")
    lower_us = serializers.IntegerField(help_text="one way, the lower end of the interval")
    review = EvidenceReviewOut(allow_null=True, default=None)

    expanded = expanded(
        "Evidence",
        span=Related(
            "span_id", "scheduling.list_spans", Span.objects.with_free().select_related("a", "b"), SpanOut
        ),
    )

    class Meta:
        model = LatencyEvidence
        fields = (
            "id",
            "span",
            "layer",
            "direction",
            "method",
            "medium",
            "value_us",
            "clock_bound_us",
            "lower_us",
            "upper_us",
            "samples",
            "percentile",
            "measured_at",
            "declarer",
            "file_sha256",
            "state",
            "review",
            "marking",
            "created_at",
            "expanded",
        )


class EvidenceQuery(PageQuery):
    """Filters of the list."""

    orders = {"measured_at": "measured_at", "upper_us": "upper_us"}

    span = serializers.CharField(required=False, source="span__key")
    state = serializers.ChoiceField(EvidenceState.choices(), required=False, source="worth")
    layer = serializers.ChoiceField(Layer.choices(), required=False)
    method = serializers.ChoiceField(Method.choices(), required=False)
    measured_at__gte = InstantField(required=False)
    measured_at__lt = InstantField(required=False)


def measured(data: Mapping[str, Any]) -> Measurement:
    """The measurement that validated input says."""
    return Measurement(
        span=data["span"],
        layer=data["layer"],
        direction=data["direction"],
        method=data["method"],
        medium=data["medium"],
        value_us=data["value_us"],
        clock_bound_us=data["clock_bound_us"],
        samples=data["samples"],
        percentile=data["percentile"],
        measured_at=data["measured_at"],
        declarer=data["declarer"],
        file_sha256=data["file_sha256"],
        marking=data["marking"],
    )


class EvidenceView(HouseView):
    """`/api/v1/latency-evidence`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_evidence", "POST": "scheduling.record_evidence"}

    @extend_schema(parameters=[EvidenceQuery], responses=page_of(EvidenceOut))
    def get(self, request: Request) -> Response:
        """List latency evidence."""
        rows = LatencyEvidence.objects.visible_to(self.actor).select_related("span", "review")
        return self.page(
            rows.annotate(worth=Coalesce("review__decision", "state")), EvidenceOut, EvidenceQuery
        )

    @extend_schema(request=EvidenceIn, responses={201: EvidenceOut})
    def post(self, request: Request) -> Response:
        """Record a measurement; what light refutes is refused, what only hollow-core fibre could do waits."""
        row = record_evidence(measurement=measured(self.read(EvidenceIn)), actor=self.actor)
        return self.show(row, EvidenceOut, status=201, location=f"/api/v1/latency-evidence/{row.id}")


class EvidenceBatchView(BatchView):
    """`/api/v1/latency-evidence:batch`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.batch_evidence"}
    item = EvidenceIn

    @extend_schema(request=batch_of(EvidenceIn), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Record many measurements; each has its result, or, with `atomic`, all or nothing."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Record the measurements, each judged by the physics of its own span."""
        return ids_of(record_measurements(measurements=[measured(item) for item in items], actor=self.actor))


class EvidenceRecordView(HouseView):
    """`/api/v1/latency-evidence/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_evidence"}
    queryset = LatencyEvidence.objects.select_related("span", "review")

    @extend_schema(responses=EvidenceOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one record, with its review where there was one."""
        return self.show(self.subject, EvidenceOut)


class BoundQuery(serializers.Serializer[Any]):
    """Against what."""

    below_us = PlainIntegerField(
        min_value=1, max_value=LONGEST_US, help_text="a strict bound, one way, on the layer of the record"
    )


class EvidenceVerdictOut(serializers.Serializer[Any]):
    """What one record says about a bound on its own layer."""

    layer = serializers.ChoiceField(Layer.choices())
    state = serializers.ChoiceField(EvidenceState.choices())
    lower_us = serializers.IntegerField()
    upper_us = serializers.IntegerField()
    below_us = serializers.IntegerField()
    verdict = serializers.ChoiceField(Verdict.choices())


class EvidenceVerdictView(HouseView):
    """`/api/v1/latency-evidence/{id}/verdict`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.judge_evidence"}
    queryset = LatencyEvidence.objects.select_related("review")
    visible_by = "scheduling.read_evidence"

    @extend_schema(parameters=[BoundQuery], responses=EvidenceVerdictOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Judge one record against a bound: pass, fail, or inconclusive where its interval straddles it or is not accepted."""
        row, bound = self.subject, self.query(BoundQuery)["below_us"]
        told = {"state": row.standing, "lower_us": row.lower_us, "upper_us": row.upper_us, "below_us": bound}
        return Response(EvidenceVerdictOut({"layer": row.layer, **told, "verdict": verdict_of(**told)}).data)


class EvidenceReviewIn(serializers.Serializer[Any]):
    """Why it is decided so."""

    reason = serializers.CharField(max_length=500)
    proof_sha256 = serializers.RegexField(SHA256, default="", help_text="SHA-256 of what was seen, hex")


class EvidenceAcceptanceIn(EvidenceReviewIn):
    """What proves that the fibre is hollow."""

    proof_sha256 = serializers.RegexField(
        SHA256.replace("?", ""), help_text="SHA-256 of the proof of hollow-core fibre, hex"
    )


class ReviewEvidenceView(HouseView):
    """The base of the two decisions on a record that waits for review."""

    system = System.SELECTION
    queryset = LatencyEvidence.objects.select_related("review")
    visible_by = "scheduling.read_evidence"


class AcceptEvidenceView(ReviewEvidenceView):
    """`/api/v1/latency-evidence/{id}:accept`."""

    operations = {"POST": "scheduling.accept_evidence"}

    @extend_schema(request=EvidenceAcceptanceIn, responses={200: EvidenceOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Accept it on a proof of hollow-core fibre: its upper bound stands for the span from the next snapshot on."""
        data = self.read(EvidenceAcceptanceIn)
        row = review_evidence(evidence=self.subject, act="accept", actor=self.actor, **data)
        return self.show(row, EvidenceOut)


class RefuseEvidenceView(ReviewEvidenceView):
    """`/api/v1/latency-evidence/{id}:refuse`."""

    operations = {"POST": "scheduling.refuse_evidence"}

    @extend_schema(request=EvidenceReviewIn, responses={200: EvidenceOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse it, saying why; the record stays, and a new measurement may be submitted."""
        data = self.read(EvidenceReviewIn)
        row = review_evidence(evidence=self.subject, act="refuse", actor=self.actor, **data)
        return self.show(row, EvidenceOut)

"""Demands over HTTP: state one, have it selected for."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.documents import DocumentField, component
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.parsers import ExactParser
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from marketplace.models import Demand
from marketplace.selectors.demands import count_demands
from marketplace.services import demands as services


@extend_schema_field(component("SelectionInRequest"))
class TermsField(serializers.DictField):
    """A selection's body, handed to its own reader as it came."""


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Transfer",
            summary="搬运数据后计算 / Data to move, then compute",
            value={
                "title": "判读 CT 影像，一周",
                "terms": {
                    "from_site": "sip-weiting",
                    "quantity": 1,
                    "duration_hours": 168,
                    "transfer": {"volume_gb": "20000", "within_hours": 24},
                    "compute": {"kind": "intelligent", "domestic": True},
                },
            },
            request_only=True,
        )
    ]
)
class DemandIn(serializers.Serializer[Any]):
    """What a buyer wants."""

    title = serializers.CharField(max_length=120)
    terms = TermsField(help_text="the body of a selection; read when it is stated, pointers under /terms")


class DemandOut(serializers.ModelSerializer[Demand]):
    """A demand, and the latest selection made for it."""

    terms = DocumentField("SelectionIn")

    class Meta:
        model = Demand
        fields = ("id", "title", "terms", "selection", "created_at", "generation")


class SelectedOut(serializers.Serializer[Any]):
    """The answer to a demand; quote a bundle of `selection` by its index in the answer."""

    demand = serializers.UUIDField()
    selection = serializers.UUIDField()
    snapshot = serializers.CharField()
    answer = DocumentField("AnswerOut", help_text="bundles, reasons, relaxations")
    spans = DocumentField(
        {"type": "object", "additionalProperties": component("SpanEvidenceOut")},
        help_text="what each span's latency rests on",
    )
    near_misses = DocumentField({"type": "array", "items": component("NearMissOut")})
    markings = serializers.ListField(
        child=serializers.CharField(allow_blank=True), help_text="of each bundle, as in the selection"
    )


class DemandQuery(PageQuery):
    """Filters of the list."""

    orders = {"title": "title"}

    title__icontains = serializers.CharField(required=False)
    selection = serializers.UUIDField(required=False)


class CountsQuery(serializers.Serializer[Any]):
    """How far back."""

    months = PlainIntegerField(min_value=1, max_value=120, default=12)


class MonthOfDemandsOut(serializers.Serializer[Any]):
    """How many demands were stated in a month in China."""

    month = serializers.DateField(help_text="its first day")
    demands = serializers.IntegerField()
    buyers = serializers.IntegerField(help_text="that stated them")
    answered = serializers.IntegerField(help_text="of the demands, those for which something was selected")


class DemandCountsOut(serializers.Serializer[Any]):
    """Months with demands, newest first."""

    items = MonthOfDemandsOut(many=True)


class DemandCountsView(HouseView):
    """`/api/v1/demand-counts`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.count_demands"}

    @extend_schema(parameters=[CountsQuery], responses=DemandCountsOut)
    def get(self, request: Request) -> Response:
        """Count the demands of each month; who wanted what is not told."""
        return Response(DemandCountsOut({"items": count_demands(**self.query(CountsQuery))}).data)


class DemandsView(HouseView):
    """`/api/v1/demands`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_demands", "POST": "marketplace.submit_demand"}
    parser_classes = (ExactParser,)

    @extend_schema(parameters=[DemandQuery], responses=page_of(DemandOut))
    def get(self, request: Request) -> Response:
        """List the demands that the caller may see."""
        return self.page(Demand.objects.visible_to(self.actor), DemandOut, DemandQuery)

    @extend_schema(request=DemandIn, responses={201: DemandOut})
    def post(self, request: Request) -> Response:
        """State a demand."""
        data = self.read(DemandIn)
        row = services.submit_demand(title=data["title"], terms=data["terms"], actor=self.actor)
        return self.show(row, DemandOut, status=201, location=f"/api/v1/demands/{row.id}")


class DemandView(HouseView):
    """`/api/v1/demands/{id}`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_demand"}
    queryset = Demand.objects.all()

    @extend_schema(responses=DemandOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one demand."""
        return self.show(self.subject, DemandOut)


class SelectDemandView(HouseView):
    """`/api/v1/demands/{id}:select`."""

    system = System.SERVICE
    operations = {"POST": "marketplace.select_demand"}
    queryset = Demand.objects.all()
    visible_by = "marketplace.read_demand"

    @without_body(responses={200: SelectedOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Select bundles of compute and line that meet the demand."""
        row, selection = services.select_demand(demand=self.subject, actor=self.actor)
        answer = {
            "demand": row.id,
            "selection": selection.id,
            "snapshot": selection.snapshot,
            "answer": selection.answer,
            "spans": selection.spans,
            "near_misses": selection.near_misses,
            "markings": selection.markings,
        }
        return Response(SelectedOut(answer).data)

"""Line products over HTTP: what carries an identifier, why it cannot be sold yet, and what is promised of it."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.decimals import PlainDecimalField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.domain.line_services import ASPECTS
from scheduling.models import LineProduct
from scheduling.selectors.gate import blocks
from scheduling.services.line_products import grade_line_product


class LineProductOut(serializers.ModelSerializer[LineProduct]):
    """A line product; apply for its identifier with kind `line` and its id as subject."""

    line_provider = serializers.CharField(source="provider.key")
    marking = serializers.CharField(help_text="of its tariffs: 演示数据 where one is invented")

    class Meta:
        model = LineProduct
        fields = (
            "id",
            "line_provider",
            "technology",
            "availability",
            *ASPECTS,
            "services_profile",
            "marking",
            "created_at",
            "generation",
        )


class GradeIn(serializers.Serializer[Any]):
    """What is promised of one circuit: a share of a year; null takes the promise back."""

    availability = PlainDecimalField(7, 6, min_value=0, max_value=1, allow_null=True)


class LineBlockOut(serializers.Serializer[Any]):
    """One reason why it cannot be sold."""

    code = serializers.CharField()
    detail = serializers.CharField()


class LineGateOut(serializers.Serializer[Any]):
    """Whether it may be sold now."""

    sellable = serializers.BooleanField()
    blocks = LineBlockOut(many=True)


class LineProductQuery(PageQuery):
    """Filters of the list."""

    orders = {"technology": "technology"}

    technology = serializers.CharField(required=False)
    line_provider = serializers.CharField(required=False, source="provider__key")
    availability_class = serializers.CharField(required=False)
    protection = serializers.CharField(required=False)
    isolation = serializers.CharField(required=False)
    encryption = serializers.CharField(required=False)
    sla = serializers.CharField(required=False)


class LineProductsView(HouseView):
    """`/api/v1/line-products`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_line_products"}

    @extend_schema(parameters=[LineProductQuery], responses=page_of(LineProductOut))
    def get(self, request: Request) -> Response:
        """List line products."""
        rows = LineProduct.objects.visible_to(self.actor).select_related("provider")
        rows = rows.prefetch_related("tariffs")  # for their marking
        return self.page(rows, LineProductOut, LineProductQuery)


class LineProductGateView(HouseView):
    """`/api/v1/line-products/{id}/gate`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_line_gate"}
    queryset = LineProduct.objects.select_related("provider")
    visible_by = "scheduling.list_line_products"

    @extend_schema(responses=LineGateOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Say whether the product may be sold, and if not, why."""
        language = get_language()
        reasons = [
            {"code": block.code, "detail": block.text.within(language)}
            for block in blocks([self.subject.id])[self.subject.id]
        ]
        return Response(LineGateOut({"sellable": not reasons, "blocks": reasons}).data)


class GradeLineProductView(HouseView):
    """`/api/v1/line-products/{id}:grade`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.grade_line_product"}
    queryset = LineProduct.objects.select_related("provider")
    visible_by = "scheduling.list_line_products"

    @extend_schema(request=GradeIn, responses={200: LineProductOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Promise an availability, by which buyers may weigh reliability."""
        row = grade_line_product(product=self.subject, actor=self.actor, **self.read(GradeIn))
        return self.show(row, LineProductOut)

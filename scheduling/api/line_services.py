"""What lines promise, over HTTP: the classes, a product's own, and the public catalogue of lines."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.api.line_products import LineProductOut
from scheduling.domain.line_services import ASPECTS
from scheduling.domain.technologies import Technology
from scheduling.models import LineProduct
from scheduling.selectors.profiles import line_service_profile
from scheduling.selectors.supply import newest_supply
from scheduling.services.line_services import describe_product

CODE = {
    "max_length": 20,
    "default": "",
    "allow_blank": True,
    "help_text": "a code of the profile; empty: not declared",
}


class LineServiceIn(serializers.Serializer[Any]):
    """What a product promises, by the codes of `line-service-profile`."""

    availability_class = serializers.CharField(**CODE)  # type: ignore[arg-type] # DRF's keywords
    protection = serializers.CharField(**CODE)  # type: ignore[arg-type]
    isolation = serializers.CharField(**CODE)  # type: ignore[arg-type]
    encryption = serializers.CharField(**CODE)  # type: ignore[arg-type]
    sla = serializers.CharField(**CODE)  # type: ignore[arg-type]


class ServiceClassOut(serializers.Serializer[Any]):
    """One class: its code, its name, and the figures that it promises, as text."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # the API's word
    figures = serializers.DictField(child=serializers.CharField())


class LineServiceProfileOut(serializers.Serializer[Any]):
    """The classes in force, each aspect's from the least to the most."""

    version = serializers.CharField()
    status = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment] # the API's word
    availability_class = ServiceClassOut(many=True)
    protection = ServiceClassOut(many=True)
    isolation = ServiceClassOut(many=True)
    encryption = ServiceClassOut(many=True)
    sla = ServiceClassOut(many=True)


class CatalogueLineOut(serializers.ModelSerializer[LineProduct]):
    """A line product that is on sale, what it promises, and the steps that it is sold in."""

    line_provider = serializers.CharField(source="provider.key")
    marking = serializers.CharField(help_text="of its tariffs: 演示数据 where one is invented")
    steps_mbps = serializers.SerializerMethodField()
    zones = serializers.SerializerMethodField()

    class Meta:
        model = LineProduct
        fields = (
            "id",
            "line_provider",
            "technology",
            "availability",
            *ASPECTS,
            "services_profile",
            "steps_mbps",
            "zones",
            "marking",
        )

    def get_steps_mbps(self, row: LineProduct) -> list[int]:
        """Its steps, rising."""
        return sorted({tariff.bandwidth_mbps for tariff in row.priced})

    def get_zones(self, row: LineProduct) -> list[str]:
        """The zones that it has prices for."""
        return sorted({tariff.zone for tariff in row.priced})


class CatalogueLineQuery(PageQuery):
    """Filters of the catalogue of lines; `min_…` takes the class or a better one of the profile in force."""

    technology = serializers.ChoiceField(Technology.choices(), required=False)
    line_provider = serializers.CharField(required=False, source="provider__key")
    protection = serializers.CharField(required=False)
    isolation = serializers.CharField(required=False)
    encryption = serializers.CharField(required=False)
    sla = serializers.CharField(required=False)
    min_availability = serializers.CharField(required=False, source="availability_class__in")
    bandwidth_mbps = PlainIntegerField(
        required=False, min_value=1, source="tariffs__bandwidth_mbps", help_text="sold in this step"
    )

    def validate_min_availability(self, value: str) -> list[str]:
        """The class and those above it; nothing for one that the profile lacks."""
        return line_service_profile().at_least("availability_class", value)


class LineServiceProfileView(HouseView):
    """`/api/v1/line-service-profile`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_line_service_profile"}

    @extend_schema(responses=LineServiceProfileOut)
    def get(self, request: Request) -> Response:
        """Read the classes of what lines promise."""
        profile, language = line_service_profile(), get_language()
        classes = {
            aspect: [
                {"code": each.code, "label": each.label.within(language), "figures": each.figures}
                for each in profile.classes[aspect]
            ]
            for aspect in ASPECTS
        }
        words = {name: getattr(profile, name) for name in ("version", "status", "source")}
        return Response(LineServiceProfileOut(words | classes).data)


class DescribeLineProductView(HouseView):
    """`/api/v1/line-products/{id}:describe`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.describe_line_product"}
    queryset = LineProduct.objects.select_related("provider")
    visible_by = "scheduling.list_line_products"

    @extend_schema(request=LineServiceIn, responses={200: LineProductOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say what a product promises; every aspect is set, one that is left out is not declared."""
        data = self.read(LineServiceIn)
        row = describe_product(
            product=self.subject, classes={aspect: data[aspect] for aspect in ASPECTS}, actor=self.actor
        )
        return self.show(row, LineProductOut)


class CatalogueLinesView(HouseView):
    """`/api/v1/catalogue/line-products`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_catalogue_lines"}

    @extend_schema(parameters=[CatalogueLineQuery], responses=page_of(CatalogueLineOut))
    def get(self, request: Request) -> Response:
        """List the line products that are on sale now: those of the newest snapshot."""
        return self.page(on_sale(), CatalogueLineOut, CatalogueLineQuery)


def on_sale() -> QuerySet[LineProduct]:
    """The products that the newest snapshot has prices of, each once."""
    version = newest_supply()
    sold = (
        set()
        if version is None
        else {(row.line_provider, row.technology) for row in version.supply.tariffs.values()}
    )
    within = Q(pk=None)
    for provider, technology in sorted(sold):
        within |= Q(provider__key=provider, technology=technology)
    return (
        LineProduct.objects.filter(within).select_related("provider").prefetch_related("tariffs").distinct()
    )

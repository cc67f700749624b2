"""Compute centres over HTTP."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.fields import DivisionField, KeyField, PlainField, amount
from aggregation.domain.centres import CentreDomain, StorageClass
from aggregation.models import Centre, CentreStore
from aggregation.services.centres import CentreDraft, register_centre, register_centres, set_storage
from kernel.api.batches import BatchOut, BatchView, Outcome, batch_of, ids_of
from kernel.api.bodies import in_words
from kernel.api.decimals import PlainDecimalField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from kernel.text import Text

MOST_PORTS = 10_000


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Centre",
            summary="智算中心 / A centre",
            value={
                "centre": "example-hub",
                "name": "示例智算中心",
                "division": "320509",
                "lat": "31.1933",
                "lon": "120.71758",
                "site": "wujiang",
                "design_racks": 1200,
                "rack_kw": "2.5",
                "pue": "1.22",
                "green_share": "0.45",
                "mlps_level": 3,
                "egress_ports": {"100": 8, "400": 4},
            },
            request_only=True,
        )
    ]
)
class CentreIn(serializers.Serializer[Any]):
    """A compute centre as its provider declares it; what is unknown is null."""

    centre = KeyField(help_text="human key, unique in the node")
    name = PlainField(max_length=120)
    name_en = PlainField(max_length=120, required=False, allow_blank=True)
    division = DivisionField(help_text="GB/T 2260, 6 digits")
    lat = PlainDecimalField(8, 6, min_value=-90, max_value=90, help_text="WGS-84, degrees")
    lon = PlainDecimalField(9, 6, min_value=-180, max_value=180, help_text="WGS-84, degrees")
    site = KeyField(help_text="key of the network site where the centre is reached")
    design_racks = PlainIntegerField(min_value=0, max_value=10**7)
    rack_kw = amount(6, 2)
    pue = PlainDecimalField(5, 3, min_value=1, required=False, allow_null=True)
    green_share = amount(5, 4, most="1", required=False, allow_null=True)
    mlps_level = PlainIntegerField(min_value=1, max_value=4, required=False, allow_null=True)
    region_tags = serializers.ListField(child=PlainField(max_length=40), max_length=20, required=False)
    egress_ports = serializers.DictField(
        child=PlainIntegerField(min_value=0, max_value=MOST_PORTS),
        required=False,
        help_text="Gbps → number of ports",
    )
    domains = serializers.ListField(
        child=serializers.ChoiceField(CentreDomain.choices()), max_length=2, required=False
    )
    carbon_kg_kwh = amount(8, 6, required=False, allow_null=True, help_text="kg CO₂ a kWh of the machines")
    availability = amount(7, 6, most="1", required=False, allow_null=True, help_text="share of a year")
    marking = PlainField(max_length=40, required=False, allow_blank=True)

    def validate_egress_ports(self, value: dict[str, int]) -> dict[str, int]:
        """The ports, each under a rate that is a whole number of Gbps."""
        if wrong := [rate for rate in value if not rate.isdecimal() or not rate.isascii()]:
            raise serializers.ValidationError(
                {wrong[0]: in_words(Text("速率应为整数 Gbps", "a rate is whole Gbps"))}
            )
        return value

    def validate_region_tags(self, value: list[str]) -> list[str]:
        """The tags; the selection files join them by semicolons."""
        if any(";" in tag for tag in value):
            raise serializers.ValidationError(in_words(Text("标签不得含分号", "a tag has no semicolon")))
        return value


class StoreOut(serializers.ModelSerializer[CentreStore]):
    """Storage of one class at a centre: GiB installed for rent, and CNY a GiB and month of 730 hours."""

    class Meta:
        model = CentreStore
        fields = ("storage_class", "gib", "price_cny_gib_month")


class StoreIn(serializers.Serializer[Any]):
    """What there is of a class from now on, and its price from now on."""

    storage_class = serializers.ChoiceField(StorageClass.choices())
    gib = PlainIntegerField(min_value=0, max_value=10**12)
    price_cny_gib_month = amount(14, 4)


class CentreOut(serializers.ModelSerializer[Centre]):
    """A compute centre."""

    centre = serializers.CharField(source="key")
    provider = serializers.UUIDField(source="tenant_id")
    stores = StoreOut(many=True)

    class Meta:
        model = Centre
        fields = (
            "id",
            "centre",
            "provider",
            "name",
            "name_en",
            "division",
            "lat",
            "lon",
            "site",
            "design_racks",
            "rack_kw",
            "pue",
            "green_share",
            "mlps_level",
            "region_tags",
            "egress_ports",
            "domains",
            "carbon_kg_kwh",
            "availability",
            "stores",
            "marking",
            "created_at",
            "generation",
        )


class CentreQuery(PageQuery):
    """Filters of the list."""

    orders = {"centre": "key", "division": "division"}

    division = serializers.CharField(required=False)
    centre = serializers.CharField(required=False, source="key")
    provider = serializers.UUIDField(required=False, source="tenant_id")
    name__icontains = serializers.CharField(required=False)
    division__startswith = serializers.CharField(required=False)


class CentresView(HouseView):
    """`/api/v1/centres`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.list_centres", "POST": "aggregation.register_centre"}

    @extend_schema(parameters=[CentreQuery], responses=page_of(CentreOut))
    def get(self, request: Request) -> Response:
        """List the centres that the caller may see."""
        return self.page(
            Centre.objects.visible_to(self.actor).prefetch_related("stores"), CentreOut, CentreQuery
        )

    @extend_schema(request=CentreIn, responses={201: CentreOut})
    def post(self, request: Request) -> Response:
        """Register a centre; its provider must be certified."""
        facts = dict(self.read(CentreIn))
        row = register_centre(key=facts.pop("centre"), facts=facts, actor=self.actor)
        return self.show(row, CentreOut, status=201, location=f"/api/v1/centres/{row.id}")


class CentresBatchView(BatchView):
    """`/api/v1/centres:batch`."""

    system = System.AGGREGATION
    operations = {"POST": "aggregation.batch_centres"}
    item = CentreIn

    @extend_schema(request=batch_of(CentreIn), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Register many centres; each has its result, or, with `atomic`, all or nothing."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Register the centres."""
        facts = [dict(item) for item in items]
        drafts = [CentreDraft(each.pop("centre"), each) for each in facts]
        return ids_of(register_centres(drafts=drafts, actor=self.actor))


class CentreView(HouseView):
    """`/api/v1/centres/{id}`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_centre"}
    queryset = Centre.objects.prefetch_related("stores")

    @extend_schema(responses=CentreOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one centre."""
        return self.show(self.subject, CentreOut)


class CentreStoresView(HouseView):
    """`/api/v1/centres/{id}:set-storage`."""

    system = System.AGGREGATION
    operations = {"POST": "aggregation.set_storage"}
    queryset = Centre.objects.all()
    visible_by = "aggregation.read_centre"

    @extend_schema(request=StoreIn, responses={200: CentreOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say how much storage of a class the centre rents from now on, and at what price; what is sold stays sold."""
        facts = dict(self.read(StoreIn))
        return self.show(set_storage(centre=self.subject, actor=self.actor, **facts), CentreOut)

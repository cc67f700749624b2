"""The public catalogue: what can be bought now, for anybody."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.domain.pools import PoolKind
from aggregation.models import Offer
from aggregation.selectors.gate import sellable_offers
from aggregation.selectors.offers import marking_of, title_of
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from participants.selectors.organisations import PartyStanding, standings


class CatalogueList(serializers.ListSerializer[Any]):
    """A page of offers; the names of its providers are read at once."""

    names: dict[UUID, PartyStanding]

    def to_representation(self, data: Any) -> list[Any]:
        """The page, each row with its provider's name."""
        rows: list[Offer] = list(data)
        self.names = standings({row.tenant_id for row in rows})
        return super().to_representation(rows)


class CatalogueOfferOut(serializers.ModelSerializer[Offer]):
    """An offer that can be bought now."""

    offer = serializers.CharField(source="key")
    name = serializers.SerializerMethodField()
    provider = serializers.UUIDField(source="tenant_id")
    provider_name = serializers.SerializerMethodField()
    centre = serializers.CharField(source="pool.centre.key")
    division = serializers.CharField(source="pool.centre.division")
    kind = serializers.ChoiceField(PoolKind.choices(), source="pool.kind")
    accelerator = serializers.CharField(source="pool.accelerator", allow_null=True)
    domestic = serializers.BooleanField(source="pool.domestic")
    accelerators = serializers.IntegerField(source="pool.accelerators")
    vcpus = serializers.IntegerField(source="pool.vcpus")
    memory_gib = serializers.DecimalField(14, 6, source="pool.memory_gib")
    price_cny_hour = serializers.DecimalField(18, 6)
    marking = serializers.SerializerMethodField()

    class Meta:
        model = Offer
        list_serializer_class = CatalogueList
        fields = (
            "id",
            "offer",
            "name",
            "provider",
            "provider_name",
            "centre",
            "division",
            "kind",
            "accelerator",
            "domestic",
            "accelerators",
            "vcpus",
            "memory_gib",
            "unit",
            "term",
            "min_hours",
            "price_cny_hour",
            "marking",
        )

    def get_name(self, offer: Offer) -> str:
        """What people call it."""
        return title_of(offer)

    def get_provider_name(self, offer: Offer) -> str:
        """The provider's registered name."""
        page = self.parent
        assert isinstance(page, CatalogueList)  # noqa: S101 - the catalogue has lists only
        return page.names[offer.tenant_id].name

    def get_marking(self, offer: Offer) -> str:
        """演示数据, where the offer or what it stands on is invented."""
        return marking_of(offer)


class CatalogueQuery(PageQuery):
    """Filters of the catalogue."""

    orders = {"available": "available"}

    kind = serializers.ChoiceField(PoolKind.choices(), required=False, source="pool__kind")
    accelerator = serializers.CharField(required=False, source="pool__accelerator")
    centre = serializers.CharField(required=False, source="pool__centre__key")
    division = serializers.CharField(required=False, source="pool__centre__division")
    kind__in = any_code(PoolKind.choices(), source="pool__kind__in")
    domestic = serializers.BooleanField(required=False, source="pool__domestic")
    division__startswith = serializers.CharField(required=False, source="pool__centre__division__startswith")
    available__gte = PlainIntegerField(required=False)


class CatalogueView(HouseView):
    """`/api/v1/catalogue/offers`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.list_catalogue"}

    @extend_schema(parameters=[CatalogueQuery], responses=page_of(CatalogueOfferOut))
    def get(self, request: Request) -> Response:
        """List what can be bought now; whatever the gate stops is not here."""
        rows = sellable_offers().select_related("pool__centre")
        return self.page(rows, CatalogueOfferOut, CatalogueQuery)

"""Offers over HTTP: put up, price, list, withdraw, and why one cannot be sold."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.fields import KeyField, PlainField, amount
from aggregation.api.pools import PoolOut
from aggregation.domain.offers import (
    PRICE_PLACES,
    REPEATED,
    OfferDraft,
    OfferState,
    OfferTerm,
    OfferUnit,
)
from aggregation.domain.pools import PoolKind
from aggregation.models import Offer, Pool
from aggregation.selectors.gate import blocks
from aggregation.services.offers import Listing, Price, change_offer, register_offer
from kernel.api.bodies import in_words
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of, part_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from kernel.tenancy import as_node
from kernel.text import Text

MOST = 10**6
PRICE_DIGITS = 12 + PRICE_PLACES


class OfferItemIn(serializers.Serializer[Any]):
    """An offer of one pool's machines; what it states of the pool again must agree with the pool."""

    offer = KeyField(help_text="human key, unique in the node")
    pool = KeyField(help_text="key of a pool of the caller's")
    unit = serializers.ChoiceField(OfferUnit.choices())
    term = serializers.ChoiceField(OfferTerm.choices(), default=OfferTerm.ON_DEMAND.value)
    min_hours = PlainIntegerField(min_value=1, max_value=MOST)
    price_cny_hour = amount(PRICE_DIGITS, PRICE_PLACES, help_text="CNY an hour for one unit")
    available = PlainIntegerField(min_value=0, max_value=MOST, help_text="most units in one order")
    centre = KeyField(required=False)
    kind = serializers.ChoiceField(PoolKind.choices(), required=False)
    accelerator = PlainField(max_length=80, required=False, allow_null=True)
    domestic = serializers.BooleanField(required=False)
    accelerators = PlainIntegerField(min_value=0, required=False)
    accelerator_memory_gib = amount(12, 6, required=False, allow_null=True)
    vcpus = PlainIntegerField(min_value=0, required=False)
    memory_gib = amount(14, 6, required=False)
    fp64_tflops = amount(16, 6, required=False, allow_null=True)
    fp32_tflops = amount(16, 6, required=False, allow_null=True)
    fp16_tflops = amount(16, 6, required=False, allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Hour",
            summary="按小时 / By the hour",
            value={
                "offer": "example-910b-hour",
                "pool": "example-910b",
                "centre": "example-hub",
                "kind": "intelligent",
                "accelerator": "Ascend 910B",
                "domestic": True,
                "accelerators": 8,
                "accelerator_memory_gib": "64",
                "vcpus": 192,
                "memory_gib": "1536",
                "unit": "machine",
                "min_hours": 1,
                "price_cny_hour": "112.80",
                "available": 6,
            },
            request_only=True,
        )
    ]
)
class OfferIn(OfferItemIn):
    """One offer, listed at once unless it is a draft; its price may begin later and may end."""

    state = serializers.ChoiceField(
        part_of("OfferBeginning", OfferState.DRAFT, OfferState.LISTED),
        default=OfferState.LISTED.value,
    )
    valid_from = InstantField(required=False, allow_null=True, help_text="default: now")
    valid_until = InstantField(required=False, allow_null=True)
    notice_hours = PlainIntegerField(
        min_value=0, max_value=8760, default=0, help_text="how far ahead a booking must be made, at least"
    )
    marking = PlainField(max_length=40, required=False, allow_blank=True)


class OfferChangeIn(serializers.Serializer[Any]):
    """What may change: the price (as a new row of its history), the ceiling, the state."""

    price_cny_hour = amount(PRICE_DIGITS, PRICE_PLACES, required=False)
    valid_from = InstantField(required=False, allow_null=True)
    valid_until = InstantField(required=False, allow_null=True)
    available = PlainIntegerField(min_value=0, max_value=MOST, required=False)
    state = serializers.ChoiceField(
        part_of("OfferNext", OfferState.LISTED, OfferState.WITHDRAWN),
        required=False,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The changes. Raises ValidationError for a period without a price, and for no change at all."""
        dated = sorted({"valid_from", "valid_until"} & set(attrs))
        if dated and "price_cny_hour" not in attrs:
            raise serializers.ValidationError(
                {dated[0]: in_words(Text("须同时给出价格", "comes with a price"))}
            )
        if not attrs:
            raise serializers.ValidationError(in_words(Text("没有任何修改", "nothing to change")))
        return attrs


class OfferOut(serializers.ModelSerializer[Offer]):
    """An offer with the price that stands now."""

    offer = serializers.CharField(source="key")
    provider = serializers.UUIDField(source="tenant_id")
    pool = serializers.CharField(source="pool.key")
    centre = serializers.CharField(source="pool.centre.key")
    price_cny_hour = serializers.DecimalField(18, 6, allow_null=True)
    price_until = serializers.DateTimeField(allow_null=True)

    expanded = expanded(
        "Offer",
        pool=Related(
            "pool_id",
            "aggregation.read_pool",
            Pool.objects.with_free().select_related("centre", "inventory"),
            PoolOut,
        ),
    )

    class Meta:
        model = Offer
        fields = (
            "id",
            "offer",
            "provider",
            "pool",
            "centre",
            "unit",
            "term",
            "min_hours",
            "notice_hours",
            "price_cny_hour",
            "price_until",
            "available",
            "state",
            "marking",
            "created_at",
            "generation",
            "expanded",
        )


class OfferQuery(PageQuery):
    """Filters of the list."""

    orders = {"offer": "key", "available": "available"}

    state = serializers.ChoiceField(OfferState.choices(), required=False)
    pool = serializers.CharField(required=False, source="pool__key")
    offer = serializers.CharField(required=False, source="key")
    state__in = any_code(OfferState.choices())
    provider = serializers.UUIDField(required=False, source="tenant_id")
    centre = serializers.CharField(required=False, source="pool__centre__key")
    kind = serializers.ChoiceField(PoolKind.choices(), required=False, source="pool__kind")
    unit = serializers.ChoiceField(OfferUnit.choices(), required=False)
    term = serializers.ChoiceField(OfferTerm.choices(), required=False)
    available__gte = PlainIntegerField(required=False)


class BlockOut(serializers.Serializer[Any]):
    """One reason for which an offer cannot be sold, with the way out."""

    code = serializers.CharField()
    text = serializers.CharField()
    text_zh = serializers.CharField()
    text_en = serializers.CharField()


class GateOut(serializers.Serializer[Any]):
    """Whether an offer can be sold now, and every reason if it cannot."""

    sellable = serializers.BooleanField()
    blocks = BlockOut(many=True)


def draft_of(data: Mapping[str, Any]) -> OfferDraft:
    """The draft that validated input says."""
    return OfferDraft(
        key=data["offer"],
        pool=data["pool"],
        unit=data["unit"],
        term=data["term"],
        min_hours=data["min_hours"],
        price_cny_hour=data["price_cny_hour"],
        available=data["available"],
        notice_hours=data.get("notice_hours", 0),
        stated={name: data[name] for name in REPEATED if name in data},
    )


def price_of(data: Mapping[str, Any]) -> Price | None:
    """The price that validated input says, if it says one."""
    if "price_cny_hour" not in data:
        return None
    return Price(data["price_cny_hour"], data.get("valid_from"), data.get("valid_until"))


def listing_of(data: Mapping[str, Any]) -> Listing:
    """The offer, its price and how it begins, as validated input says."""
    price = Price(data["price_cny_hour"], data.get("valid_from"), data.get("valid_until"))
    return Listing(draft_of(data), price, OfferState(data["state"]), data.get("marking", ""))


class OffersView(HouseView):
    """`/api/v1/offers`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.list_offers", "POST": "aggregation.register_offer"}

    @extend_schema(parameters=[OfferQuery], responses=page_of(OfferOut))
    def get(self, request: Request) -> Response:
        """List the offers that the caller may see, on sale or not."""
        rows = Offer.objects.visible_to(self.actor).priced().select_related("pool__centre")
        return self.page(rows, OfferOut, OfferQuery)

    @extend_schema(request=OfferIn, responses={201: OfferOut})
    def post(self, request: Request) -> Response:
        """Put up an offer; it is sold once the gate is open for it."""
        new = listing_of(self.read(OfferIn))
        row = register_offer(
            draft=new.draft, price=new.price, state=new.state, marking=new.marking, actor=self.actor
        )
        return self.show(row, OfferOut, status=201, location=f"/api/v1/offers/{row.id}")


class OfferView(HouseView):
    """`/api/v1/offers/{id}`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_offer", "PATCH": "aggregation.change_offer"}
    queryset = Offer.objects.priced().select_related("pool__centre")
    visible_by = "aggregation.read_offer"
    if_match = frozenset({"PATCH"})

    @extend_schema(responses=OfferOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one offer."""
        return self.show(self.subject, OfferOut)

    @extend_schema(request=OfferChangeIn, responses=OfferOut)
    def patch(self, request: Request, **_: Any) -> Response:
        """Change the price, the ceiling or the state; running orders keep what they were sold for."""
        data = self.read(OfferChangeIn)
        row = change_offer(
            offer=self.subject,
            price=price_of(data),
            available=data.get("available"),
            state=OfferState(data["state"]) if "state" in data else None,
            actor=self.actor,
        )
        return self.show(row, OfferOut)


class OfferGateView(HouseView):
    """`/api/v1/offers/{id}/gate`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_offer_gate"}
    queryset = Offer.objects.all()

    @extend_schema(responses=GateOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Say whether the offer can be sold now and, if not, every reason and its way out."""
        with as_node(
            "what keeps an offer from being sold may lie with the pool and the provider that it is of"
        ):
            found = blocks([self.subject.id])[self.subject.id]
        language = get_language()
        reasons = [
            {
                "code": block.code,
                "text": block.text.within(language),
                "text_zh": block.text.zh,
                "text_en": block.text.en,
            }
            for block in found
        ]
        return Response({"sellable": not found, "blocks": reasons})

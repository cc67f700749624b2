"""Allotments over HTTP: a provider sets machines of a pool aside for a reseller, who sells them as a pool of its own."""

from functools import cached_property
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.fields import KeyField
from aggregation.domain.allotments import LIFE, AllotmentState
from aggregation.models import Allotment, Centre, Pool
from aggregation.selectors.allotments import sold_of
from aggregation.services import allotments as services
from kernel.api.bodies import ReasonIn, without_body
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from kernel.tenancy import as_node

MOST = 10**6


class AllotmentIn(serializers.Serializer[Any]):
    """Machines of one of the caller's pools for a reseller; without a window until further notice."""

    pool = KeyField(help_text="key of a pool that the caller registered")
    reseller = serializers.UUIDField(help_text="id of the organisation that is to sell them")
    quantity = PlainIntegerField(min_value=1, max_value=MOST, help_text="machines")
    start = InstantField(required=False, help_text="of a window; default: now")
    end = InstantField(required=False, help_text="of a window; left out: until further notice")


class AllotmentAcceptIn(serializers.Serializer[Any]):
    """The pool as the reseller will know it."""

    pool = KeyField(help_text="key of the reseller's new pool, unique in the node")


class TakeBackIn(serializers.Serializer[Any]):
    """How many machines, at most as many as are unsold."""

    quantity = PlainIntegerField(min_value=1, max_value=MOST)


class AllottedCentreOut(serializers.ModelSerializer[Centre]):
    """The record of the centre where the machines stand."""

    centre = serializers.CharField(source="key")

    class Meta:
        model = Centre
        fields = (
            "id",
            "centre",
            "name",
            "name_en",
            "division",
            "lat",
            "lon",
            "site",
            "pue",
            "green_share",
            "mlps_level",
            "region_tags",
            "egress_ports",
            "domains",
            "carbon_kg_kwh",
            "availability",
        )


class AllottedPoolOut(serializers.ModelSerializer[Pool]):
    """The record of the pool that they are of: one machine of it, and its centre."""

    pool = serializers.CharField(source="key")
    centre = AllottedCentreOut()

    class Meta:
        model = Pool
        fields = (
            "id",
            "pool",
            "centre",
            "kind",
            "accelerator",
            "domestic",
            "accelerators",
            "accelerator_memory_gib",
            "vcpus",
            "memory_gib",
            "fp64_tflops",
            "fp32_tflops",
            "fp16_tflops",
            "power_w",
            "marking",
        )


class AllotmentOut(serializers.ModelSerializer[Allotment]):
    """An allotment as both parties and the supervision see it; to whom it was sold, and at what price, the reseller knows.

    `quantity` is what is set aside now, `sold` the most of it that is sold, held or out of service at any instant, and `part`
    the reseller's pool that it is sold from (null before it accepts).
    """

    provider = serializers.UUIDField(source="tenant_id")
    pool = AllottedPoolOut()
    part = serializers.UUIDField(source="part_id", allow_null=True)
    sold = serializers.SerializerMethodField()

    class Meta:
        model = Allotment
        fields = (
            "id",
            "provider",
            "reseller",
            "pool",
            "part",
            "quantity",
            "sold",
            "start",
            "end",
            "state",
            "accept_until",
            "answer",
            "created_at",
            "ended_at",
            "generation",
        )

    @cached_property
    def taken(self) -> dict[UUID, int]:
        """Part → what is taken of it, asked once for a page."""
        shown = self.instance if self.parent is None else self.parent.instance
        with as_node("how much is sold of an allotment both of its parties are told"):
            return sold_of([shown] if isinstance(shown, Allotment) else shown or ())

    def get_sold(self, row: Allotment) -> int:
        """Machines of it that cannot be taken back now."""
        taken = self.taken
        return taken.get(row.part_id, 0) if row.part_id else 0


class AllotmentQuery(PageQuery):
    """Filters of the list."""

    orders = {"quantity": "quantity"}

    pool = serializers.UUIDField(required=False, source="pool_id")
    provider = serializers.UUIDField(required=False, source="tenant_id")
    reseller = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(AllotmentState.choices(), required=False)
    state__in = any_code(AllotmentState.choices())


class AllotmentsView(HouseView):
    """`/api/v1/allotments`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.list_allotments", "POST": "aggregation.propose_allotment"}
    alongside = ("pool__centre",)  # the reseller is shown what is set aside for it

    @extend_schema(parameters=[AllotmentQuery], responses=page_of(AllotmentOut))
    def get(self, request: Request) -> Response:
        """List the allotments that the caller made or was offered."""
        return self.page(Allotment.objects.visible_to(self.actor), AllotmentOut, AllotmentQuery)

    @extend_schema(request=AllotmentIn, responses={201: AllotmentOut})
    def post(self, request: Request) -> Response:
        """Set machines aside for a reseller, who may take them until `accept_until`; nobody else is sold them meanwhile."""
        data = self.read(AllotmentIn)
        wish = services.Wish(
            pool=data["pool"],
            reseller=data["reseller"],
            quantity=data["quantity"],
            start=data.get("start"),
            end=data.get("end"),
        )
        row = services.propose_allotment(wish=wish, actor=self.actor)
        return self.show(row, AllotmentOut, status=201, location=f"/api/v1/allotments/{row.id}")


class AllotmentView(HouseView):
    """`/api/v1/allotments/{id}`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_allotment"}
    queryset = Allotment.objects.all()
    alongside = ("pool__centre",)

    @extend_schema(responses=AllotmentOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one allotment, with the records of its pool and centre."""
        return self.show(self.subject, AllotmentOut)


class AllotmentActView(HouseView):
    """The base of what moves an allotment."""

    system = System.AGGREGATION
    queryset = Allotment.objects.all()
    visible_by = "aggregation.read_allotment"


class AcceptAllotmentView(AllotmentActView):
    """`/api/v1/allotments/{id}:accept`."""

    operations = {"POST": "aggregation.accept_allotment"}

    @extend_schema(request=AllotmentAcceptIn, responses={200: AllotmentOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take the machines: they are a pool of the caller's, of which it registers offers at its own prices."""
        key = self.read(AllotmentAcceptIn)["pool"]
        row = services.accept_allotment(allotment=self.subject, key=key, actor=self.actor)
        return self.show(row, AllotmentOut)


class DeclineAllotmentView(AllotmentActView):
    """`/api/v1/allotments/{id}:decline`."""

    operations = {"POST": "aggregation.decline_allotment"}

    @extend_schema(request=ReasonIn, responses={200: AllotmentOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Leave what was proposed, with a reason that its provider reads; the machines are free again."""
        reason = self.read(ReasonIn)["reason"]
        row = services.decline_allotment(allotment=self.subject, reason=reason, actor=self.actor)
        return self.show(row, AllotmentOut)


class WithdrawAllotmentView(AllotmentActView):
    """`/api/v1/allotments/{id}:withdraw`."""

    operations = {"POST": "aggregation.withdraw_allotment"}
    acts = {"POST": (LIFE, "withdraw")}

    @without_body(responses={200: AllotmentOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take a proposal back before it is accepted."""
        return self.show(services.withdraw_allotment(allotment=self.subject, actor=self.actor), AllotmentOut)


class TakeBackView(AllotmentActView):
    """`/api/v1/allotments/{id}:take-back`."""

    operations = {"POST": "aggregation.take_back_allotment"}
    acts = {"POST": (LIFE, "take_back")}

    @extend_schema(request=TakeBackIn, responses={200: AllotmentOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take unsold machines back at once; what is sold stays."""
        quantity = self.read(TakeBackIn)["quantity"]
        row = services.take_back(allotment=self.subject, quantity=quantity, actor=self.actor)
        return self.show(row, AllotmentOut)


class EndAllotmentView(AllotmentActView):
    """`/api/v1/allotments/{id}:end`."""

    operations = {"POST": "aggregation.end_allotment"}
    acts = {"POST": (LIFE, "end")}

    @without_body(responses={200: AllotmentOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Sell nothing more of it: the unsold returns at once, the rest as what is sold ends. Either party may."""
        return self.show(services.end_allotment(allotment=self.subject, actor=self.actor), AllotmentOut)

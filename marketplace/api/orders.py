"""Orders over HTTP: place, accept, reject, cancel, accept or refuse the compute."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn, without_body
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from marketplace.api.quotes import QuoteOut
from marketplace.domain.orders import HOLDING, LIFE, REFUSING, AcceptanceSheet, Found, OrderState
from marketplace.models import Order, OrderStep, Quote
from marketplace.selectors.orders import clock_rate
from marketplace.services import acceptance
from marketplace.services import orders as services
from marketplace.services.order_holds import extend_order_hold


class OrderIn(serializers.Serializer[Any]):
    """A quote, under the buyer's own reference."""

    quote = serializers.UUIDField()
    client_ref = serializers.CharField(max_length=64, help_text="yours, unique for ever in your organisation")
    hold = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="a hold of yours that keeps what the quote needs, in the same windows: it becomes the order's",
    )


class OrderOut(serializers.ModelSerializer[Order]):
    """An order as its parties see it; `facts` are the offer, the bundle and the schedule as quoted.

    `clock_rate` is how many seconds of service pass in a second: 1, unless the node's clock is accelerated.
    """

    clock_rate = serializers.SerializerMethodField()
    ends_by = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="when its service is over: as the term does once it runs, as its last window does, or before it runs at the latest then, since others have booked what comes after; null: nobody has",
    )
    deemed_at = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="when silence becomes acceptance of the compute: so many working days after it is there with its line, and as a booking's first window begins at the latest; null before",
    )
    marking = serializers.CharField(help_text="演示数据 where anything that was ordered is invented")

    expanded = expanded(
        "Order",
        quote=Related("quote_id", "marketplace.read_quote", Quote.objects.all(), QuoteOut),
    )

    class Meta:
        model = Order
        fields = (
            "id",
            "client_ref",
            "quote",
            "tenant_id",
            "compute_provider",
            "line_provider",
            "offer",
            "state",
            "reason",
            "facts",
            "compute_fen",
            "storage_fen",
            "line_fen",
            "total_fen",
            "held_until",
            "line_accepted_at",
            "dispatched_at",
            "deemed_at",
            "sheet",
            "line_waived",
            "billing_started_at",
            "ends_by",
            "ended_early",
            "ended_at",
            "stopped_at",
            "stopped_by",
            "clock_rate",
            "marking",
            "created_at",
            "generation",
            "expanded",
        )

    def get_clock_rate(self, _: Order) -> int:
        """The node's, the same for every order."""
        return clock_rate()


class FoundOut(serializers.Serializer[Any]):
    """What was found of compute that was refused, as far as the user told it."""

    cards = serializers.IntegerField(allow_null=True)
    model = serializers.CharField(allow_null=True)
    memory_gib = serializers.IntegerField(allow_null=True, help_text="of one card")


class OrderStepOut(serializers.ModelSerializer[OrderStep]):
    """One step of an order's history; `found` where compute was refused."""

    found = FoundOut(allow_null=True)

    class Meta:
        model = OrderStep
        fields = ("version", "act", "before", "after", "actor_tenant", "cause", "found", "at")


class OrderHistoryOut(OrderOut):
    """An order with its whole history, oldest first."""

    steps = OrderStepOut(many=True)

    class Meta(OrderOut.Meta):
        fields = (*OrderOut.Meta.fields, "steps")  # type: ignore[assignment] # one more than the base


class ComputeAcceptanceIn(serializers.Serializer[Any]):
    """The acceptance sheet: what was received."""

    cards = PlainIntegerField(min_value=0, max_value=10**6)
    model = serializers.CharField(max_length=80)
    memory_gib = PlainIntegerField(min_value=0, max_value=10**6, help_text="of one card")
    waive_line = serializers.BooleanField(
        default=False,
        help_text="start billing the compute before its line is accepted, though not before its carrier has confirmed it",
    )


class ComputeRefusalIn(serializers.Serializer[Any]):
    """Why the compute is refused, and what was found, as far as it is known."""

    reason = serializers.CharField(max_length=500)
    cards = PlainIntegerField(min_value=0, max_value=10**6, required=False, allow_null=True)
    model = serializers.CharField(max_length=80, required=False, allow_null=True)
    memory_gib = PlainIntegerField(
        min_value=0, max_value=10**6, required=False, allow_null=True, help_text="of one card"
    )


class OrderQuery(PageQuery):
    """Filters of the list."""

    orders = {"total_fen": "total_fen"}

    state = serializers.ChoiceField(OrderState.choices(), required=False)
    client_ref = serializers.CharField(required=False)
    state__in = any_code(OrderState.choices())
    quote = serializers.UUIDField(required=False)
    offer = serializers.UUIDField(required=False)
    tenant_id = serializers.UUIDField(required=False)
    compute_provider = serializers.UUIDField(required=False)
    line_provider = serializers.UUIDField(required=False)
    stopped_by = serializers.UUIDField(required=False)


class OrdersView(HouseView):
    """`/api/v1/orders`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_orders", "POST": "marketplace.place_order"}

    @extend_schema(parameters=[OrderQuery], responses=page_of(OrderOut))
    def get(self, request: Request) -> Response:
        """List the orders that the caller may see."""
        return self.page(Order.objects.visible_to(self.actor), OrderOut, OrderQuery)

    @extend_schema(request=OrderIn, responses={201: OrderOut})
    def post(self, request: Request) -> Response:
        """Order a quote: compute and every span of its line are held together, or nothing is."""
        data = self.read(OrderIn)
        row = services.place_order(
            quote=data["quote"], client_ref=data["client_ref"], hold=data.get("hold"), actor=self.actor
        )
        return self.show(row, OrderOut, status=201, location=f"/api/v1/orders/{row.id}")


class OrderView(HouseView):
    """`/api/v1/orders/{id}`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_order"}
    queryset = Order.objects.all()

    @extend_schema(responses=OrderHistoryOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one order with its history."""
        return self.show(self.subject, OrderHistoryOut)


class OrderActView(HouseView):
    """The base of the acts on one order."""

    system = System.SERVICE
    queryset = Order.objects.all()
    visible_by = "marketplace.read_order"


class AcceptOrderView(OrderActView):
    """`/api/v1/orders/{id}:accept`."""

    operations = {"POST": "marketplace.accept_order"}

    @without_body(responses={200: OrderOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Accept the caller's part; the second acceptance makes the contract and starts delivery."""
        return self.show(services.accept_order(order=self.subject, actor=self.actor), OrderOut)


class RejectOrderView(OrderActView):
    """`/api/v1/orders/{id}:reject`."""

    operations = {"POST": "marketplace.reject_order"}
    acts = {"POST": (LIFE, "reject")}

    @extend_schema(request=ReasonIn, responses={200: OrderOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse the caller's part with a reason; everything held is free again."""
        reason = self.read(ReasonIn)["reason"]
        return self.show(services.reject_order(order=self.subject, reason=reason, actor=self.actor), OrderOut)


class CancelOrderView(OrderActView):
    """`/api/v1/orders/{id}:cancel`."""

    operations = {"POST": "marketplace.cancel_order"}
    acts = {"POST": (LIFE, "cancel")}

    @extend_schema(request=ReasonIn, responses={200: OrderOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Withdraw: nothing is owed. Once compute and line are both there only while maintenance, or an instruction to anybody else, is in its way.

        After that, and once it is billed, an order is ended (`:end`).
        """
        reason = self.read(ReasonIn)["reason"]
        return self.show(services.cancel_order(order=self.subject, reason=reason, actor=self.actor), OrderOut)


class EndOrderView(OrderActView):
    """`/api/v1/orders/{id}:end`."""

    operations = {"POST": "marketplace.end_order"}
    acts = {"POST": (LIFE, "end")}

    @extend_schema(request=ReasonIn, responses={200: OrderOut})
    def post(self, request: Request, **_: Any) -> Response:
        """End an order that is delivered before its term: all is owed as used, and of the line at least its one-off and minimum term.

        What could be cancelled is (`:cancel`). A line by the hour has no minimum term; neither is one owed where late delivery had cut the service short.
        """
        reason = self.read(ReasonIn)["reason"]
        row = services.end_order_early(order=self.subject, reason=reason, actor=self.actor)
        return self.show(row, OrderOut)


class ExtendOrderHoldView(OrderActView):
    """`/api/v1/orders/{id}:extend-hold`."""

    operations = {"POST": "marketplace.extend_order_hold"}
    acts = {"POST": (HOLDING, "extend_hold")}

    @without_body(responses={200: OrderOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Hold for another day from now while providers have not both accepted; 72 hours in all.

        Not where the line's carrier keeps it by its own interface: it was asked once for how long.
        """
        return self.show(extend_order_hold(order=self.subject, actor=self.actor), OrderOut)


class AcceptComputeView(OrderActView):
    """`/api/v1/orders/{id}:accept-compute`."""

    operations = {"POST": "marketplace.accept_compute"}
    acts = {"POST": (LIFE, "accept_compute")}

    @extend_schema(request=ComputeAcceptanceIn, responses={200: OrderOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Accept the compute; billing of both parts starts once the line is accepted too, or is waived.

        Silence is acceptance as of `deemed_at`; what is not as ordered is refused (`:refuse-compute`).
        """
        data = self.read(ComputeAcceptanceIn)
        sheet = AcceptanceSheet(cards=data["cards"], model=data["model"], memory_gib=data["memory_gib"])
        row = acceptance.accept_compute(
            order=self.subject, sheet=sheet, line_waived=data["waive_line"], actor=self.actor
        )
        return self.show(row, OrderOut)


class RefuseComputeView(OrderActView):
    """`/api/v1/orders/{id}:refuse-compute`."""

    operations = {"POST": "marketplace.refuse_compute"}
    acts = {"POST": (REFUSING, "refuse_compute")}

    @extend_schema(request=ComputeRefusalIn, responses={200: OrderOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse compute that is not as ordered: its provider dispatches it again, and silence accepts nothing until it is there.

        Until then the order is cancelled free of charge; the third refusal cancels it.
        """
        data = self.read(ComputeRefusalIn)
        found = Found(**{name: data.get(name) for name in ("cards", "model", "memory_gib")})
        row = acceptance.refuse_compute(
            order=self.subject, reason=data["reason"], found=found, actor=self.actor
        )
        return self.show(row, OrderOut)

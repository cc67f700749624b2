"""Metering over HTTP: a provider's readings, what both meters say, and the user's dispute."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn, in_words
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.domain.windows import Window
from kernel.systems import System
from kernel.text import Text
from marketplace.api.orders import OrderOut
from marketplace.domain.metering import USAGE_LIFE, UsageState
from marketplace.models import MeterRecord, Order, Usage
from marketplace.services import meters as services


class MeterRecordIn(serializers.Serializer[Any]):
    """One reading of the provider's meter; (order, sequence) is its natural key."""

    order = serializers.UUIDField()
    sequence = PlainIntegerField(min_value=1, max_value=2**62)
    window_start = InstantField()
    window_end = InstantField()
    machine_seconds = PlainIntegerField(min_value=0, max_value=10**12)
    corrects = serializers.UUIDField(required=False, allow_null=True, help_text="the reading it replaces")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A window is at least a second long."""
        if (attrs["window_end"] - attrs["window_start"]).total_seconds() < 1:
            raise serializers.ValidationError(
                {"window_end": in_words(Text("窗口至少一秒", "the window is at least a second long"))}
            )
        return attrs


class MeterRecordOut(serializers.ModelSerializer[MeterRecord]):
    """One reading."""

    class Meta:
        model = MeterRecord
        fields = ("id", "source", "sequence", "window_start", "window_end", "machine_seconds", "corrects")


class UsageOut(serializers.ModelSerializer[Usage]):
    """A window's two readings, reconciled; `machine_seconds` is what both bear out."""

    provider_record = MeterRecordOut()
    node_record = MeterRecordOut()

    expanded = expanded(
        "Usage",
        order=Related("order_id", "marketplace.read_order", Order.objects.all(), OrderOut),
    )

    class Meta:
        model = Usage
        fields = (
            "id",
            "order",
            "state",
            "machine_seconds",
            "reason",
            "profile",
            "provider_record",
            "node_record",
            "generation",
            "expanded",
        )


class UsageQuery(PageQuery):
    """Filters of the list."""

    orders = {"window_end": "window_end"}

    order = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(UsageState.choices(), required=False)
    state__in = any_code(UsageState.choices())
    window_end__gte = InstantField(required=False)
    window_end__lt = InstantField(required=False)


class MeterRecordsView(HouseView):
    """`/api/v1/meter-records`."""

    system = System.SERVICE
    operations = {"POST": "marketplace.record_usage"}
    natural_key = True

    @extend_schema(request=MeterRecordIn, responses={201: UsageOut, 200: UsageOut})
    def post(self, request: Request) -> Response:
        """Report a window's machine-seconds; the node's own reading is set beside it at once."""
        data = self.read(MeterRecordIn)
        usage, new = services.record_usage(
            order=data["order"],
            window=Window(data["window_start"], data["window_end"]),
            machine_seconds=data["machine_seconds"],
            sequence=data["sequence"],
            corrects=data.get("corrects"),
            actor=self.actor,
        )
        return self.show(usage, UsageOut, status=201 if new else 200)


class UsagesView(HouseView):
    """`/api/v1/usages`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_usages"}

    @extend_schema(parameters=[UsageQuery], responses=page_of(UsageOut))
    def get(self, request: Request) -> Response:
        """List what was metered, with both readings."""
        rows = Usage.objects.visible_to(self.actor).select_related("provider_record", "node_record")
        return self.page(rows, UsageOut, UsageQuery)


class DisputeUsageView(HouseView):
    """`/api/v1/usages/{id}:dispute`."""

    system = System.SERVICE
    operations = {"POST": "marketplace.dispute_usage"}
    queryset = Usage.objects.all()
    visible_by = "marketplace.list_usages"
    acts = {"POST": (USAGE_LIFE, "dispute")}

    @extend_schema(request=ReasonIn, responses={200: UsageOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Dispute a usage: it is not settled until the provider corrects it."""
        reason = self.read(ReasonIn)["reason"]
        return self.show(
            services.dispute_usage(usage=self.subject, reason=reason, actor=self.actor), UsageOut
        )

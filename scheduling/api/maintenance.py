"""Maintenance over HTTP: declare a window of a pool or a span, call it off, and see which bookings it hits."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words, without_body
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.domain.windows import Window
from kernel.systems import System
from kernel.text import Text
from scheduling.domain.maintenance import LIFE, MaintenanceState
from scheduling.models import BookingConflict, Maintenance
from scheduling.services import maintenance as services


class MaintenanceIn(serializers.Serializer[Any]):
    """What is out of service from when to when, and why; without a quantity all of it."""

    resource = serializers.UUIDField(help_text="id of a pool or a span of the caller's")
    start = InstantField()
    end = InstantField()
    quantity = PlainIntegerField(
        min_value=1, max_value=10**12, required=False, allow_null=True, help_text="machines, or Mbps"
    )
    reason = serializers.CharField(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The declaration. Raises ValidationError for a window that ends before it begins."""
        if attrs["end"] <= attrs["start"]:
            text = Text("须晚于 start", "must lie after start")
            raise serializers.ValidationError({"end": in_words(text)})
        return attrs


class MaintenanceOut(serializers.ModelSerializer[Maintenance]):
    """A window of maintenance; `conflicts` are bookings that stand although less is left than they need."""

    class Meta:
        model = Maintenance
        fields = (
            "id",
            "tenant_id",
            "resource",
            "unit",
            "quantity",
            "start",
            "end",
            "reason",
            "state",
            "conflicts",
            "created_at",
            "generation",
        )


class MaintenanceQuery(PageQuery):
    """Filters of the list."""

    orders = {"start": "start"}

    resource = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(MaintenanceState.choices(), required=False)
    end__gte = InstantField(required=False)
    start__lt = InstantField(required=False)


class BookingConflictOut(serializers.ModelSerializer[BookingConflict]):
    """A booking that maintenance hits; `bundle` is the order, or the hold, line quote, allotment or change of a line that is none yet."""

    unit = serializers.CharField(source="maintenance.unit")
    start = serializers.DateTimeField(source="maintenance.start")
    end = serializers.DateTimeField(source="maintenance.end")
    reason = serializers.CharField(source="maintenance.reason")

    class Meta:
        model = BookingConflict
        fields = (
            "id",
            "tenant_id",
            "provider",
            "maintenance",
            "bundle",
            "unit",
            "start",
            "end",
            "reason",
            "closed_at",
            "created_at",
        )


class BookingConflictQuery(PageQuery):
    """Filters of the list."""

    bundle = serializers.UUIDField(required=False)
    maintenance = serializers.UUIDField(required=False)
    open = serializers.BooleanField(required=False, source="closed_at__isnull")


class MaintenancesView(HouseView):
    """`/api/v1/maintenance-windows`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_maintenance", "POST": "scheduling.declare_maintenance"}

    @extend_schema(parameters=[MaintenanceQuery], responses=page_of(MaintenanceOut))
    def get(self, request: Request) -> Response:
        """List the windows that the caller declared, or, for those who watch, all."""
        return self.page(Maintenance.objects.visible_to(self.actor), MaintenanceOut, MaintenanceQuery)

    @extend_schema(request=MaintenanceIn, responses={201: MaintenanceOut})
    def post(self, request: Request) -> Response:
        """Declare one: nothing more is sold there, bookings stand, and those that it hits are told."""
        data = self.read(MaintenanceIn)
        row = services.declare_maintenance(
            resource=data["resource"],
            window=Window(data["start"], data["end"]),
            quantity=data.get("quantity"),
            reason=data["reason"],
            actor=self.actor,
        )
        return self.show(row, MaintenanceOut, status=201, location=f"/api/v1/maintenance-windows/{row.id}")


class MaintenanceView(HouseView):
    """`/api/v1/maintenance-windows/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_maintenance"}
    queryset = Maintenance.objects.all()

    @extend_schema(responses=MaintenanceOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one window."""
        return self.show(self.subject, MaintenanceOut)


class CancelMaintenanceView(HouseView):
    """`/api/v1/maintenance-windows/{id}:cancel`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.cancel_maintenance"}
    queryset = Maintenance.objects.all()
    visible_by = "scheduling.read_maintenance"
    acts = {"POST": (LIFE, "cancel")}

    @without_body(responses={200: MaintenanceOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Call it off: what it took is sold again, and its conflicts are over."""
        row = services.cancel_maintenance(maintenance=self.subject, actor=self.actor)
        return self.show(row, MaintenanceOut)


class BookingConflictsView(HouseView):
    """`/api/v1/booking-conflicts`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_booking_conflicts"}
    alongside = ("maintenance",)

    @extend_schema(parameters=[BookingConflictQuery], responses=page_of(BookingConflictOut))
    def get(self, request: Request) -> Response:
        """List the bookings of the caller's, or with it, that maintenance hits."""
        rows = BookingConflict.objects.visible_to(self.actor)
        return self.page(rows, BookingConflictOut, BookingConflictQuery)

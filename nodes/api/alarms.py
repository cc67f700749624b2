"""Alarms of the federation over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from nodes.domain.alarms import AlarmKind
from nodes.models import NodeAlarm
from nodes.services.alarms import close_alarm


class NodeAlarmOut(serializers.ModelSerializer[NodeAlarm]):
    """What a stream calls a person for, and what the peer said where it said why; `closed_at` is null while it is open."""

    peer = serializers.CharField(source="peer.code")

    class Meta:
        model = NodeAlarm
        fields = (
            "id",
            "peer",
            "stream",
            "kind",
            "sequence",
            "words",
            "times",
            "created_at",
            "last_at",
            "closed_at",
        )


class NodeAlarmQuery(PageQuery):
    """Filters of the list."""

    orders = {"last_at": "last_at"}

    kind = serializers.ChoiceField(AlarmKind.choices(), required=False)
    open = serializers.BooleanField(source="closed_at__isnull", required=False, allow_null=True, default=None)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Leave the filter out where nobody asked."""
        values: dict[str, Any] = super().to_internal_value(data)
        return {name: value for name, value in values.items() if value is not None}

    kind__in = any_code(AlarmKind.choices())
    node = serializers.CharField(required=False, source="peer__code")
    last_at__gte = InstantField(required=False)


class NodeAlarmsView(HouseView):
    """`/api/v1/node-alarms`."""

    operations = {"GET": "nodes.list_alarms"}

    @extend_schema(parameters=[NodeAlarmQuery], responses=page_of(NodeAlarmOut))
    def get(self, request: Request) -> Response:
        """List what the streams call for: holes, equivocations, refusals, silent peers."""
        rows = NodeAlarm.objects.visible_to(self.actor).select_related("peer")
        return self.page(rows, NodeAlarmOut, NodeAlarmQuery)


class CloseAlarmView(HouseView):
    """`/api/v1/node-alarms/{id}:close`."""

    operations = {"POST": "nodes.close_alarm"}
    queryset = NodeAlarm.objects.select_related("peer")
    visible_by = "nodes.list_alarms"

    @without_body(responses={200: NodeAlarmOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Close an alarm that a person has looked at."""
        return self.show(close_alarm(alarm=self.subject, actor=self.actor), NodeAlarmOut)

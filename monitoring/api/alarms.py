"""Alarms over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from monitoring.api.feeds import FeedOut
from monitoring.domain.alarms import LIFE, AlarmKind, AlarmState
from monitoring.models import Alarm, Feed
from monitoring.services.alarms import acknowledge_alarm, close_alarm


class AlarmOut(serializers.ModelSerializer[Alarm]):
    """An alarm: what, on which feed, how often, and how it stands."""

    expanded = expanded(
        "Alarm",
        feed=Related("feed_id", "monitoring.read_feed", Feed.objects.all(), FeedOut),
    )

    class Meta:
        model = Alarm
        fields = (
            "id",
            "kind",
            "feed",
            "metric",
            "state",
            "count",
            "first_at",
            "last_at",
            "value",
            "rule",
            "note",
            "created_at",
            "generation",
            "expanded",
        )


class AlarmQuery(PageQuery):
    """Filters of the list."""

    orders = {"last_at": "last_at"}

    kind = serializers.ChoiceField(AlarmKind.choices(), required=False)
    state = serializers.ChoiceField(AlarmState.choices(), required=False)
    feed = serializers.UUIDField(required=False)
    state__in = any_code(AlarmState.choices())
    kind__in = any_code(AlarmKind.choices())
    metric = serializers.CharField(required=False)
    last_at__gte = InstantField(required=False)
    last_at__lt = InstantField(required=False)


class NoteIn(serializers.Serializer[Any]):
    """What it was."""

    note = serializers.CharField(max_length=500)


class AlarmsView(HouseView):
    """`/api/v1/monitoring/alarms`."""

    system = System.MONITORING
    operations = {"GET": "monitoring.list_alarms"}

    @extend_schema(parameters=[AlarmQuery], responses=page_of(AlarmOut))
    def get(self, request: Request) -> Response:
        """List the alarms that the caller may see."""
        rows = Alarm.objects.select_related("feed").visible_to(self.actor)
        return self.page(rows, AlarmOut, AlarmQuery)


class AcknowledgeAlarmView(HouseView):
    """`/api/v1/monitoring/alarms/{id}:acknowledge`."""

    system = System.MONITORING
    operations = {"POST": "monitoring.acknowledge_alarm"}
    queryset = Alarm.objects.select_related("feed")
    visible_by = "monitoring.list_alarms"
    acts = {"POST": (LIFE, "acknowledge")}

    @without_body(responses={200: AlarmOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say that somebody looks into it."""
        return self.show(acknowledge_alarm(alarm=self.subject, actor=self.actor), AlarmOut)


class CloseMonitoringAlarmView(HouseView):
    """`/api/v1/monitoring/alarms/{id}:close`."""

    system = System.MONITORING
    operations = {"POST": "monitoring.close_alarm"}
    queryset = Alarm.objects.select_related("feed")
    visible_by = "monitoring.list_alarms"
    acts = {"POST": (LIFE, "close")}

    @extend_schema(request=NoteIn, responses={200: AlarmOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Close it with a note."""
        note = self.read(NoteIn)["note"]
        return self.show(close_alarm(alarm=self.subject, note=note, actor=self.actor), AlarmOut)

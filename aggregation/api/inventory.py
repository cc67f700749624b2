"""Heartbeats over HTTP: a provider's agent reports the machines of its pools."""

from collections import Counter
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.agents import AgentOut
from aggregation.api.fields import KeyField
from aggregation.domain.inventory import Reading, Verdict
from aggregation.models import Agent, Heartbeat
from aggregation.services.inventory import Beat, report_inventory
from kernel.api.bodies import in_words
from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from kernel.text import Text

MOST = 10**6
MOST_POOLS = 1000


class ReadingIn(serializers.Serializer[Any]):
    """One pool's machines at the time of observation."""

    pool = KeyField()
    machines_total = PlainIntegerField(min_value=0, max_value=MOST, help_text="installed (K1)")
    machines_free = PlainIntegerField(
        min_value=0, max_value=MOST, help_text="idle and at this node's disposal"
    )
    machines_serving = PlainIntegerField(
        min_value=0, max_value=MOST, default=0, help_text="running orders of this node"
    )
    faulty = PlainIntegerField(min_value=0, max_value=MOST, default=0, help_text="out of service")


class HeartbeatIn(serializers.Serializer[Any]):
    """One heartbeat; its own key is (agent, sequence), so it needs no Idempotency-Key."""

    agent = KeyField()
    sequence = PlainIntegerField(min_value=1, max_value=2**63 - 1)
    observed_at = InstantField()
    pools = ReadingIn(many=True, allow_empty=False)

    def validate_pools(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The readings, at most one for each pool."""
        if len(value) > MOST_POOLS:
            raise serializers.ValidationError(
                in_words(Text(f"不超过 {MOST_POOLS} 个资源池", f"at most {MOST_POOLS} pools")), "max_length"
            )
        named = [reading["pool"] for reading in value]
        if twice := sorted(pool for pool, times in Counter(named).items() if times > 1):
            raise serializers.ValidationError(
                in_words(Text(f"{twice[0]} 重复", f"{twice[0]} is there twice")), "duplicate"
            )
        return value


class ReadingOut(serializers.Serializer[Any]):
    """One reading, and what became of it."""

    pool = serializers.CharField()
    machines_total = serializers.IntegerField(source="total")
    machines_free = serializers.IntegerField(source="free")
    machines_serving = serializers.IntegerField(source="serving")
    faulty = serializers.IntegerField()
    verdict = serializers.ChoiceField(Verdict.choices())


class HeartbeatOut(serializers.ModelSerializer[Heartbeat]):
    """A heartbeat as it was kept."""

    agent = serializers.CharField(source="agent.key")
    pools = ReadingOut(source="readings", many=True)
    received_at = serializers.DateTimeField(source="created_at")

    expanded = expanded(
        "Heartbeat",
        agent=Related("agent_id", "aggregation.read_agent", Agent.objects.all(), AgentOut),
    )

    class Meta:
        model = Heartbeat
        fields = ("id", "agent", "sequence", "observed_at", "received_at", "pools", "expanded")


class HeartbeatQuery(PageQuery):
    """Filters of the list."""

    orders = {"observed_at": "observed_at"}

    agent = serializers.CharField(required=False, source="agent__key")
    observed_at__gte = InstantField(required=False)
    observed_at__lt = InstantField(required=False)


class HeartbeatsView(HouseView):
    """`/api/v1/inventory/heartbeats`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.list_heartbeats", "POST": "aggregation.report_inventory"}
    natural_key = True

    @extend_schema(parameters=[HeartbeatQuery], responses=page_of(HeartbeatOut))
    def get(self, request: Request) -> Response:
        """List the heartbeats that the caller may see, newest first."""
        return self.page(
            Heartbeat.objects.visible_to(self.actor).select_related("agent"), HeartbeatOut, HeartbeatQuery
        )

    @extend_schema(request=HeartbeatIn, responses={200: HeartbeatOut})
    def post(self, request: Request) -> Response:
        """Take a heartbeat; each reading gets its verdict, and a replay the same answer again."""
        data = self.read(HeartbeatIn)
        beat = Beat(
            agent=data["agent"],
            sequence=data["sequence"],
            observed_at=data["observed_at"],
            readings=[
                Reading(
                    pool=reading["pool"],
                    total=reading["machines_total"],
                    free=reading["machines_free"],
                    serving=reading["machines_serving"],
                    faulty=reading["faulty"],
                )
                for reading in data["pools"]
            ],
        )
        return self.show(report_inventory(beat=beat, actor=self.actor), HeartbeatOut)

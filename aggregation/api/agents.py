"""Providers' agents over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.fields import KeyField
from aggregation.models import Agent
from aggregation.services.agents import change_agent, register_agent
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System

LONGEST_URL = 500


class AgentIn(serializers.Serializer[Any]):
    """An agent and where the node calls it; what the node sends there is signed by the node."""

    agent = KeyField(help_text="the agent's key, unique in the provider")
    callback_url = serializers.CharField(max_length=LONGEST_URL, help_text="https, public")


class AgentChangeIn(serializers.Serializer[Any]):
    """Another address."""

    callback_url = serializers.CharField(max_length=LONGEST_URL)


class AgentOut(serializers.ModelSerializer[Agent]):
    """An agent."""

    agent = serializers.CharField(source="key")
    provider = serializers.UUIDField(source="tenant_id")

    class Meta:
        model = Agent
        fields = ("id", "agent", "provider", "callback_url", "created_at", "generation")


class AgentQuery(PageQuery):
    """Filters of the list."""

    orders = {"agent": "key"}

    agent = serializers.CharField(required=False, source="key")
    provider = serializers.UUIDField(required=False, source="tenant_id")


class AgentsView(HouseView):
    """`/api/v1/agents`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.list_agents", "POST": "aggregation.register_agent"}

    @extend_schema(parameters=[AgentQuery], responses=page_of(AgentOut))
    def get(self, request: Request) -> Response:
        """List the agents that the caller may see."""
        return self.page(Agent.objects.visible_to(self.actor), AgentOut, AgentQuery)

    @extend_schema(request=AgentIn, responses={201: AgentOut})
    def post(self, request: Request) -> Response:
        """Register an agent; the newest one of a provider takes its dispatches."""
        data = self.read(AgentIn)
        row = register_agent(key=data["agent"], callback_url=data["callback_url"], actor=self.actor)
        return self.show(row, AgentOut, status=201, location=f"/api/v1/agents/{row.id}")


class AgentView(HouseView):
    """`/api/v1/agents/{id}`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_agent", "PATCH": "aggregation.change_agent"}
    queryset = Agent.objects.all()
    visible_by = "aggregation.read_agent"
    if_match = frozenset({"PATCH"})

    @extend_schema(responses=AgentOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one agent."""
        return self.show(self.subject, AgentOut)

    @extend_schema(request=AgentChangeIn, responses=AgentOut)
    def patch(self, request: Request, **_: Any) -> Response:
        """Call the agent at another address."""
        url = self.read(AgentChangeIn)["callback_url"]
        return self.show(change_agent(agent=self.subject, callback_url=url, actor=self.actor), AgentOut)

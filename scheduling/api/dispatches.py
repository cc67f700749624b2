"""Dispatches over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.domain.dispatches import LIFE, DispatchAct, DispatchState
from scheduling.models import Dispatch
from scheduling.services.dispatches import retry_dispatch


class DispatchOut(serializers.ModelSerializer[Dispatch]):
    """What the provider's agent is told of an order: that it starts, or that it is over."""

    class Meta:
        model = Dispatch
        fields = (
            "id",
            "order",
            "act",
            "offer",
            "provider_id",
            "user_id",
            "quantity",
            "delivery",
            "state",
            "attempts",
            "error",
            "ended_at",
            "created_at",
        )


class DispatchQuery(PageQuery):
    """Filters of dispatches."""

    order = serializers.UUIDField(required=False)
    act = serializers.ChoiceField(DispatchAct.choices(), required=False)
    state = serializers.ChoiceField(DispatchState.choices(), required=False)
    state__in = any_code(DispatchState.choices())
    offer = serializers.UUIDField(required=False)


class DispatchesView(HouseView):
    """`/api/v1/dispatches`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_dispatches"}

    @extend_schema(parameters=[DispatchQuery], responses=page_of(DispatchOut))
    def get(self, request: Request) -> Response:
        """List the dispatches that the caller is a party to."""
        return self.page(Dispatch.objects.visible_to(self.actor), DispatchOut, DispatchQuery)


class RetryView(HouseView):
    """`/api/v1/dispatches/{id}:retry`."""

    system = System.SELECTION
    operations = {"POST": "scheduling.retry_dispatch"}
    queryset = Dispatch.objects.all()
    visible_by = "scheduling.list_dispatches"
    acts = {"POST": (LIFE, "retry")}

    @without_body(responses={202: DispatchOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Call the agent anew about what it did not take, once it is mended: as often as at first."""
        return self.show(retry_dispatch(dispatch=self.subject, actor=self.actor), DispatchOut, status=202)

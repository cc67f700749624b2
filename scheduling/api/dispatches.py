"""Dispatches over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.domain.dispatches import DispatchState
from scheduling.models import Dispatch


class DispatchOut(serializers.ModelSerializer[Dispatch]):
    """An order on its way to the provider's agent."""

    class Meta:
        model = Dispatch
        fields = (
            "id",
            "order",
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

"""Number blocks over HTTP: what this node may draw codes from."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.models import NumberBlock
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System


class NumberBlockOut(serializers.ModelSerializer[NumberBlock]):
    """A block of a prefix's numbers."""

    prefix = serializers.SlugRelatedField("prefix", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = NumberBlock
        fields = ("id", "prefix", "number", "state", "incarnation", "created_at", "generation")


class BlocksView(HouseView):
    """`/api/v1/number-blocks`."""

    system = System.IDENTIFIERS
    operations = {"GET": "identifiers.list_blocks"}

    @extend_schema(parameters=[PageQuery], responses=page_of(NumberBlockOut))
    def get(self, request: Request) -> Response:
        """List the blocks that were asked for, are open, or are closed for ever."""
        rows: Any = NumberBlock.objects.visible_to(self.actor).select_related("prefix")
        return self.page(rows, NumberBlockOut)

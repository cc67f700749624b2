"""Number blocks over HTTP: what this node may draw codes from."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.models import NumberBlock
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
    operations = {"GET": "identifiers.read_blocks"}

    @extend_schema(responses=NumberBlockOut(many=True))
    def get(self, request: Request) -> Response:
        """Read the blocks that were asked for, are open, or are closed for ever: one for each database that issued."""
        rows = NumberBlock.objects.visible_to(self.actor).select_related("prefix").order_by("-id")
        return Response(NumberBlockOut(rows, many=True).data)

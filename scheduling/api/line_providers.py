"""Line providers over HTTP: who sells lines here, and how they keep their dates."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words
from kernel.api.instants import InstantField
from kernel.api.views import HouseView
from kernel.clock import now
from kernel.systems import System
from kernel.text import Text
from scheduling.models import LineProvider
from scheduling.selectors.punctuality import punctuality


class PunctualityQuery(serializers.Serializer[Any]):
    """The half-open period in which lines were due."""

    start = InstantField()
    end = InstantField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The period. Raises ValidationError for one that ends before it begins."""
        if attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError({"end": in_words(Text("须晚于 start", "must lie after start"))})
        return attrs


class PunctualityOut(serializers.Serializer[Any]):
    """One line provider: lines due in the period, how many were delivered by then, and their share."""

    line_provider = serializers.CharField()
    provider_id = serializers.UUIDField()
    due = serializers.IntegerField(
        help_text="denominator: contracted lines due in the period and by now, those included that are late, or that their provider declined or lost; not those whose order others ended before they were due"
    )
    on_time = serializers.IntegerField(help_text="numerator: those delivered by their day")
    share = serializers.DecimalField(5, 4, allow_null=True, help_text="null where nothing was due")


class PunctualitiesOut(serializers.Serializer[Any]):
    """All line providers in one period."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    items = PunctualityOut(many=True)


class PunctualityView(HouseView):
    """`/api/v1/line-punctuality`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_punctuality"}

    @extend_schema(parameters=[PunctualityQuery], responses=PunctualitiesOut)
    def get(self, request: Request) -> Response:
        """Read how every line provider delivered what was due in a period."""
        period = self.query(PunctualityQuery)
        rows = list(LineProvider.objects.visible_to(self.actor).order_by("key"))
        found = punctuality(providers=[row.tenant_id for row in rows], at=now(), **period)
        items = [
            {
                "line_provider": row.key,
                "provider_id": row.tenant_id,
                "due": found[row.tenant_id].due,
                "on_time": found[row.tenant_id].on_time,
                "share": found[row.tenant_id].share,
            }
            for row in rows
        ]
        return Response(PunctualitiesOut({**period, "items": items}).data)

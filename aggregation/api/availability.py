"""The calendar of an offer: how many machines can be booked, hour by hour of a period."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.domain.offers import OfferState
from aggregation.models import Offer
from kernel.api.bodies import in_words
from kernel.api.views import HouseView
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.selectors.capacity import free_steps
from kernel.systems import System
from kernel.text import Text

LONGEST = timedelta(days=366)


class AvailabilityQuery(serializers.Serializer[Any]):
    """The period, a year at most."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The period. Raises ValidationError for one that ends before it begins, or is longer than a year."""
        if not timedelta(0) < attrs["end"] - attrs["start"] <= LONGEST:
            text = Text("须晚于 start，且相隔不超过 366 天", "lies after start, by 366 days at most")
            raise serializers.ValidationError({"end": in_words(text)})
        return attrs


class StepOut(serializers.Serializer[Any]):
    """From when to when the same number of machines can be booked."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    free = serializers.IntegerField(help_text="machines, at most as many as the offer sells in one order")


class AvailabilityOut(serializers.Serializer[Any]):
    """The calendar. It promises nothing: a hold does."""

    offer = serializers.UUIDField()
    notice_hours = serializers.IntegerField()
    earliest = serializers.DateTimeField(help_text="when a booking that is made now may begin")
    steps = StepOut(many=True)


class AvailabilityView(HouseView):
    """`/api/v1/offers/{id}/availability`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_availability"}
    queryset = Offer.objects.filter(state=OfferState.LISTED)

    @extend_schema(parameters=[AvailabilityQuery], responses=AvailabilityOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Say how many machines of a listed offer can be booked throughout a period; maintenance is left out."""
        query = self.query(AvailabilityQuery)
        offer: Offer = self.subject
        steps = free_steps(offer.pool_id, Window(query["start"], query["end"]))
        answer = {
            "offer": offer.id,
            "notice_hours": offer.notice_hours,
            "earliest": now() + timedelta(hours=offer.notice_hours),
            "steps": [
                {"start": window.start, "end": window.end, "free": min(free, offer.available)}
                for window, free in steps
            ],
        }
        return Response(AvailabilityOut(answer).data)

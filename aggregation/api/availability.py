"""The calendar of an offer: how many machines can be booked, hour by hour of a period."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.domain.offers import OfferState
from aggregation.models import Offer
from kernel.api.bodies import in_words
from kernel.api.instants import InstantField
from kernel.api.views import HouseView
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.selectors.capacity import free_steps
from kernel.systems import System
from kernel.text import Text

USUAL, LONGEST = timedelta(days=31), timedelta(days=366)


class AvailabilityQuery(serializers.Serializer[Any]):
    """The period, a year at most; by default the month from now on."""

    start = InstantField(required=False)
    end = InstantField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The period. Raises ValidationError for one that ends before it begins, or is longer than a year."""
        start = attrs.setdefault("start", now())
        attrs.setdefault("end", start + USUAL)
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
    """`/api/v1/catalogue/offers/{id}/availability`."""

    system = System.AGGREGATION
    operations = {"GET": "aggregation.read_availability"}
    queryset = Offer.objects.all()
    visible_by = "aggregation.list_catalogue"

    @extend_schema(parameters=[AvailabilityQuery], responses=AvailabilityOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Say how many machines of an offer can be booked throughout a period: none where it is not listed, or maintained."""
        query = self.query(AvailabilityQuery)
        offer: Offer = self.subject
        most = offer.available if offer.state == OfferState.LISTED else 0
        steps = _merged(free_steps(offer.pool_id, Window(query["start"], query["end"])), most)
        answer = {
            "offer": offer.id,
            "notice_hours": offer.notice_hours,
            "earliest": now() + timedelta(hours=offer.notice_hours),
            "steps": [{"start": start, "end": end, "free": free} for start, end, free in steps],
        }
        return Response(AvailabilityOut(answer).data)


def _merged(steps: Iterable[tuple[Window, int]], most: int) -> list[tuple[datetime, datetime, int]]:
    """The steps as far as they can be seen: where one changes nothing of what can be booked, it would only tell when others book."""
    seen = ((window, min(free, most)) for window, free in steps)
    alike = ((free, [window for window, _ in group]) for free, group in groupby(seen, key=itemgetter(1)))
    return [(windows[0].start, windows[-1].end, free) for free, windows in alike]

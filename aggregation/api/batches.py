"""Many offers in one call: put up, or changed by their generation."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.offers import OfferChangeIn, OfferIn, listing_of, price_of
from aggregation.domain.offers import OfferState
from aggregation.services.offers import (
    ItemResult,
    OfferChange,
    change_offers,
    register_offers,
    require_period,
)
from kernel.api.batches import BatchOut, BatchView, Outcome, batch_of
from kernel.api.integers import PlainIntegerField
from kernel.clock import now
from kernel.errors import InvalidInput, Problem
from kernel.systems import System


class OfferChangeItemIn(OfferChangeIn):
    """A change of one offer: its id, the generation that the writer read, and what changes."""

    id = serializers.UUIDField()
    generation = PlainIntegerField(min_value=1, help_text="as read; another is 409 for this item")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As for one offer: the id and the generation are no change."""
        super().validate({name: value for name, value in attrs.items() if name not in ("id", "generation")})
        return attrs


class OffersBatchView(BatchView):
    """`/api/v1/offers:batch`."""

    system = System.AGGREGATION
    operations = {"POST": "aggregation.batch_offers"}
    item = OfferIn

    @extend_schema(request=batch_of(OfferIn), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Put up many offers; each has its result, or, with `atomic`, all or nothing."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Put up the offers; of an offer everything that is wrong is told."""
        listings, instant = [listing_of(item) for item in items], now()
        timely: list[int] = []
        told: dict[int, Outcome] = {}
        for place, listing in enumerate(listings):
            try:
                require_period(listing.price, instant)
            except Problem as problem:
                told[place] = problem
            else:
                timely.append(place)
        results = register_offers(listings=[listings[place] for place in timely], actor=self.actor)
        told |= {place: _outcome(result) for place, result in zip(timely, results, strict=True)}
        return [told[place] for place in range(len(items))]


class OffersChangeView(BatchView):
    """`/api/v1/offers:change`."""

    system = System.AGGREGATION
    operations = {"POST": "aggregation.change_offers"}
    item = OfferChangeItemIn
    status_of_item = 200

    @extend_schema(request=batch_of(OfferChangeItemIn), responses={200: BatchOut})
    def post(self, request: Request) -> Response:
        """Change prices, ceilings and states of many offers; an item whose generation moved is 409."""
        return self.batch()

    def act(self, items: Sequence[Any]) -> list[Outcome]:
        """Change the offers."""
        changes = [
            OfferChange(
                item["id"],
                item["generation"],
                price_of(item),
                item.get("available"),
                OfferState(item["state"]) if "state" in item else None,
            )
            for item in items
        ]
        return change_offers(changes=changes, actor=self.actor)


def _outcome(result: ItemResult) -> Outcome:
    if result.offer:
        return result.offer.id
    language = get_language()
    return InvalidInput(
        items=[
            {"pointer": f"/{fault.column}", "code": fault.code.value, "detail": fault.text.within(language)}
            for fault in result.faults
        ]
    )

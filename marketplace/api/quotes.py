"""Quotes over HTTP: a bundle's firm price, signed."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schedules import ScheduleIn, schedule_in
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from marketplace.models import Quote
from marketplace.services import quotes as services


class QuoteIn(serializers.Serializer[Any]):
    """Which bundle of which selection; with a schedule, for its windows, which have the hours that were selected for."""

    selection = serializers.UUIDField()
    bundle = PlainIntegerField(min_value=0, max_value=10_000, help_text="index in the answer, from 0")
    schedule = ScheduleIn(required=False, allow_null=True)
    line_quote = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="a firm line quote of this bundle: its price is the line's price",
    )
    hold = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="a hold of yours that keeps this bundle: where its price moved it is quoted at that of now",
    )


class QuoteOut(serializers.ModelSerializer[Quote]):
    """A quote. `document` is the signed text: check `digest` and `signature` over its UTF-8 bytes."""

    class Meta:
        model = Quote
        fields = (
            "id",
            "selection",
            "bundle",
            "line_quote",
            "compute_fen",
            "storage_fen",
            "line_fen",
            "total_fen",
            "valid_until",
            "document",
            "digest",
            "signature",
            "key_id",
            "created_at",
        )


class QuoteQuery(PageQuery):
    """Filters of the list."""

    orders = {"valid_until": "valid_until", "total_fen": "total_fen"}

    selection = serializers.UUIDField(required=False)
    valid_until__gte = InstantField(required=False)
    valid_until__lt = InstantField(required=False)


class QuotesView(HouseView):
    """`/api/v1/quotes`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_quotes", "POST": "marketplace.issue_quote"}

    @extend_schema(parameters=[QuoteQuery], responses=page_of(QuoteOut))
    def get(self, request: Request) -> Response:
        """List the quotes that the caller may see."""
        return self.page(Quote.objects.visible_to(self.actor), QuoteOut, QuoteQuery)

    @extend_schema(request=QuoteIn, responses={201: QuoteOut})
    def post(self, request: Request) -> Response:
        """Quote a bundle: firm for 30 minutes by the node's clock.

        At the prices of the selection, 409 where one moved; with a `hold` that keeps the bundle at those of now, where nothing else moved.
        """
        data = self.read(QuoteIn)
        row = services.issue_quote(
            selection=data["selection"],
            bundle=data["bundle"],
            schedule=schedule_in(data),
            line_quote=data.get("line_quote"),
            hold=data.get("hold"),
            actor=self.actor,
        )
        return self.show(row, QuoteOut, status=201, location=f"/api/v1/quotes/{row.id}")


class QuoteView(HouseView):
    """`/api/v1/quotes/{id}`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_quote"}
    queryset = Quote.objects.all()

    @extend_schema(responses=QuoteOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one quote."""
        return self.show(self.subject, QuoteOut)

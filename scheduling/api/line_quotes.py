"""Line quotes over HTTP: asked for by users, surveyed by carriers, pre-occupied where they are firm."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.decimals import PlainDecimalField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.domain.line_quotes import ALLOWS, CALLED, LIFE, LineQuoteState, QuoteKind
from scheduling.domain.uses import LineUse
from scheduling.models import LineQuote
from scheduling.services import line_quotes as services

LONGEST_WAIT = 3650
ASKED = [pair for pair in QuoteKind.choices() if pair[0] != QuoteKind.CONDITIONAL]


class LineQuoteIn(serializers.Serializer[Any]):
    """The line of which bundle of which selection, and whether a budget will do."""

    selection = serializers.UUIDField()
    bundle = PlainIntegerField(min_value=0, max_value=10_000, help_text="index in the answer, from 0")
    kind = serializers.ChoiceField(
        ASKED, default=QuoteKind.FIRM.value, help_text="firm is conditional where a survey comes first"
    )


class SurveyIn(serializers.Serializer[Any]):
    """What the survey found: what building costs on top, for each circuit, and how many days it takes in all."""

    one_off_cny = PlainDecimalField(18, 2, min_value=0)
    days = PlainIntegerField(min_value=0, max_value=LONGEST_WAIT)


class DeclineIn(serializers.Serializer[Any]):
    """Why it cannot be built."""

    reason = serializers.CharField(max_length=200)


class LineQuoteOut(serializers.ModelSerializer[LineQuote]):
    """A carrier's word. `document` is the signed text: check `digest` and `signature` over its UTF-8 bytes."""

    allows = serializers.SerializerMethodField(help_text="acts that a quote of this kind lets happen")

    class Meta:
        model = LineQuote
        fields = (
            "id",
            "provider_id",
            "user_id",
            "selection",
            "bundle",
            "kind",
            "use",
            "state",
            "allows",
            "follows",
            "line_fen",
            "promised_days",
            "valid_until",
            "held_until",
            "reason",
            "order",
            "document",
            "digest",
            "signature",
            "key_id",
            "profile",
            "created_at",
            "generation",
        )

    def get_allows(self, row: LineQuote) -> list[str]:
        """The acts of the kind that somebody asks for."""
        return [act for act in ALLOWS[row.kind] if act in CALLED]


class LineQuoteQuery(PageQuery):
    """Filters of the list."""

    orders = {"valid_until": "valid_until", "line_fen": "line_fen"}

    selection = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(QuoteKind.choices(), required=False)
    use = serializers.ChoiceField(LineUse.choices(), required=False)
    state = serializers.ChoiceField(LineQuoteState.choices(), required=False)
    state__in = any_code(LineQuoteState.choices())


class LineQuotesView(HouseView):
    """`/api/v1/line-quotes`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_line_quotes", "POST": "scheduling.quote_line"}

    @extend_schema(parameters=[LineQuoteQuery], responses=page_of(LineQuoteOut))
    def get(self, request: Request) -> Response:
        """List the line quotes that the caller is a party to."""
        return self.page(LineQuote.objects.visible_to(self.actor), LineQuoteOut, LineQuoteQuery)

    @extend_schema(request=LineQuoteIn, responses={201: LineQuoteOut})
    def post(self, request: Request) -> Response:
        """Have the line of a bundle quoted: budgetary, firm, or on the condition of a survey."""
        data = self.read(LineQuoteIn)
        row = services.quote_line(
            selection=data["selection"], bundle=data["bundle"], kind=data["kind"], actor=self.actor
        )
        return self.show(row, LineQuoteOut, status=201, location=f"/api/v1/line-quotes/{row.id}")


class LineQuoteView(HouseView):
    """`/api/v1/line-quotes/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_line_quote"}
    queryset = LineQuote.objects.all()

    @extend_schema(responses=LineQuoteOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one line quote."""
        return self.show(self.subject, LineQuoteOut)


class LineQuoteActView(HouseView):
    """The base of the acts on one line quote."""

    system = System.SELECTION
    queryset = LineQuote.objects.all()
    visible_by = "scheduling.read_line_quote"


class SurveyLineView(LineQuoteActView):
    """`/api/v1/line-quotes/{id}:survey`."""

    operations = {"POST": "scheduling.survey_line"}
    acts = {"POST": (LIFE, "survey")}

    @extend_schema(request=SurveyIn, responses={201: LineQuoteOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Give the firm word that a conditional quote waits for, as its line provider."""
        data = self.read(SurveyIn)
        row = services.survey_line(
            quote=self.subject, one_off_cny=data["one_off_cny"], days=data["days"], actor=self.actor
        )
        return self.show(row, LineQuoteOut, status=201, location=f"/api/v1/line-quotes/{row.id}")


class DeclineLineView(LineQuoteActView):
    """`/api/v1/line-quotes/{id}:decline`."""

    operations = {"POST": "scheduling.decline_line"}
    acts = {"POST": (LIFE, "decline")}

    @extend_schema(request=DeclineIn, responses={200: LineQuoteOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Say after the survey that it cannot be built."""
        data = self.read(DeclineIn)
        row = services.decline_line(quote=self.subject, reason=data["reason"], actor=self.actor)
        return self.show(row, LineQuoteOut)


class HoldLineView(LineQuoteActView):
    """`/api/v1/line-quotes/{id}:hold`."""

    operations = {"POST": "scheduling.hold_line"}
    acts = {"POST": (LIFE, "hold")}

    @without_body(responses={200: LineQuoteOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Pre-occupy the line of a firm quote: `held`, or `holding` until a carrier that is asked by its own interface says yes."""
        return self.show(services.hold_line(quote=self.subject, actor=self.actor), LineQuoteOut)


class ReleaseLineView(LineQuoteActView):
    """`/api/v1/line-quotes/{id}:release`."""

    operations = {"POST": "scheduling.release_line"}
    acts = {"POST": (LIFE, "release")}

    @without_body(responses={200: LineQuoteOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Let the pre-occupation go."""
        return self.show(services.release_line(quote=self.subject, actor=self.actor), LineQuoteOut)

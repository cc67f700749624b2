"""Taking monitoring data over HTTP: JSON points, or Prometheus text."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from kernel.api.views import HouseView
from monitoring.adapters.expositions import MOST_BYTES, read_exposition
from monitoring.domain.points import MOST_POINTS, MOST_SEQUENCE, Verdict
from monitoring.services.telemetry import Receipt, receive_points, receive_samples


class TelemetryIn(serializers.Serializer[Any]):
    """A batch of points; each item gets a verdict of its own."""

    points = serializers.ListField(
        child=serializers.JSONField(),
        min_length=1,
        max_length=MOST_POINTS,
        help_text='{"feed": id, "metric": code, "ts": RFC 3339, "value": integer or decimal text, "source_seq": integer}',
    )


class VerdictOut(serializers.Serializer[Any]):
    """What became of one item that was not stored."""

    index = serializers.IntegerField()
    verdict = serializers.ChoiceField(Verdict.choices())
    zh = serializers.CharField()
    en = serializers.CharField()


class ReceiptOut(serializers.Serializer[Any]):
    """What became of a batch: every item is counted, and every item that was not stored is named."""

    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    ignored = serializers.IntegerField()
    verdicts = VerdictOut(many=True)


class ExpositionQuery(serializers.Serializer[Any]):
    """Whose exposition it is."""

    feed = serializers.UUIDField()
    source_seq = PlainIntegerField(min_value=0, max_value=MOST_SEQUENCE)
    observed_at = InstantField(help_text="the instant of samples that carry none")


class TextParser(BaseParser):
    """Takes text/plain as bytes, one more than is read, to tell."""

    media_type = "text/plain"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body."""
        return bytes(stream.read(MOST_BYTES + 1))


class TelemetryView(HouseView):
    """`/api/v1/telemetry`."""

    operations = {"POST": "monitoring.receive_telemetry"}
    natural_key = True

    @extend_schema(request=TelemetryIn, responses={200: ReceiptOut})
    def post(self, request: Request) -> Response:
        """Take a batch of points; sending it again changes nothing."""
        items = self.read(TelemetryIn)["points"]
        return _answer(receive_points(items=items, actor=self.actor))


class ExpositionView(HouseView):
    """`/api/v1/telemetry/exposition`."""

    operations = {"POST": "monitoring.receive_exposition"}
    natural_key = True
    parser_classes = [TextParser]

    @extend_schema(
        parameters=[ExpositionQuery],
        request={"text/plain": OpenApiTypes.STR},
        responses={200: ReceiptOut},
    )
    def post(self, request: Request) -> Response:
        """Take an exposition of a provider's exporter; metrics that the class does not collect are left out."""
        query = self.query(ExpositionQuery)
        body: Any = request.data  # what TextParser made of it; an empty body is not parsed
        receipt = receive_samples(
            feed=query["feed"],
            samples=read_exposition(body or b"", query["observed_at"]),
            source_seq=query["source_seq"],
            actor=self.actor,
        )
        return _answer(receipt)


def _answer(receipt: Receipt) -> Response:
    verdicts = [
        {"index": index, "verdict": verdict.value, "zh": verdict.label.zh, "en": verdict.label.en}
        for index, verdict in enumerate(receipt.verdicts)
        if verdict is not Verdict.STORED
    ]
    stored, duplicates, ignored = (
        receipt.count(each) for each in (Verdict.STORED, Verdict.DUPLICATE, Verdict.IGNORED)
    )
    body = {
        "stored": stored,
        "duplicates": duplicates,
        "refused": len(receipt.verdicts) - stored - duplicates - ignored,
        "ignored": ignored,
        "verdicts": verdicts,
    }
    return Response(ReceiptOut(body).data)

"""Many offers at once from a CSV file, with a dry run."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from aggregation.api.fields import PlainField
from aggregation.domain.faults import FaultCode
from aggregation.domain.imports import MOST_BYTES
from aggregation.services.imports import ImportReport, import_offers
from kernel.api.views import HouseView
from kernel.systems import System

MARKING = 40


class CsvParser(BaseParser):
    """Takes text/csv as bytes, no more of them than an import may have and one to tell."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body."""
        return bytes(stream.read(MOST_BYTES + 1))


class OfferImportQuery(serializers.Serializer[Any]):
    """How a file is taken."""

    dry_run = serializers.BooleanField(default=False, help_text="report only, store nothing")
    marking = PlainField(max_length=MARKING, default="", help_text="演示数据 where the offers are invented")


class LineFaultOut(serializers.Serializer[Any]):
    """What is wrong at one cell of the file."""

    line = serializers.IntegerField(help_text="1 is the header")
    column = serializers.CharField(allow_blank=True)
    code = serializers.ChoiceField(FaultCode.choices())
    reason_zh = serializers.CharField()
    reason_en = serializers.CharField()


class OfferImportOut(serializers.Serializer[Any]):
    """What the file holds, and what was stored."""

    dry_run = serializers.BooleanField()
    rows = serializers.IntegerField()
    good = serializers.IntegerField()
    stored = serializers.IntegerField()
    faults = LineFaultOut(many=True)


class OffersImportView(HouseView):
    """`/api/v1/offers:import`."""

    system = System.AGGREGATION
    operations = {"POST": "aggregation.import_offers"}
    parser_classes = [CsvParser]
    may_wait = True

    @extend_schema(
        parameters=[OfferImportQuery],
        request={"text/csv": OpenApiTypes.STR},
        responses={200: OfferImportOut, 201: OfferImportOut},
    )
    def post(self, request: Request) -> Response:
        """Import offers: all rows are stored, or none and each bad one is named with line and column.

        Columns: offer, pool, unit, min_hours, price_cny_hour, available; term (on_demand if empty); and, if they are there, as the
        pool is registered: centre, kind, accelerator, domestic, accelerators, accelerator_memory_gib, vcpus, memory_gib, fp64_tflops,
        fp32_tflops, fp16_tflops.
        """
        query = self.query(OfferImportQuery)
        content: Any = request.data  # what CsvParser made of it; an empty body is not parsed
        report = import_offers(
            content=content or b"", dry_run=query["dry_run"], marking=query["marking"], actor=self.actor
        )
        if report.faults and not query["dry_run"]:
            raise serializers.ValidationError(_by_line(report))
        faults = [
            {
                "line": each.line,
                "column": each.fault.column,
                "code": each.fault.code.value,
                "reason_zh": each.fault.text.zh,
                "reason_en": each.fault.text.en,
            }
            for each in report.faults
        ]
        body = {
            "dry_run": query["dry_run"],
            "rows": report.rows,
            "good": report.good,
            "stored": report.stored,
            "faults": faults,
        }
        return Response(body, 200 if query["dry_run"] else 201)


def _by_line(report: ImportReport) -> dict[str, Any]:
    language = get_language()
    found: dict[str, Any] = {}
    for each in report.faults:
        fault = each.fault
        detail = serializers.ErrorDetail(fault.text.within(language), code=fault.code.value)
        found.setdefault(str(each.line), {}).setdefault(fault.column, []).append(detail)
    return {"lines": found}

"""What every import has in common: a CSV body, a dry run, a report, and a refusal that names each fault."""

from typing import Any, ClassVar

from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from kernel.api.views import HouseView
from kernel.domain.imports import Fault, ImportReport
from kernel.errors import InvalidInput, MalformedBody
from kernel.text import Text

MOST_TOLD = 1_000
"""Faults, and flags, of one answer; with those of all elements one of ten megabytes had eighty."""

CSV_BODY = {"text/csv": OpenApiTypes.STR}


def marking_field() -> serializers.CharField:
    """How an import says that what it tells is invented."""
    return serializers.CharField(
        max_length=40,
        default=None,
        allow_blank=True,
        help_text="shown with every row (演示数据); left out, a row that is there keeps its own, and empty takes it away",
    )


class ImportQuery(serializers.Serializer[Any]):
    """How to import."""

    dry_run = serializers.BooleanField(default=False, help_text="check and report, write nothing")


class CsvQuery(ImportQuery):
    """How to import a CSV, which has no place for a marking of its own."""

    marking = marking_field()


class ImportFaultOut(serializers.Serializer[Any]):
    """What is wrong with one element."""

    pointer = serializers.CharField(help_text="JSON pointer; /lines/N/column in a CSV, line 1 is the header")
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportOut(serializers.Serializer[Any]):
    """What an import did or, dry, would do."""

    dry_run = serializers.BooleanField()
    read = serializers.IntegerField(help_text="elements in the body")
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    faults = ImportFaultOut(
        many=True, help_text="the first 1,000; how many more there are says a last one, `more`"
    )
    flags = ImportFaultOut(
        many=True, help_text="what was assumed, remarked, left out or held back; told as faults are"
    )


class TextParser(BaseParser):
    """Reads a body as text in UTF-8, with or without a byte order mark."""

    media_type = "text/plain"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The body as text. Raises MalformedBody where it is not UTF-8."""
        try:
            return str(stream.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise MalformedBody(media_type=f"{self.media_type}; charset=utf-8") from error


class CsvParser(TextParser):
    """Reads `text/csv`."""

    media_type = "text/csv"


class CsvText(serializers.BaseSerializer[Any]):
    """Hands the text, a CSV or another, to the importer, which names every bad row."""

    def to_internal_value(self, data: Any) -> str:
        """The text as it came; a body of no bytes is not parsed."""
        return data if isinstance(data, str) else ""


class ImportView(HouseView):
    """The base of imports."""

    may_wait = True
    shape: ClassVar[type[ImportOut]] = ImportOut

    def answer(self, report: ImportReport) -> Response:
        """The report; 400 with every fault where an import that was meant found any."""
        if report.faults and not report.dry_run:
            raise InvalidInput(items=told(first(report.faults), get_language()))
        members = {
            name: getattr(report, name) for name in ("dry_run", "read", "created", "updated", "withdrawn")
        }
        lists = {name: told(first(getattr(report, name)), get_language()) for name in ("faults", "flags")}
        return Response(self.shape(members | lists).data)


class CsvImportView(ImportView):
    """The base of imports of a CSV."""

    parser_classes: ClassVar[list[type[BaseParser]]] = [CsvParser]  # type: ignore[misc] # DRF's is a tuple


def first(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """As many as are told, and where there are more a last one that says how many."""
    if len(faults) <= MOST_TOLD:
        return faults
    left = len(faults) - MOST_TOLD
    reason = Text(f"自此还有 {left} 处，未列出", f"from here on {left} more are not told")
    return (*faults[:MOST_TOLD], Fault(faults[MOST_TOLD].pointer, "more", reason))


def told(faults: tuple[Fault, ...], language: str | None) -> list[dict[str, str]]:
    """Faults as they are listed in a report."""
    return [
        {"pointer": each.pointer, "code": each.code, "detail": each.reason.within(language)}
        for each in faults
    ]

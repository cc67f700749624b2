"""The platforms that this node reports to, over HTTP: their profiles."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.views import HouseView
from nodes.domain.periods import PeriodLength
from nodes.domain.upstreams import Channel, Format
from nodes.services.drafts import reported_to, sections_of


class WordsOut(serializers.Serializer[Any]):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class ReportUpstreamOut(serializers.Serializer[Any]):
    """One platform as its profile describes it, with the sections that this node reports there."""

    code = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment] # its name
    title = WordsOut()
    channel = serializers.ChoiceField(Channel.choices())
    format = serializers.ChoiceField(Format.choices())
    period = serializers.ChoiceField(PeriodLength.choices())
    sections = serializers.ListField(child=serializers.CharField())
    contact = WordsOut()


class ReportUpstreamsOut(serializers.Serializer[Any]):
    """All of them, in the order of the settings."""

    items = ReportUpstreamOut(many=True)


class ReportUpstreamsView(HouseView):
    """`/api/v1/report-upstreams`."""

    operations = {"GET": "nodes.list_report_upstreams"}

    @extend_schema(responses=ReportUpstreamsOut)
    def get(self, request: Request) -> Response:
        """List the platforms that this node reports to: their sections, period, format and contact."""
        items = [replace(each, sections=tuple(sections_of(each))) for each in reported_to().values()]
        return Response(ReportUpstreamsOut({"items": items}).data)

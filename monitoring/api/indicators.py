"""Indicators over HTTP: their definitions, and values with their coverage."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.actor import Actor, Role
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from monitoring.domain.indicators import percent, shown_count
from monitoring.models import IndicatorValue
from monitoring.selectors.profiles import indicators
from monitoring.services.indicators import compute_indicator, indicator_of

SUPPRESSED = "suppressed"


class IndicatorPeriodIn(serializers.Serializer[Any]):
    """A half-open period."""

    start = InstantField()
    end = InstantField()


class IndicatorOut(serializers.Serializer[Any]):
    """The definition of an indicator, of the profile version named."""

    code = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    formula = serializers.CharField()
    metrics = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField()
    comparator = serializers.CharField(allow_blank=True)
    reference = serializers.CharField(allow_blank=True)
    least_coverage = serializers.DecimalField(5, 2)
    profile = serializers.CharField()


class IndicatorValueOut(serializers.ModelSerializer[IndicatorValue]):
    """A value, or null and why: no_feed, low_coverage, undefined, or suppressed (fewer than five parties)."""

    unit = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField("get_figure")
    reason = serializers.SerializerMethodField()
    coverage_percent = serializers.SerializerMethodField()
    declared_percent = serializers.SerializerMethodField()
    parties = serializers.SerializerMethodField()

    class Meta:
        model = IndicatorValue
        fields = (
            "id",
            "code",
            "profile",
            "start",
            "end",
            "value",
            "unit",
            "reason",
            "expected",
            "received",
            "coverage_percent",
            "declared_percent",
            "parties",
            "created_at",
        )

    def get_unit(self, row: IndicatorValue) -> str:
        """The unit of the definition."""
        return indicators()[row.code].unit

    def get_figure(self, row: IndicatorValue) -> str | None:
        """The value as decimal text."""
        return None if self._hidden(row) or row.value is None else str(row.value)

    def get_reason(self, row: IndicatorValue) -> str:
        """Why there is no value; empty where there is one."""
        return SUPPRESSED if self._hidden(row) else row.reason

    def get_coverage_percent(self, row: IndicatorValue) -> str | None:
        """Received of expected in per cent."""
        return _text(percent(row.received, row.expected))

    def get_declared_percent(self, row: IndicatorValue) -> str | None:
        """Declared, not measured, of received in per cent."""
        return _text(percent(row.declared, row.received))

    def get_parties(self, row: IndicatorValue) -> int | None:
        """How many parties it rests on."""
        return shown_count(row.parties, to_regulator=supervises(self.context["view"].actor))

    def _hidden(self, row: IndicatorValue) -> bool:
        return row.value is not None and self.get_parties(row) is None


def supervises(actor: Actor) -> bool:
    """Whether small cells are shown to the actor (INVARIANTS E5)."""
    return bool(actor.roles & {Role.REGULATOR, Role.SUPPORTING_UNIT, Role.AUDITOR})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


class IndicatorsView(HouseView):
    """`/api/v1/indicators`."""

    system = System.MONITORING
    operations = {"GET": "monitoring.list_indicators"}

    @extend_schema(responses=IndicatorOut(many=True))
    def get(self, request: Request) -> Response:
        """List the definitions of the profile in use."""
        language = get_language()
        rows = [
            {
                "code": each.code,
                "title": each.title.within(language),
                "kind": each.kind.value,
                "formula": each.formula,
                "metrics": each.metrics,
                "unit": each.unit,
                "comparator": each.comparator,
                "reference": each.reference,
                "least_coverage": each.least_coverage,
                "profile": each.profile,
            }
            for each in indicators().values()
        ]
        return Response(IndicatorOut(rows, many=True).data)


class IndicatorValueQuery(PageQuery):
    """Filters of the list."""

    orders = {"start": "start"}

    start__gte = InstantField(required=False)
    end__lt = InstantField(required=False)


class IndicatorValuesView(HouseView):
    """`/api/v1/indicators/{code}/values`."""

    system = System.MONITORING
    operations = {"GET": "monitoring.list_indicator_values"}

    @extend_schema(parameters=[IndicatorValueQuery], responses=page_of(IndicatorValueOut))
    def get(self, request: Request, *, code: str) -> Response:
        """List the values that were computed, newest first."""
        rows = IndicatorValue.objects.visible_to(self.actor).filter(code=indicator_of(code).code)
        return self.page(rows, IndicatorValueOut, IndicatorValueQuery)


class ComputeIndicatorView(HouseView):
    """`/api/v1/indicators/{code}:compute`."""

    system = System.MONITORING
    operations = {"POST": "monitoring.compute_indicator"}

    @extend_schema(request=IndicatorPeriodIn, responses={201: IndicatorValueOut})
    def post(self, request: Request, *, code: str) -> Response:
        """Compute an indicator over a period, with its coverage."""
        data = self.read(IndicatorPeriodIn)
        row = compute_indicator(code=code, start=data["start"], end=data["end"], actor=self.actor)
        return self.show(row, IndicatorValueOut, status=201)

"""Complete periods over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from nodes.domain.completeness import PeriodState
from nodes.models import ReportedPeriod


class SectionLineOut(serializers.Serializer[Any]):
    """One section's report: its number on its stream, its figures, and the root over its records."""

    section = serializers.CharField()
    kind = serializers.CharField()
    sequence = serializers.IntegerField()
    count = serializers.IntegerField()
    sums = serializers.DictField(child=serializers.IntegerField())
    root = serializers.CharField()  # type: ignore[assignment] # its name


class ReportedPeriodOut(serializers.ModelSerializer[ReportedPeriod]):
    """One node's word that a period is complete."""

    sections = SectionLineOut(many=True)

    class Meta:
        model = ReportedPeriod
        fields = (
            "id",
            "node",
            "upstream",
            "start",
            "end",
            "version",
            "state",
            "sequence",
            "sections",
            "created_at",
            "generation",
        )


class PeriodQuery(PageQuery):
    """Filters of the list."""

    orders = {"start": "start"}

    node = serializers.CharField(required=False)
    upstream = serializers.CharField(required=False)
    state = serializers.ChoiceField(PeriodState.choices(), required=False)
    start__gte = InstantField(required=False)
    end__lt = InstantField(required=False)


class ReportedPeriodsView(HouseView):
    """`/api/v1/reported-periods`."""

    operations = {"GET": "nodes.list_periods"}

    @extend_schema(parameters=[PeriodQuery], responses=page_of(ReportedPeriodOut))
    def get(self, request: Request) -> Response:
        """List the periods of which every section has its receipt, ours and those of downstream nodes."""
        return self.page(ReportedPeriod.objects.visible_to(self.actor), ReportedPeriodOut, PeriodQuery)

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
from nodes.selectors.profiles import upstream_profiles
from nodes.services.drafts import sections_of


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
    missing = serializers.SerializerMethodField(
        help_text="sections that this platform wants, by this node's profile, and the word does not name"
    )

    def get_missing(self, row: ReportedPeriod) -> list[str]:
        """The sections without which the period is not complete, whatever the node said."""
        profile = upstream_profiles().get(row.upstream)
        named = {line["section"] for line in row.sections}
        return [] if profile is None else [each for each in sections_of(profile) if each not in named]

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
            "missing",
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
        """List the periods of which a node said that every section has its receipt, ours and downstream nodes'.

        What it did not name stands in `missing`: nothing is refused for it, since a node of an earlier release has fewer sections.
        """
        return self.page(ReportedPeriod.objects.visible_to(self.actor), ReportedPeriodOut, PeriodQuery)

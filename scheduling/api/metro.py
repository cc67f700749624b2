"""The indicators of the metropolitan action over HTTP: one table of all areas of the node, with what each rests on."""

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.domain.sites import METRO
from scheduling.domain.topologies.elements import KEY
from scheduling.domain.verdicts import Verdict
from scheduling.selectors.metro import Indicator, Metro, evidence_of, metros
from scheduling.selectors.profiles import metro_profile


class MetroQuery(serializers.Serializer[Any]):
    """Which areas, and whose stations."""

    city = serializers.RegexField(f"^({METRO})$", required=False, help_text="GB/T 2260; empty: all areas")
    line_provider = serializers.RegexField(
        f"^({KEY})$", required=False, help_text="one carrier's stations and circles; empty: all carriers'"
    )


class MetroBoundaryOut(serializers.Serializer[Any]):
    """The boundary that coverage is a share of."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    km2 = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment] # the API's word, which DRF uses for another thing
    marking = serializers.CharField()


class MetroCirclesOut(serializers.Serializer[Any]):
    """The newest circles drawn there; `geometry` is the regulator's."""

    id = serializers.UUIDField()
    drawn_at = serializers.DateTimeField()
    inputs_sha256 = serializers.CharField()
    current = serializers.BooleanField(help_text="false: a newer boundary was declared since")
    sum_km2 = serializers.CharField()
    union_km2 = serializers.CharField()
    fallback_km2 = serializers.CharField(help_text="what of the union rests on Voronoi cells alone")
    access_points = serializers.IntegerField()
    access_points_reached = serializers.IntegerField()
    access_points_share = serializers.CharField()
    geometry = serializers.CharField()


class MetroIndicatorOut(serializers.Serializer[Any]):
    """One indicator: its share with numerator and denominator; all null where this node keeps no record."""

    number = serializers.IntegerField(help_text="as the notice numbers it")
    code = serializers.CharField()
    name = serializers.CharField()
    mandatory = serializers.BooleanField()
    comparator = serializers.CharField()
    bound = serializers.CharField()
    value = serializers.CharField(allow_null=True, help_text="to four decimals, rounded down")
    part = serializers.CharField(allow_null=True)
    whole = serializers.CharField(allow_null=True)
    of = serializers.CharField(allow_null=True, help_text="what the denominator is")
    fallback = serializers.CharField(
        allow_null=True,
        help_text="what of `part` rests on a stand-in for what nobody declared; a bound that is met only with it is inconclusive",
    )
    verdict = serializers.ChoiceField(Verdict.choices(), allow_null=True)
    evidence = serializers.CharField(allow_null=True, help_text="where what it rests on is read")


class MetroOut(serializers.Serializer[Any]):
    """One metropolitan area."""

    city = serializers.CharField()
    centres = serializers.IntegerField()
    medium_plus = serializers.IntegerField(help_text="centres of at least the profile's standard racks")
    boundary = MetroBoundaryOut(allow_null=True)
    circles = MetroCirclesOut(allow_null=True)
    indicators = MetroIndicatorOut(many=True)


class MetroTableOut(serializers.Serializer[Any]):
    """All areas where there is a centre, an access point or a boundary; how many have a boundary, and circles."""

    profile = serializers.CharField(help_text="version of the list of indicators")
    line_provider = serializers.CharField(allow_null=True)
    areas = serializers.IntegerField()
    with_boundary = serializers.IntegerField()
    with_circles = serializers.IntegerField()
    items = MetroOut(many=True)


class MetroIndicatorsView(HouseView):
    """`/api/v1/metro-indicators`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_metro_indicators"}

    @extend_schema(parameters=[MetroQuery], responses=MetroTableOut)
    def get(self, request: Request) -> Response:
        """Read the indicators of every metropolitan area of the node, each with its denominator and its evidence."""
        query = self.query(MetroQuery)
        carrier = query.get("line_provider", "")
        found = metros(city=query.get("city", ""), line_provider=carrier)
        table = {
            "profile": metro_profile().version,
            "line_provider": carrier or None,
            "areas": len(found),
            "with_boundary": sum(each.boundary is not None for each in found),
            "with_circles": sum(each.circles is not None for each in found),
            "items": [_row(each, carrier) for each in found],
        }
        return Response(MetroTableOut(table).data)


def _row(metro: Metro, carrier: str) -> dict[str, Any]:
    return {
        "city": metro.city,
        "centres": metro.centres,
        "medium_plus": metro.medium_plus,
        "boundary": metro.boundary,
        "circles": _circles(metro),
        "indicators": [_indicator(each, metro, carrier) for each in metro.indicators],
    }


def _circles(metro: Metro) -> dict[str, Any] | None:
    drawn = metro.circles
    if drawn is None:
        return None
    told = next(each for each in drawn.numbers["variants"] if each["reported"])
    names = ("sum_km2", "union_km2", "fallback_km2", "access_points_reached", "access_points_share")
    return {
        "id": drawn.id,
        "drawn_at": drawn.created_at,
        "inputs_sha256": drawn.inputs_sha256,
        "current": metro.current,
        **{name: told[name] for name in names},
        "access_points": drawn.numbers["access_points"],
        "geometry": f"/api/v1/latency-circles/{drawn.id}/geometry",
    }


def _indicator(each: Indicator, metro: Metro, carrier: str) -> dict[str, Any]:
    rule, part = each.rule, each.part
    return {
        "number": rule.number,
        "code": rule.code,
        "name": rule.label.within(get_language()),
        "mandatory": rule.mandatory,
        "comparator": rule.comparator,
        "bound": str(rule.bound),
        "value": None if part is None or part.value is None else str(part.value),
        "part": None if part is None else str(part.part),
        "whole": None if part is None else str(part.whole),
        "of": None if part is None else part.of,
        "fallback": None if part is None else str(part.fallback),
        "verdict": each.verdict,
        "evidence": None if part is None else evidence_of(metro, rule.basis, carrier),
    }

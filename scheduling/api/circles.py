"""One-millisecond circles over HTTP: numbers for everybody, geometry for the regulator."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.systems import System
from scheduling.domain.circles.areas import AreaError, read_area
from scheduling.domain.circles.circles import Population
from scheduling.domain.sites import METRO
from scheduling.domain.topologies.elements import KEY
from scheduling.models import LatencyCircles, MetroBoundary
from scheduling.services import circles as services


@extend_schema_field(OpenApiTypes.OBJECT)
class AreaField(serializers.JSONField):
    """A GeoJSON Polygon or MultiPolygon in WGS-84."""

    def to_internal_value(self, data: Any) -> Any:
        """The area in its normal form."""
        try:
            return read_area(super().to_internal_value(data))
        except AreaError as error:
            language = self.context["view"].request.LANGUAGE_CODE
            raise serializers.ValidationError(error.text.within(language), code=error.code) from error


class BoundaryIn(serializers.Serializer[Any]):
    """The boundary of a metropolitan area."""

    city = serializers.RegexField(
        f"^({METRO})$", help_text="GB/T 2260: a city (…00) or a municipality (…0000)"
    )
    name = serializers.CharField(max_length=100)
    area = AreaField(help_text="GeoJSON Polygon or MultiPolygon, WGS-84")
    source = serializers.CharField(  # type: ignore[assignment] # the API's word, which DRF uses for another thing
        max_length=200, help_text="the document or data that it is taken from"
    )
    marking = serializers.CharField(max_length=40, default="", allow_blank=True)


class BoundaryOut(serializers.ModelSerializer[MetroBoundary]):
    """A declared boundary, without its geometry: that is the regulator's, with the circles."""

    class Meta:
        model = MetroBoundary
        fields = ("id", "city", "name", "km2", "source", "marking", "created_at")


class BoundaryQuery(PageQuery):
    """Filters of the list."""

    city = serializers.CharField(required=False)


class CirclesIn(serializers.Serializer[Any]):
    """Whose circles."""

    city = serializers.RegexField(f"^({METRO})$", help_text="GB/T 2260, of a declared boundary")
    line_provider = serializers.RegexField(
        f"^({KEY})?$", default="", help_text="one carrier's network and access points; empty: all"
    )
    marking = serializers.CharField(max_length=40, default="", allow_blank=True)


class AreasOut(serializers.Serializer[Any]):
    """How many access points have which area."""

    declared = serializers.IntegerField(help_text="by their service area")
    voronoi = serializers.IntegerField(help_text="fallback: the Voronoi cell, clipped to the metro")
    nowhere = serializers.IntegerField(help_text="outside the boundary, and none declared")


class VariantOut(serializers.Serializer[Any]):
    """The circles of one population of centres together."""

    centres = serializers.ChoiceField(Population.choices())
    reported = serializers.BooleanField(help_text="the variant that the profile reports")
    count = serializers.IntegerField(help_text="centres")
    sum_km2 = serializers.CharField(help_text="sum of the circles: what two cover counts twice")
    union_km2 = serializers.CharField(help_text="what any of them covers, once")
    fallback_km2 = serializers.CharField(help_text="what of the union rests on Voronoi cells alone")
    coverage = serializers.CharField(help_text="union_km2 as a share of `coverage_of`, rounded down")
    coverage_of = serializers.CharField(help_text="the denominator: metro_boundary, with metro_km2")
    access_points_reached = serializers.IntegerField()
    access_points_inconclusive = serializers.IntegerField(
        help_text="not shown to be reached, and light could: measure"
    )
    access_points_share = serializers.CharField(help_text="reached as a share of access_points, rounded down")


class PairsOut(serializers.Serializer[Any]):
    """The pairs of medium and larger centres."""

    count = serializers.IntegerField()
    below = serializers.IntegerField(
        help_text="below the bound between them, by the upper bound of some path"
    )
    inconclusive = serializers.IntegerField(help_text="not shown to be below, and light could: measure")


class CircleOut(serializers.Serializer[Any]):
    """The circle of one centre."""

    centre = serializers.CharField()
    standard_racks = serializers.CharField(help_text="of 2.5 kW, as designed")
    medium_plus = serializers.BooleanField()
    site_registered = serializers.BooleanField(help_text="false: its site is in no carrier's network")
    access_points = serializers.IntegerField()
    km2 = serializers.CharField()
    fallback_km2 = serializers.CharField(
        required=False, help_text="what of it rests on Voronoi cells alone; drawings of before do not tell"
    )


class NumbersOut(serializers.Serializer[Any]):
    """The numbers, each with what it is of."""

    metro_km2 = serializers.CharField()
    access_points = serializers.IntegerField()
    areas = AreasOut()
    variants = VariantOut(many=True)
    pairs = PairsOut(required=False)
    circles = CircleOut(many=True)


class CirclesOut(serializers.ModelSerializer[LatencyCircles]):
    """Circles as they were drawn."""

    numbers = NumbersOut()

    class Meta:
        model = LatencyCircles
        fields = (
            "id",
            "city",
            "boundary",
            "line_provider",
            "below_us",
            "profile",
            "numbers",
            "inputs_sha256",
            "marking",
            "created_at",
        )


class CirclesQuery(PageQuery):
    """Filters of the list."""

    city = serializers.CharField(required=False)
    line_provider = serializers.CharField(required=False)
    boundary = serializers.UUIDField(required=False)


class BoundariesView(HouseView):
    """`/api/v1/metro-boundaries`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_boundaries", "POST": "scheduling.declare_boundary"}

    @extend_schema(parameters=[BoundaryQuery], responses=page_of(BoundaryOut))
    def get(self, request: Request) -> Response:
        """List the boundaries of metropolitan areas; the newest of a city counts."""
        return self.page(MetroBoundary.objects.visible_to(self.actor), BoundaryOut, BoundaryQuery)

    @extend_schema(request=BoundaryIn, responses={201: BoundaryOut})
    def post(self, request: Request) -> Response:
        """Declare the boundary of a metropolitan area, the denominator of its coverage.

        It encloses a square kilometre or more, spans at most 15 degrees each way, and has a place of its city in it, where
        the node knows any.
        """
        row = services.declare_boundary(actor=self.actor, **self.read(BoundaryIn))
        return self.show(row, BoundaryOut, status=201)


class AllCirclesView(HouseView):
    """`/api/v1/latency-circles`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.list_circles", "POST": "scheduling.draw_circles"}
    may_wait = True

    @extend_schema(parameters=[CirclesQuery], responses=page_of(CirclesOut))
    def get(self, request: Request) -> Response:
        """List the circles that were drawn, newest first."""
        rows = LatencyCircles.objects.visible_to(self.actor).defer("geometry")
        return self.page(rows, CirclesOut, CirclesQuery)

    @extend_schema(request=CirclesIn, responses={201: CirclesOut})
    def post(self, request: Request) -> Response:
        """Draw the one-millisecond circles of a city's centres, as networks and centres are now, and keep them."""
        row = services.draw_circles(actor=self.actor, **self.read(CirclesIn))
        return self.show(row, CirclesOut, status=201, location=f"/api/v1/latency-circles/{row.id}")


class CirclesView(HouseView):
    """`/api/v1/latency-circles/{id}`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_circles"}
    queryset = LatencyCircles.objects.defer("geometry")

    @extend_schema(responses=CirclesOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read the numbers of one drawing."""
        return self.show(self.subject, CirclesOut)


class CircleGeometryView(HouseView):
    """`/api/v1/latency-circles/{id}/geometry`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_circle_geometry"}
    queryset = LatencyCircles.objects.all()
    visible_by = "scheduling.read_circles"

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, **_: Any) -> Response:
        """Read the geometry of one drawing as a GeoJSON FeatureCollection: boundary, circles, unions, access points."""
        return Response(self.subject.geometry)

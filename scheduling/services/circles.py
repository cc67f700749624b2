"""Declaring the boundary of a metropolitan area, and drawing the one-millisecond circles within it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.divisions import lies_in
from kernel.services.outbox import publish
from scheduling.domain.circles.areas import covers, shape_of
from scheduling.domain.circles.circles import square_km
from scheduling.domain.circles.drawing import Drawing
from scheduling.domain.circles.plane import Plane
from scheduling.errors.lines import BoundaryElsewhere, BoundaryTooSmall, NoBoundary, UnknownLineProvider
from scheduling.events import BoundaryDeclared, CirclesDrawn
from scheduling.models import LatencyCircles, LineProvider, MetroBoundary
from scheduling.selectors.circles import ground_of, newest_boundary
from scheduling.selectors.gazetteer import known_places
from scheduling.selectors.profiles import circle_profile

LEAST_KM2 = 1


@transaction.atomic
def declare_boundary(
    *, city: str, name: str, area: Mapping[str, Any], source: str, marking: str, actor: Actor
) -> MetroBoundary:
    """Keep the boundary of a city, of which coverage is a share from now on; `area` is in its normal form.

    Raises BoundaryTooSmall, and BoundaryElsewhere where the gazetteer has places of the city and none is in it.
    """
    assert actor.tenant_id is not None  # noqa: S101 - the regulator is an organisation
    shape = shape_of(area)
    km2 = square_km(Plane(shape).flat(shape))
    if km2 < LEAST_KM2:
        raise BoundaryTooSmall(pointer="/area", km2=km2, least=LEAST_KM2)
    places = [each for each in known_places().places if lies_in(each.code, city)]
    if places and not any(covers(area, each.point) for each in places):
        raise BoundaryElsewhere(
            pointer="/area",
            city=city,
            place=places[0].name,
            lon=places[0].point.lon,
            lat=places[0].point.lat,
        )
    row = MetroBoundary.objects.create(
        tenant_id=actor.tenant_id,
        city=city,
        name=name,
        area=area,
        km2=km2,
        source=source,
        marking=marking,
    )
    publish(BoundaryDeclared(subject=row.id, tenant=row.tenant_id, city=city), actor=actor)
    return row


@transaction.atomic
def draw_circles(*, city: str, line_provider: str, marking: str, actor: Actor) -> LatencyCircles:
    """Draw the circles of a city's centres, now, and keep them. Raises NoBoundary, UnknownLineProvider."""
    assert actor.tenant_id is not None  # noqa: S101 - who has circles drawn is an organisation
    boundary = newest_boundary(city)
    if boundary is None:
        raise NoBoundary(pointer="/city", city=city)
    if line_provider and not LineProvider.objects.filter(key=line_provider).exists():
        raise UnknownLineProvider(pointer="/line_provider", key=line_provider)
    ground, profile = ground_of(boundary, line_provider), circle_profile()
    drawing = Drawing(
        boundary=boundary.area,
        hubs=ground.hubs,
        points=ground.points,
        networks=ground.networks,
        profile=profile,
    )
    row = LatencyCircles.objects.create(
        tenant_id=actor.tenant_id,
        boundary=boundary,
        city=city,
        line_provider=line_provider,
        below_us=profile.below_us,
        profile=profile.version,
        numbers=drawing.numbers(),
        geometry=drawing.features(),
        inputs_sha256=ground.sha256,
        marking=marking,
    )
    publish(
        CirclesDrawn(
            subject=row.id,
            tenant=row.tenant_id,
            city=city,
            centres=len(ground.hubs),
            inputs_sha256=ground.sha256,
        ),
        actor=actor,
    )
    return row

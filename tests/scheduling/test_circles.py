"""One-millisecond circles, against areas worked out by hand and by properties that any drawing has."""

import itertools
import math
from decimal import Decimal
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kernel.divisions import stem
from scheduling.domain.circles.circles import (
    Basis,
    Circle,
    Population,
    Served,
    Variant,
    circle,
    conceivable,
    reached,
    served_areas,
    share,
    square_km,
    variant,
)
from scheduling.domain.circles.drawing import AccessPoint, CircleProfile, Drawing, Hub
from scheduling.domain.circles.plane import Plane
from scheduling.domain.routing.network import Network
from scheduling.domain.rows import Span
from scheduling.domain.sites import Point

KM = 1000
METRO = shapely.box(0, 0, 10 * KM, 10 * KM)
QUARTERS = {
    "sw": shapely.Point(2500, 2500),
    "se": shapely.Point(7500, 2500),
    "nw": shapely.Point(2500, 7500),
    "ne": shapely.Point(7500, 7500),
}
PROFILE = CircleProfile("t", "provisional", "test", 1000, 1000, Population.MEDIUM)


def span(a: str, b: str, us: int | None, *, km: str = "1", provider: str = "jia") -> Span:
    return Span(f"{provider}-{a}-{b}", provider, "fibre", a, b, Decimal(km), us, 1000, 1000)


def network(*spans: Span, hop_us: int = 50) -> Network:
    return Network.build({end: hop_us for each in spans for end in (each.a, each.b)}, spans)


@pytest.mark.parametrize(
    ("spans", "sites"),
    [
        ([span("c", "a", 999)], "ca"),
        ([span("c", "a", 1000)], "c"),
        ([span("c", "a", 400), span("a", "b", 549)], "cab"),
        ([span("c", "a", 400), span("a", "b", 550)], "ca"),
        ([span("c", "a", 1200), span("c", "b", 300), span("b", "a", 300)], "cab"),
        ([span("c", "a", None, km="203.8")], "ca"),
        ([span("c", "a", None, km="203.9")], "c"),
        ([span("x", "a", 1)], "c"),
    ],
)
def test_a_site_is_reached_strictly_below_a_millisecond_with_the_passes_between(
    spans: list[Span], sites: str
) -> None:
    assert reached([network(*spans)], "c", 1000) == set(sites)


def test_any_carrier_reaches_but_no_two_together() -> None:
    jia, yi = network(span("c", "a", 300)), network(span("a", "b", 300, provider="yi"))
    assert reached([jia, yi], "c", 1000) == {"c", "a"}
    assert reached([jia, network(span("c", "b", 900, provider="yi"))], "c", 1000) == {"c", "a", "b"}


def test_sums_that_a_double_cannot_hold_reach_nothing() -> None:
    far = [span("a", "b", 9 * 10**15), span("b", "d", 9 * 10**15)]
    assert reached([network(span("c", "a", 1), *far)], "c", 1000) == {"c"}


def test_light_decides_what_could_be_reached() -> None:
    here, there = Point(Decimal(31), Decimal(120)), Point(Decimal(34), Decimal(120))
    assert conceivable({"a": there}, [here], 1000) == set()  # 333 km take 1,112 µs in a vacuum
    assert conceivable({"a": there}, [here], 1113) == {"a"}
    assert conceivable({"a": there}, [], 1113) == set()


def quarters(**declared: shapely.Polygon) -> dict[str, Served]:
    return served_areas(QUARTERS, declared, METRO)


def test_cells_are_a_marked_fallback_and_divide_the_metro() -> None:
    areas = quarters()
    assert {key: (square_km(each.shape), each.basis) for key, each in areas.items()} == dict.fromkeys(
        QUARTERS, (Decimal(25), Basis.VORONOI)
    )


def test_a_declared_area_is_clipped_and_stands_for_the_cell() -> None:
    areas = quarters(sw=shapely.box(-5 * KM, 0, 4 * KM, 5 * KM))
    assert (square_km(areas["sw"].shape), areas["sw"].basis) == (Decimal(20), Basis.DECLARED)
    assert square_km(areas["se"].shape) == Decimal(25)


def test_a_point_outside_has_no_cell_and_takes_none() -> None:
    areas = served_areas({**QUARTERS, "far": shapely.Point(20 * KM, 0)}, {}, METRO)
    assert (areas["far"].shape.is_empty, areas["far"].basis) == (True, Basis.NOWHERE)
    assert square_km(areas["se"].shape) == Decimal(25)


@pytest.mark.parametrize(
    ("places", "areas"),
    [
        ([(5000, 5000)], [100]),
        ([(5000, 5000), (5000, 5000)], [100, 100]),
        ([(1000, 5000), (5000, 5000), (9000, 5000)], [30, 40, 30]),
        ([(0, 0), (10000, 10000)], [50, 50]),
    ],
)
def test_one_point_points_on_a_line_and_points_at_one_place(
    places: list[tuple[int, int]], areas: list[int]
) -> None:
    found = served_areas({str(at): shapely.Point(*xy) for at, xy in enumerate(places)}, {}, METRO)
    assert [square_km(each.shape) for each in found.values()] == areas


def figures(each: Variant) -> list[Any]:
    """Centres, sum, union, and what rests on the fallback."""
    return [each.count, each.sum_km2, each.union_km2, each.fallback_km2]


def test_sum_union_and_coverage_by_hand() -> None:
    areas = quarters(nw=shapely.box(0, 5 * KM, 2 * KM, 10 * KM))  # 10 km² declared, three cells of 25
    large = circle("large", medium=True, sites=frozenset({"sw", "se", "elsewhere"}), areas=areas)
    small = circle("small", medium=False, sites=frozenset({"se", "nw"}), areas=areas)
    assert [large.km2, small.km2] == [Decimal(50), Decimal(35)]
    assert [large.fallback_km2, small.fallback_km2] == [Decimal(50), Decimal(25)]
    assert large.points == {"sw", "se"}
    every = variant(Population.ALL, [large, small], areas, METRO)
    assert figures(every) == [2, 85, 60, 50]
    assert (every.coverage, len(every.points)) == (Decimal("0.6000"), 3)
    medium = variant(Population.MEDIUM, [large, small], areas, METRO)
    assert figures(medium) == [1, 50, 50, 50]
    assert medium.coverage == Decimal("0.5")
    nothing = variant(Population.MEDIUM, [small], areas, METRO)
    assert figures(nothing) == [0, 0, 0, 0]
    assert nothing.coverage == 0


def test_overlapping_declared_areas_count_once_in_the_union() -> None:
    areas = quarters(sw=shapely.box(0, 0, 6 * KM, 5 * KM), se=shapely.box(4 * KM, 0, 10 * KM, 5 * KM))
    one, other = (circle(key, medium=True, sites=frozenset({key}), areas=areas) for key in ("sw", "se"))
    found = variant(Population.ALL, [one, other], areas, METRO)
    assert figures(found) == [2, 60, 50, 0]
    areas = quarters(sw=shapely.box(0, 0, 6 * KM, 5 * KM))  # a fifth of the cell beside it
    both = circle("both", medium=True, sites=frozenset({"sw", "se"}), areas=areas)
    assert (both.km2, both.fallback_km2) == (Decimal(50), Decimal(20))


def test_a_share_is_rounded_down_and_nothing_of_nothing_is_none() -> None:
    assert share(Decimal(69999), Decimal(100000)) == Decimal("0.6999")
    assert share(Decimal(0), Decimal(0)) == 0


@st.composite
def drawings(draw: Any) -> tuple[dict[str, Served], list[Circle]]:
    """Access points with and without declared areas, and centres that reach some of them."""
    grid = st.integers(0, 20).map(lambda step: 500 * step)
    spots = draw(st.lists(st.tuples(grid, grid), min_size=1, max_size=8))
    places = {f"p{at}": shapely.Point(*spot) for at, spot in enumerate(spots)}
    declared = {
        key: shapely.box(place.x - 700, place.y - 700, place.x + draw(grid), place.y + draw(grid))
        for key, place in places.items()
        if draw(st.booleans())
    }
    areas = served_areas(places, declared, METRO)
    reaches = draw(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(sorted(places)))), max_size=4))
    circles = [
        circle(f"c{at}", medium=medium, sites=frozenset(sites), areas=areas)
        for at, (medium, sites) in enumerate(reaches)
    ]
    return areas, circles


A_SQUARE_METRE = Decimal("0.000001")


@given(drawings())
def test_a_union_is_at_most_the_sum_and_the_metro_and_a_further_centre_never_lowers_it(
    drawn: tuple[dict[str, Served], list[Circle]],
) -> None:
    areas, circles = drawn
    found = [variant(Population.ALL, circles[:count], areas, METRO) for count in range(len(circles) + 1)]
    for each in found:
        assert each.union_km2 <= each.sum_km2 + A_SQUARE_METRE
        assert each.union_km2 <= square_km(METRO) + A_SQUARE_METRE
        assert 0 <= each.coverage <= 1
        assert each.fallback_km2 <= each.union_km2 + A_SQUARE_METRE
    for before, after in itertools.pairwise(found):
        assert before.union_km2 <= after.union_km2 + A_SQUARE_METRE
        assert before.points <= after.points
    assert variant(Population.MEDIUM, circles, areas, METRO).union_km2 <= found[-1].union_km2 + A_SQUARE_METRE


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=12, unique=True)
)
def test_cells_cover_the_metro_once(spots: list[tuple[int, int]]) -> None:
    areas = served_areas({str(spot): shapely.Point(*spot) for spot in spots}, {}, METRO)
    assert abs(sum(each.shape.area for each in areas.values()) - METRO.area) < 1
    assert abs(shapely.union_all([each.shape for each in areas.values()]).area - METRO.area) < 1


def on_the_ellipsoid(south: float, north: float, width: float) -> float:
    """The area between two parallels of WGS-84 over `width` degrees, in closed form (m²)."""
    a, f = 6378137.0, 1 / 298.257223563
    e = math.sqrt(f * (2 - f))

    def zone(phi: float) -> float:
        s = math.sin(math.radians(phi))
        return (1 - e * e) * (s / (1 - e * e * s * s) + math.atanh(e * s) / e)

    return math.radians(width) * a * a / 2 * (zone(north) - zone(south))


@pytest.mark.parametrize(("west", "south", "size"), [(120, 31, 1.0), (87, 43, 0.5), (110, 20, 2.0)])
def test_the_plane_keeps_areas_true(west: int, south: int, size: float) -> None:
    box = shapely.box(west, south, west + size, south + size)
    plane = Plane(box)
    true = on_the_ellipsoid(south, south + size, size)
    assert plane.flat(box).area == pytest.approx(true, rel=1e-6)
    assert plane.degrees(plane.flat(box)).equals_exact(shapely.segmentize(box, 0.02), 1e-7)


def area(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def drawing(points: list[AccessPoint], hubs: list[Hub], spans: list[Span]) -> Drawing:
    return Drawing(
        boundary=area(120, 31, 121, 32), hubs=hubs, points=points, networks=[network(*spans)], profile=PROFILE
    )


def test_a_drawing_says_what_each_number_is_of() -> None:
    here = Point(Decimal("31.5"), Decimal("120.25"))
    points = [
        AccessPoint("a", "jia", here, area(120, 31, 120.5, 32)),
        AccessPoint("b", "jia", Point(Decimal("31.5"), Decimal("120.75")), None),
        AccessPoint("out", "jia", Point(Decimal("35.5"), Decimal("120.75")), None),
    ]
    hubs = [
        Hub("big", "s", here, Decimal(1000)),
        Hub("small", "b", here, Decimal("999.9")),
        Hub("lost", "?", None, Decimal(5000)),
    ]
    drawn = drawing(points, hubs, [span("s", "a", 500), span("s", "b", 1000), span("s", "out", 2000)])
    told = drawn.numbers()
    half = on_the_ellipsoid(31, 32, 0.5) / 1e6
    assert float(told["metro_km2"]) == pytest.approx(2 * half, rel=1e-6)
    assert told["areas"] == {"declared": 1, "voronoi": 1, "nowhere": 1}
    every, medium = told["variants"]
    assert (every["centres"], every["reported"], medium["reported"]) == ("all", False, True)
    assert (every["count"], every["access_points_reached"], every["access_points_share"]) == (3, 2, "0.6666")
    assert (medium["count"], medium["access_points_reached"]) == (2, 1)
    assert (medium["coverage"], medium["coverage_of"]) == ("0.5000", "metro_boundary")
    assert (every["access_points_inconclusive"], medium["access_points_inconclusive"]) == (0, 1)
    assert float(medium["union_km2"]) == pytest.approx(half, rel=1e-6)
    assert medium["fallback_km2"] == "0"
    assert [each["site_registered"] for each in told["circles"]] == [True, True, False]
    kinds = [each["properties"]["kind"] for each in drawn.features()["features"]]
    assert kinds == ["boundary", "circle", "circle", "circle", "union", "union", *["access_point"] * 3]
    (lost,) = [each for each in drawn.features()["features"] if each["properties"].get("centre") == "lost"]
    assert (lost["geometry"], lost["properties"]["access_points"]) == (None, [])


@pytest.mark.parametrize(("city", "prefix"), [("320500", "3205"), ("110000", "11"), ("320100", "3201")])
def test_the_divisions_of_a_city_begin_with_its_own(city: str, prefix: str) -> None:
    assert stem(city) == prefix

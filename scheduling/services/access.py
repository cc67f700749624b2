"""Where a demand starts: a site, a compute centre, a division, coordinates, or an address that the node knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aggregation.selectors.centres import centres
from kernel.quantities import NumberText
from scheduling.domain.demand import DemandError, require_short
from scheduling.domain.ends import EndClass, EndRule, plain_address
from scheduling.domain.engine.wishes import NO_ACCESS, Access, End
from scheduling.domain.gazetteer import Place, fine_enough
from scheduling.domain.numbers import NumberError, kilometres, parse_decimal
from scheduling.domain.serviceability import Near, Reason, end_of, own_points
from scheduling.domain.sites import Point
from scheduling.domain.supply.supply import Supply
from scheduling.errors.selections import NoAccessPoint
from scheduling.selectors.ends import end_rules, near_address, near_place, near_point
from scheduling.selectors.gazetteer import gazetteer
from scheduling.selectors.line_providers import tenants_by_key
from scheduling.selectors.profiles import ends_profile

PLACES = ("from_site", "from_centre", "from_place", "from_coordinates", "from_address")
Json = dict[str, Any]
_POINT = ("site", "tail_km", "tail", "end_class", "days", "one_off_cny")
"""What is shown of an access point of a line provider's."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The site that a demand starts at, what the engine counts of the way to it, and all as shown.

    `point` is the place on earth that it names by coordinates or an address, from which all tails are counted; None where it
    names a site, a centre or a division, whose lines begin at the site itself.
    """

    site: str
    access: Access
    shown: Json
    point: Point | None = None


def place_of(demand: Mapping[str, Any]) -> tuple[str, Any]:
    """Which of PLACES the demand names, and its value as it can be read: a Point for coordinates. Raises DemandError."""
    given = [name for name in PLACES if demand.get(name) is not None]
    if len(given) != 1:
        names = ", ".join(PLACES)
        raise DemandError("required", "from_site", f"{names} 须恰填其一", f"give exactly one of {names}")
    name, where = given[0], demand[given[0]]
    if name == "from_coordinates":
        return name, _coordinates(where)
    if not isinstance(where, str) or isinstance(where, NumberText) or not where.strip():
        raise DemandError("bad_value", name, "须为非空文本", "a text is expected")
    require_short(where, name)
    return name, where


def no_such_site() -> DemandError:
    """What a demand is told that begins at a site that nobody has."""
    zh = "没有该站点；请取自 /api/v1/sites，或改用 from_place、from_coordinates 或 from_address"
    en = "no such site: take one of /api/v1/sites, or use from_place, from_coordinates or from_address"
    return DemandError("unknown_site", "from_site", zh, en)


def site_of_centre(centre: str) -> str:
    """The key of the site where a centre meets the network. Raises DemandError where there is no such centre."""
    known = centres([centre]).get(centre)
    if known is None:
        zh = f"没有算力中心 {centre!r}，请填其登记的编号"
        en = f"no compute centre {centre!r}: give the key that it is registered under"
        raise DemandError("unknown_centre", "from_centre", zh, en)
    return known.site


def place_demand(demand: Mapping[str, Any], supply: Supply) -> Placed:
    """Where the demand starts. Raises DemandError with the field, NoAccessPoint where no access point serves it."""
    name, where = place_of(demand)
    match name:
        case "from_site":
            if where not in supply.sites:
                raise no_such_site()
            return _at_a_site(where)
        case "from_centre":
            site = site_of_centre(where)
            if site not in supply.sites:
                zh = f"算力中心 {where} 的接入站点 {site} 不在市；请改用 from_coordinates"
                en = f"the centre {where} meets the network at {site}, a site that no carrier has on the market: use from_coordinates"
                raise DemandError("unknown_site", "from_centre", zh, en)
            return _at_a_site(site)
        case "from_place":
            return _nearest(near_place(where, supply.networks), supply, name, where)
        case "from_coordinates":
            nears = near_point(where, supply.networks)
            return _nearest(nears, supply, name, f"{where.lat}, {where.lon}", where)
        case _:
            if covered := near_address(plain_address(where), supply.networks):
                point, nears = covered
                return _nearest(nears, supply, name, where, point)
            place = _known(where)
            nears = near_point(place.point, supply.networks)
            found = _nearest(nears, supply, name, place.name, place.point)
            found.shown["place"] = {
                "name": place.name,
                "level": place.level,
                "lat": str(place.point.lat),
                "lon": str(place.point.lon),
            }
            return found


def access_of(shown: Mapping[str, Any]) -> Access:
    """What counted of the way of a demand that was placed before, by what was shown then."""
    tail, carriers = shown["tail"], shown["carriers"]
    points = [(key, point) for key, each in carriers.items() for point in points_of(each)]
    if tail is None and {point["site"] for _, point in points} <= {shown["site"], None}:
        return NO_ACCESS
    ends = (
        End(
            line_provider=key,
            days=point["days"],
            one_off_cny=Decimal(point["one_off_cny"] or 0),
            latency_us=0 if point["tail"] is None else point["tail"]["latency_us"],
            site=point["site"],
        )
        for key, point in points
        if point["site"] is not None
    )
    return Access(0 if tail is None else tail["latency_us"], tuple(ends))


def points_of(carrier: Mapping[str, Any]) -> tuple[Json, ...]:
    """The access points that are shown of a line provider; of one that was placed by an earlier release the one there is."""
    return (dict(carrier), *carrier.get("others", ()))


def _at_a_site(site: str) -> Placed:
    return Placed(site, NO_ACCESS, _shown([Near(site, None)], {}))


def _nearest(
    nears: Sequence[Near], supply: Supply, field: str, named: Any, point: Point | None = None
) -> Placed:
    known = [near for near in nears if near.site in supply.sites]
    if not known:
        ways = ", ".join(way for way in ("from_coordinates", "from_site") if way != field)
        raise NoAccessPoint(pointer=f"/{field}", place=named, instead=ways)
    shown = _shown(known, _carriers(known, supply))
    return Placed(known[0].site, access_of(shown), shown, point)


def _carriers(nears: Sequence[Near], supply: Supply) -> dict[str, Json]:
    """Each line provider of the supply: its access points with their tails and classes, or why it has none."""
    tenants = tenants_by_key(tariff.line_provider for tariff in supply.tariffs.values())
    rules = end_rules(tenants.values())
    return {key: _carrier(own_points(nears, key), key, rules[tenants[key]]) for key in sorted(tenants)}


def _carrier(own: Sequence[Near], provider: str, rules: Sequence[EndRule]) -> Json:
    """The first access point that the provider builds to, and `others` that it builds to: the engine chooses among them.

    Others are those whose price is known: one that a survey has yet to tell cannot be compared. Without a tail nothing can.
    """
    built = [
        near for near in own[: ends_profile().access_points] if end_of(near, provider, rules) is not None
    ]
    built = [*(built or own)[:1], *(near for near in built[1:] if _comparable(near, provider, rules))]
    reason = None if built else Reason.NO_ACCESS_POINT
    if built and end_of(built[0], provider, rules) is None:
        reason = Reason.TOO_FAR
    first, *others = [_point_of(near, provider, rules) for near in built] or [dict.fromkeys(_POINT)]
    return {
        **first,
        "others": others,
        "reason": None
        if reason is None
        else {
            "code": reason.value,
            "zh": reason.label.zh,
            "en": reason.label.en,
        },
    }


def _comparable(near: Near, provider: str, rules: Sequence[EndRule]) -> bool:
    """Whether it is known what the tail takes, and what building it costs."""
    end = end_of(near, provider, rules)
    priced = end is not None and (end.one_off_cny is not None or end.code == EndClass.PRE_COVERED)
    return near.tail is not None and priced


def _point_of(near: Near, provider: str, rules: Sequence[EndRule]) -> Json:
    end, exact = end_of(near, provider, rules), near.tail is not None
    price = end.one_off_cny if exact and end else None
    cells = (
        near.site,
        _km(near),
        _tail(near),
        end.code if exact and end else None,
        None if end is None else end.days if exact else 0,
        None if price is None else str(price),
    )
    return dict(zip(_POINT, cells, strict=True))


def _shown(nears: Sequence[Near], carriers: Mapping[str, Json]) -> Json:
    first, *others = nears
    return {
        "site": first.site,
        "tail_km": _km(first),
        "tail": _tail(first),
        "carriers": carriers,
        "alternates": [{"site": each.site, "tail_km": _km(each)} for each in others],
    }


def _tail(near: Near) -> Json | None:
    return None if near.tail is None else {"cable_m": near.tail.cable_m, "latency_us": near.tail.latency_us}


def _km(near: Near) -> str | None:
    return None if near.tail is None else kilometres(near.tail.metres)


def _coordinates(given: Any) -> Point:
    try:
        if set(given) != {"lat", "lon"} or any(isinstance(each, bool) for each in given.values()):
            raise TypeError  # noqa: TRY301 - all that cannot be read is one refusal
        lat, lon = (parse_decimal(str(given[name]), 6, signed=True) for name in ("lat", "lon"))
    except (NumberError, AttributeError, TypeError) as error:
        zh = "须为 lat、lon 两个十进制数或其文本（WGS-84 度，至多六位小数）"
        en = "give lat and lon, decimal numbers or texts of them, in WGS-84 degrees with six decimals at most"
        raise DemandError("bad_value", "from_coordinates", zh, en) from error
    if abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004 - degrees
        raise DemandError("bad_value", "from_coordinates", "超出经纬度范围", "not on earth")
    return Point(lat, lon)


def _known(address: str) -> Place:
    """The place that an address names where no line provider covers the address itself."""
    places = gazetteer().named_in(address)
    if not places:
        zh = "没有线路商覆盖该地址，本节点的地名库也不认识它；请改用 from_coordinates"
        en = "no carrier covers this address and the node's gazetteer knows no place in it: use from_coordinates"
        raise DemandError("unknown_address", "from_address", zh, en)
    names = "、".join(sorted({place.name for place in places}))
    if not fine_enough(places):
        zh = f"{names} 太大，请写到区县，或改用 from_coordinates"
        en = f"{names} is too large: name the district, or use from_coordinates"
        raise DemandError("unknown_address", "from_address", zh, en)
    if len({(place.point.lat, place.point.lon) for place in places}) > 1:
        zh = f"{names} 不止一处，请写明所属城市，或改用 from_coordinates"
        en = f"there is more than one {names}: name its city, or use from_coordinates"
        raise DemandError("unknown_address", "from_address", zh, en)
    return places[0]

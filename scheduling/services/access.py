"""Where a demand starts: a site, a division, coordinates, or an address that the node knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scheduling.domain.demand import DemandError
from scheduling.domain.ends import EndRule, Tail, class_of, plain_address
from scheduling.domain.gazetteer import Place, fine_enough
from scheduling.domain.numbers import NumberError, kilometres, parse_decimal
from scheduling.domain.serviceability import Near
from scheduling.domain.sites import Point
from scheduling.domain.supply import Supply
from scheduling.domain.wishes import NO_ACCESS, Access
from scheduling.errors import NoAccessPoint
from scheduling.selectors.ends import end_rules, near_address, near_place, near_point
from scheduling.selectors.gazetteer import gazetteer
from scheduling.selectors.line_providers import tenants_by_key

PLACES = ("from_site", "from_place", "from_coordinates", "from_address")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """The site that a demand starts at, the end that has to be built, what the engine counts of it, and all as shown."""

    site: str
    end: Tail | None
    access: Access
    shown: Json


def place_demand(demand: Mapping[str, Any], supply: Supply) -> Placed:
    """Where the demand starts. Raises DemandError with the field, NoAccessPoint where no access point serves it."""
    given = [name for name in PLACES if demand.get(name) is not None]
    if len(given) != 1:
        names = ", ".join(PLACES)
        raise DemandError("required", "from_site", f"{names} 须恰填其一", f"give exactly one of {names}")
    where = demand[given[0]]
    match given[0]:
        case "from_site":
            if not isinstance(where, str) or where not in supply.sites:
                raise DemandError("unknown_site", "from_site", "没有该站点", "no such site")
            return Placed(where, None, NO_ACCESS, _shown([Near(where, None)], {}))
        case "from_place":
            return _nearest(near_place(str(where)), supply, "from_place", where)
        case "from_coordinates":
            point = _point(where)
            return _nearest(near_point(point), supply, "from_coordinates", f"{point.lat}, {point.lon}")
        case _:
            if not isinstance(where, str) or not where.strip():
                raise DemandError("bad_value", "from_address", "须为非空文本", "a text is expected")
            if nears := near_address(plain_address(where)):
                return _nearest(nears, supply, "from_address", where)
            place = _known(where)
            found = _nearest(near_point(place.point), supply, "from_address", place.name)
            found.shown["place"] = {
                "name": place.name,
                "level": place.level,
                "lat": str(place.point.lat),
                "lon": str(place.point.lon),
            }
            return found


def access_of(shown: Mapping[str, Any]) -> Access:
    """What counted of the tail of a demand that was placed before, by what was shown then."""
    tail = shown["tail"]
    if tail is None:
        return NO_ACCESS
    prices = tail.get("one_off_cny", {})
    ends = ((key, days, Decimal(prices.get(key) or 0)) for key, days in tail["days"].items())
    return Access(tail["latency_us"], tuple(sorted(ends)))


def _nearest(nears: Sequence[Near], supply: Supply, field: str, named: Any) -> Placed:
    known = [near for near in nears if near.site in supply.sites]
    if not known:
        raise NoAccessPoint(pointer=f"/{field}", place=named)
    end = known[0].tail
    if end is None:
        return Placed(known[0].site, None, NO_ACCESS, _shown(known, {}))
    shown = _shown(known, _ends(end, supply))
    return Placed(known[0].site, end, access_of(shown), shown)


def _ends(end: Tail, supply: Supply) -> dict[str, EndRule]:
    """Line provider → the class that such an end is of; who does not build that far is absent."""
    tenants = tenants_by_key(tariff.line_provider for tariff in supply.tariffs.values())
    rules = end_rules(tenants.values())
    classes = {key: class_of(end.cable_m, rules[tenant]) for key, tenant in tenants.items()}
    return {key: found for key, found in classes.items() if found is not None}


def _shown(nears: Sequence[Near], ends: Mapping[str, EndRule]) -> Json:
    first, *others = nears
    tail = None
    if first.tail is not None:
        tail = {
            "cable_m": first.tail.cable_m,
            "latency_us": first.tail.latency_us,
            "days": {key: end.days for key, end in ends.items()},
            "one_off_cny": {
                key: None if end.one_off_cny is None else str(end.one_off_cny) for key, end in ends.items()
            },
        }
    return {
        "site": first.site,
        "tail_km": _km(first),
        "tail": tail,
        "alternates": [{"site": each.site, "tail_km": _km(each)} for each in others],
    }


def _km(near: Near) -> str | None:
    return None if near.tail is None else kilometres(near.tail.metres)


def _point(given: Any) -> Point:
    try:
        lat, lon = (parse_decimal(str(given[name]), 6, signed=True) for name in ("lat", "lon"))
    except (NumberError, KeyError, TypeError) as error:
        zh, en = "须为 lat、lon 文本（WGS-84 度）", "give lat and lon as text, in WGS-84 degrees"
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

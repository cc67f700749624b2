"""Where a demand starts: a site, a division, coordinates, or an address that the node knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scheduling.domain.demand import DemandError
from scheduling.domain.ends import EndRule, plain_address
from scheduling.domain.gazetteer import Place, fine_enough
from scheduling.domain.numbers import NumberError, kilometres, parse_decimal
from scheduling.domain.serviceability import Near, Reason, end_of, own_point
from scheduling.domain.sites import Point
from scheduling.domain.supply import Supply
from scheduling.domain.wishes import NO_ACCESS, Access, End
from scheduling.errors import NoAccessPoint
from scheduling.selectors.ends import end_rules, near_address, near_place, near_point
from scheduling.selectors.gazetteer import gazetteer
from scheduling.selectors.line_providers import tenants_by_key

PLACES = ("from_site", "from_place", "from_coordinates", "from_address")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """The site that a demand starts at, what the engine counts of the way to it, and all as shown."""

    site: str
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
            return Placed(where, NO_ACCESS, _shown([Near(where, None)], {}))
        case "from_place":
            return _nearest(near_place(str(where), supply.networks), supply, "from_place", where)
        case "from_coordinates":
            point = _point(where)
            nears = near_point(point, supply.networks)
            return _nearest(nears, supply, "from_coordinates", f"{point.lat}, {point.lon}")
        case _:
            if not isinstance(where, str) or not where.strip():
                raise DemandError("bad_value", "from_address", "须为非空文本", "a text is expected")
            if nears := near_address(plain_address(where), supply.networks):
                return _nearest(nears, supply, "from_address", where)
            place = _known(where)
            found = _nearest(near_point(place.point, supply.networks), supply, "from_address", place.name)
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
    if tail is None and {each["site"] for each in carriers.values()} <= {shown["site"], None}:
        return NO_ACCESS
    ends = (
        End(
            line_provider=key,
            days=each["days"],
            one_off_cny=Decimal(each["one_off_cny"] or 0),
            latency_us=0 if each["tail"] is None else each["tail"]["latency_us"],
            site=each["site"],
        )
        for key, each in carriers.items()
        if each["site"] is not None
    )
    return Access(0 if tail is None else tail["latency_us"], tuple(ends))


def _nearest(nears: Sequence[Near], supply: Supply, field: str, named: Any) -> Placed:
    known = [near for near in nears if near.site in supply.sites]
    if not known:
        raise NoAccessPoint(pointer=f"/{field}", place=named)
    shown = _shown(known, _carriers(known, supply))
    return Placed(known[0].site, access_of(shown), shown)


def _carriers(nears: Sequence[Near], supply: Supply) -> dict[str, Json]:
    """Each line provider of the supply: its own access point, the tail to it, the class of such an end, or why it has none."""
    tenants = tenants_by_key(tariff.line_provider for tariff in supply.tariffs.values())
    rules = end_rules(tenants.values())
    return {key: _carrier(own_point(nears, key), key, rules[tenants[key]]) for key in sorted(tenants)}


def _carrier(near: Near | None, provider: str, rules: Sequence[EndRule]) -> Json:
    end = None if near is None else end_of(near, provider, rules)
    exact = near is not None and near.tail is not None
    reason = Reason.NO_ACCESS_POINT if near is None else Reason.TOO_FAR if end is None else None
    return {
        "site": None if near is None else near.site,
        "tail_km": None if near is None else _km(near),
        "tail": None if near is None else _tail(near),
        "end_class": end.code if exact and end is not None else None,
        "days": None if end is None else end.days if exact else 0,
        "one_off_cny": str(end.one_off_cny) if exact and end and end.one_off_cny is not None else None,
        "reason": None
        if reason is None
        else {
            "code": reason.value,
            "zh": reason.label.zh,
            "en": reason.label.en,
        },
    }


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

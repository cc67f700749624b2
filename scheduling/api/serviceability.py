"""Serviceability over HTTP: can a line be had from here to that centre, how soon, and what else."""

from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words
from kernel.api.decimals import PlainDecimalField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import any_code
from kernel.api.views import HouseView
from kernel.errors import InvalidField
from kernel.systems import System
from kernel.text import Text
from scheduling.domain.demand import PROTECTIONS
from scheduling.domain.ends import EndClass, plain_address
from scheduling.domain.routing.effort import TooHardError
from scheduling.domain.rows import TECHNOLOGIES, ZONES
from scheduling.domain.serviceability import Ask, Light, Near, Reason
from scheduling.domain.sites import Point
from scheduling.domain.working_days import DayCount
from scheduling.errors.lines import AddressNotCovered
from scheduling.errors.selections import NoAccessPoint
from scheduling.selectors.ends import Networks, near_address, near_place, near_point, tail_over
from scheduling.selectors.serviceability import Answered, Serviceability, serviceability
from scheduling.selectors.sites import is_site
from scheduling.selectors.supply import newest_supply

WAYS = ("site", "place", "address", "lat")
SHOWN = 50


class ServiceabilityQuery(serializers.Serializer[Any]):
    """From where, to which centre, how much. Exactly one of site, place, address, or lat with lon."""

    site = serializers.CharField(required=False, help_text="key of an access point")
    place = serializers.CharField(required=False, help_text="GB/T 2260: its access points")
    address = serializers.CharField(required=False, max_length=100, help_text="among those that are covered")
    lat = PlainDecimalField(9, 6, required=False, min_value=-90, max_value=90, help_text="WGS-84")
    lon = PlainDecimalField(9, 6, required=False, min_value=-180, max_value=180, help_text="WGS-84")
    centre = serializers.CharField()
    bandwidth_mbps = PlainIntegerField(min_value=1, max_value=10**9)
    protection = serializers.ChoiceField(PROTECTIONS, default="none")
    max_latency_us = PlainIntegerField(
        required=False, min_value=1, max_value=10**9, help_text="strict, one way, with the tail"
    )
    technology = any_code([(code, code) for code in TECHNOLOGIES])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One way of saying where, and both coordinates."""
        given = [name for name in WAYS if name in attrs]
        if len(given) != 1 or ("lat" in attrs) != ("lon" in attrs):
            zh, en = (
                "site、place、address、lat 与 lon 须恰填其一",
                "give exactly one of site, place, address, lat with lon",
            )
            raise serializers.ValidationError({"site": in_words(Text(zh, en))})
        return attrs


class TailOut(serializers.Serializer[Any]):
    """From the place to the access point: metres of great circle and of cable, and light's time, rounded up."""

    metres = serializers.IntegerField()
    cable_m = serializers.IntegerField()
    latency_us = serializers.IntegerField()


class ReasonOut(serializers.Serializer[Any]):
    """Why an option is not green."""

    code = serializers.ChoiceField(Reason.choices())
    detail = serializers.CharField()


class InstallOut(serializers.Serializer[Any]):
    """How soon it may be in use: the tariff's days and the class's together, and the first day in China."""

    days = serializers.IntegerField()
    counted = serializers.ChoiceField(DayCount.choices())
    usable_from = serializers.DateField()


class ServiceOptionOut(serializers.Serializer[Any]):
    """One line product from one access point; latency in µs one way."""

    light = serializers.ChoiceField(Light.choices())
    reasons = ReasonOut(many=True)
    line_provider = serializers.CharField()
    technology = serializers.CharField()
    access_point = serializers.CharField()
    protection_access_point = serializers.CharField(
        allow_null=True,
        help_text="where the second path of a pair begins, if that is another; latencies are of that path then, the slower one",
    )
    tail = TailOut(allow_null=True)
    end_class = serializers.ChoiceField(
        EndClass.choices(), allow_null=True, help_text="of two access points, that which takes longer"
    )
    bandwidth_mbps = serializers.IntegerField(
        help_text="the rate asked for, or the smaller step that is free"
    )
    step_mbps = serializers.IntegerField(allow_null=True)
    zone = serializers.ChoiceField(ZONES, allow_null=True)
    latency_us = serializers.IntegerField(allow_null=True, help_text="of the optical path")
    latency_with_tail_us = serializers.IntegerField(allow_null=True)
    install = InstallOut(allow_null=True)


class ServiceabilityOut(serializers.Serializer[Any]):
    """The best option's light and reasons, the option, and what else there is, the best first."""

    light = serializers.ChoiceField(Light.choices())
    reasons = ReasonOut(many=True)
    centre = serializers.CharField()
    z_site = serializers.CharField()
    bandwidth_mbps = serializers.IntegerField()
    best = ServiceOptionOut(allow_null=True)
    alternates = ServiceOptionOut(many=True, help_text=f"at most {SHOWN}")
    snapshot = serializers.CharField()
    profile = serializers.CharField(help_text="version of the classes of ends")
    calendar = serializers.CharField(help_text="version of the calendar of working days")


class ServiceabilityView(HouseView):
    """`/api/v1/serviceability`."""

    system = System.SELECTION
    operations = {"GET": "scheduling.read_serviceability"}

    @extend_schema(parameters=[ServiceabilityQuery], responses=ServiceabilityOut)
    def get(self, request: Request) -> Response:
        """Say whether a line can be had from a place to a centre: green, yellow or red, why, how soon, and what else."""
        query = self.query(ServiceabilityQuery)
        ask = Ask(
            bandwidth_mbps=query["bandwidth_mbps"],
            protection=query["protection"],
            max_latency_us=query.get("max_latency_us"),
            technologies=tuple(query.get("technology", ())),
        )
        version = newest_supply()
        nears = nears_of(query, {} if version is None else version.supply.networks)
        try:
            found = serviceability(ask=ask, nears=nears, centre=query["centre"], version=version)
        except TooHardError as error:
            why = error.text
            raise InvalidField(parameter="protection", reason_zh=why.zh, reason_en=why.en) from error
        return Response(ServiceabilityOut(shown(found, ask)).data)


def nears_of(query: dict[str, Any], networks: Networks) -> list[Near]:
    """The access points near the place that the query names, the line providers' own among them. Raises NoAccessPoint, AddressNotCovered."""
    way = next(name for name in WAYS if name in query)
    match way:
        case "site":
            known = is_site(query["site"])
            found = [Near(query["site"], tail_over(Decimal(0)), named=True)] if known else []
        case "place":
            found = near_place(query["place"], networks)
        case "address":
            covered = near_address(plain_address(query["address"]), networks)
            if covered is None:
                raise AddressNotCovered(pointer="/address", address=query["address"])
            found = covered[1]
        case _:
            found = near_point(Point(query["lat"], query["lon"]), networks)
    if not found:
        named = f"{query['lat']}, {query['lon']}" if way == "lat" else query[way]
        others = ", ".join("lat+lon" if each == "lat" else each for each in WAYS if each != way)
        raise NoAccessPoint(pointer=f"/{way}", place=named, instead=others)
    return found


def shown(found: Serviceability, ask: Ask) -> dict[str, Any]:
    """The answer as it is written."""
    options = [written(each) for each in found.options]
    none: dict[str, Any] = {"light": Light.RED, "reasons": [told(found.otherwise, None)]}
    best = options[0] if options else None
    return {
        **{name: (best or none)[name] for name in ("light", "reasons")},
        "centre": found.centre,
        "z_site": found.z_site,
        "bandwidth_mbps": ask.bandwidth_mbps,
        "best": best,
        "alternates": options[1 : SHOWN + 1],
        "snapshot": found.snapshot,
        "profile": found.profile,
        "calendar": found.calendar,
    }


def written(answered: Answered) -> dict[str, Any]:
    """One option as it is written."""
    option = answered.option
    install = None
    if answered.usable_from is not None:
        install = {
            "days": option.days,
            "counted": answered.promised_in,
            "usable_from": answered.usable_from,
        }
    return {
        "light": option.light,
        "reasons": [told(reason, answered.closed) for reason in option.reasons],
        "line_provider": option.line_provider,
        "technology": option.technology,
        "access_point": option.near.site,
        "protection_access_point": None if option.protection is None else option.protection.site,
        "tail": option.near.tail,
        "end_class": None if option.end is None or option.near.tail is None else option.end.code,
        "bandwidth_mbps": option.bandwidth_mbps,
        "step_mbps": None if option.tariff is None else option.tariff.bandwidth_mbps,
        "zone": None if option.tariff is None else option.tariff.zone,
        "latency_us": option.latency_us,
        "latency_with_tail_us": option.latency_with_tail_us,
        "install": install,
    }


def told(reason: Reason, closed: Text | None) -> dict[str, str]:
    """A reason in the caller's language, with the gate's own words where the gate is shut."""
    text = closed if reason == Reason.NOT_SELLABLE and closed is not None else reason.label
    return {"code": reason.value, "detail": text.within(get_language())}

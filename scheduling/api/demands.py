"""The shape of a demand, for the contract: what reads and refuses one is `scheduling/domain/engine/files.py` alone."""

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from kernel.api.instants import InstantField
from kernel.api.integers import PlainIntegerField
from scheduling.domain.demand import (
    LATENCY_LAYERS,
    LONGEST_LIST,
    LONGEST_TEXT,
    MOST_BUNDLES,
    PROTECTIONS,
    WANTS,
)
from scheduling.domain.engine.wishes import DOMAINS, STORAGE_CLASSES
from scheduling.domain.rows import COMPUTE_KINDS
from scheduling.selectors.profiles import line_service_profile

MOST = 10**12
"""Whole numbers and the whole parts of decimals have at most 12 digits."""


class ExactField(serializers.CharField):
    """A decimal of at most so many places, as text or as a JSON number, which is read as a decimal and never as a float.

    `least` is 0 where nothing is a request; else numbers begin above it. `signed` ones are degrees, a `percent` is at most 100.
    """

    def __init__(
        self, places: int, *, above: bool = False, signed: bool = False, percent: bool = False, **options: Any
    ) -> None:
        """Describe it in both forms."""
        super().__init__(**options)
        if percent:
            pattern = rf"^(?:[0-9]{{1,2}}(?:\.[0-9]{{1,{places}}})?|100(?:\.0{{1,{places}}})?)$"
            most = {"minimum": 0, "maximum": 100}
            set_override(self, "field", {"type": ["string", "number"], "pattern": pattern, **most})
            return
        zero, minus = r"(?!0+(?:\.0+)?$)" if above else "", "-?" if signed else ""
        bounds: dict[str, int] = {"minimum": -MOST if signed else 0}
        if above:
            bounds = {"exclusiveMinimum": 0}
        schema = {
            "type": ["string", "number"],
            "pattern": rf"^{minus}{zero}[0-9]{{1,12}}(?:\.[0-9]{{1,{places}}})?$",
            "exclusiveMaximum": MOST,
            **bounds,
        }
        set_override(self, "field", schema)


def _may(**options: Any) -> dict[str, Any]:
    """A member that may be left out; null is the same."""
    return {"required": False, "allow_null": True, **options}


def _whole(help_text: str = "", least: int = 0, most: int = MOST - 1) -> PlainIntegerField:
    words = {"help_text": help_text} if help_text else {}
    return PlainIntegerField(min_value=least, max_value=most, **_may(**words))


def _texts(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TEXT),
        max_length=LONGEST_LIST,
        **_may(help_text=help_text),
    )


def _classes(aspect: str, help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(line_service_profile().codes(aspect)),
        max_length=LONGEST_LIST,
        **_may(help_text=help_text),
    )


class PlaceIn(serializers.Serializer[Any]):
    """A place in WGS-84 degrees, up to 6 decimals."""

    lat = ExactField(6, signed=True)
    lon = ExactField(6, signed=True)


class ComputeIn(serializers.Serializer[Any]):
    """Bounds on one unit of compute. A value that an offer does not declare fails the bound on it."""

    kind = serializers.ChoiceField(COMPUTE_KINDS, **_may())
    accelerators = _texts("any of these models, by the dictionary's names or aliases; empty is any")
    min_accelerators = _whole()
    min_accelerator_memory_gib = ExactField(6, **_may(help_text="GiB of one accelerator"))
    min_vcpus = _whole()
    min_memory_gib = ExactField(6, **_may(help_text="GiB"))
    min_fp16_tflops = ExactField(6, **_may(help_text="TFLOPS at FP16"))
    min_fp32_tflops = ExactField(6, **_may(help_text="TFLOPS at FP32"))
    min_fp64_tflops = ExactField(6, **_may(help_text="TFLOPS at FP64"))
    domestic = serializers.BooleanField(
        **_may(help_text="true: domestic accelerators only; false: only others")
    )


class CentreBoundsIn(serializers.Serializer[Any]):
    """Bounds on the centre."""

    max_pue = ExactField(6, **_may())
    min_green_share = ExactField(6, **_may(help_text="a share from 0 to 1"))
    min_mlps_level = _whole("等级保护, 1–4")
    include = _texts("centres to take from; empty is all")
    exclude = _texts("centres to leave out")


class ProvidersIn(serializers.Serializer[Any]):
    """Compute providers by their keys."""

    include = _texts("to take from; empty is all")
    exclude = _texts("to leave out")


class LineBoundsIn(serializers.Serializer[Any]):
    """Lines to take from, and what the carrier has to promise of each circuit; what is not declared fails.

    Codes are those of `/api/v1/line-service-profile`; the files know the first two alone.
    """

    technologies = _texts("otn, fgotn, srv6, cloud_private; empty is all")
    providers = _texts("line providers by their keys; empty is all")
    min_availability_percent = ExactField(
        6, percent=True, **_may(help_text="percent of a year: 99.99; by the product's class or its share")
    )
    sla = _classes(
        "sla",
        "service levels, any of which will do; latency and loss of the least of them are bounds beside the demand's own",
    )
    isolation = _classes("isolation", "any of these")
    encryption = _classes("encryption", "any of these")


class WeightsIn(serializers.Serializer[Any]):
    """What a unit of a measure is worth in CNY, up to 4 decimals: bundles rank by total + Σ weight × measure."""

    cny_per_ms = ExactField(4, **_may(help_text="of latency, one way"))
    cny_per_kg_co2 = ExactField(4, **_may())
    cny_per_percent_unreliable = ExactField(
        4, **_may(help_text="100 × (1 − the availability of centre and line together)")
    )


class TransferIn(serializers.Serializer[Any]):
    """Data to move, in place of bandwidth_mbps.

    Mbps = ⌈GB × 8 × 10⁹ × 1538 / 1448 / (hours × 3600 × 10⁶)⌉: full frames of TCP with timestamps over IPv4 and
    Ethernet. The line is rented for these hours, or by the hour at a step's full speed for as long as the data take.
    """

    volume_gb = ExactField(6, above=True, help_text="GB of 10⁹ bytes, up to 6 decimals")
    within_hours = PlainIntegerField(min_value=1, max_value=MOST - 1, help_text="at most duration_hours")


class StorageIn(serializers.Serializer[Any]):
    """Storage at the centre for the months of 730 hours that begin within duration_hours; part of the compute total."""

    gib = PlainIntegerField(min_value=1, max_value=MOST - 1)
    storage_class = serializers.ChoiceField(STORAGE_CLASSES)


class PeersIn(serializers.Serializer[Any]):
    """Whether other nodes are asked too, and how long they may take; they are told neither who asks nor for whom."""

    deadline_ms = PlainIntegerField(
        required=False, min_value=100, max_value=5000, help_text="2000 if not said"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Month",
            summary="一个月，时延有界 / A month, with a bound on latency",
            value={
                "from_site": "sip-weiting",
                "quantity": 1,
                "bandwidth_mbps": 1000,
                "duration_hours": 730,
                "max_latency_us": 1000,
                "compute": {"kind": "intelligent", "min_accelerators": 8, "domestic": True},
            },
            request_only=True,
        ),
        OpenApiExample(
            "Pair",
            summary="某地起的双路由，时延与碳计价 / Two routes from a place, latency and carbon at a price",
            value={
                "from_coordinates": {"lat": "31.32", "lon": "120.72"},
                "quantity": 2,
                "bandwidth_mbps": 1000,
                "protection": "one_plus_one",
                "max_total_cny": "500000",
                "weights": {"cny_per_ms": "1000", "cny_per_kg_co2": "0.1"},
                "residency": ["32"],
                "want": ["rejected", "relax", "pareto"],
            },
            request_only=True,
        ),
    ]
)
class SelectionIn(serializers.Serializer[Any]):
    """A demand as in the selection files (docs/selection.md); exactly one of from_site, from_centre, from_place, from_coordinates and from_address.

    A member that is absent, null or an empty list is no constraint; 0 is a bound. Bounds include their value, except
    max_latency_us. Decimals are text or JSON numbers. A member that is not listed here is refused. What the files do not
    know: the other four places, weights, transfer, starts_at, residency, domain, storage, what lines are sold with, peers.
    """

    demand = serializers.CharField(max_length=LONGEST_TEXT, **_may(help_text="your own name for it"))
    from_site = serializers.CharField(max_length=LONGEST_TEXT, **_may(help_text="the key of a site"))
    from_centre = serializers.CharField(
        max_length=LONGEST_TEXT,
        **_may(
            help_text="the key of a compute centre: lines between centres, to compute in others than this one"
        ),
    )
    from_place = serializers.CharField(
        max_length=LONGEST_TEXT, **_may(help_text="GB/T 2260: its access point")
    )
    from_coordinates = PlaceIn(
        **_may(help_text="the best of each line provider's own access points, with the tail to it")
    )
    from_address = serializers.CharField(
        max_length=LONGEST_TEXT,
        **_may(help_text="names a district, town or site that the node's gazetteer knows"),
    )
    quantity = PlainIntegerField(min_value=1, max_value=MOST - 1, help_text="units of one offer")
    bandwidth_mbps = _whole("Mbps, unless transfer is given", least=1)
    duration_hours = ExactField(
        6,
        above=True,
        **_may(help_text="730 if not said; at most the longest term of the profile holds: ten years"),
    )
    protection = serializers.ChoiceField(PROTECTIONS, **_may(help_text="none if not said"))
    latency_layer = serializers.ChoiceField(
        LATENCY_LAYERS, **_may(help_text="optical if not said; service adds the tariff's terminal_us")
    )
    max_latency_us = _whole("µs, strict, one way")
    max_jitter_us = _whole("µs, one way")
    max_loss = ExactField(9, **_may(help_text="a share from 0 to 1"))
    max_hops = _whole("spans of one path")
    max_lead_days = _whole("days as the tariff counts them")
    compute = ComputeIn(**_may())
    centre = CentreBoundsIn(**_may())
    providers = ProvidersIn(**_may())
    line = LineBoundsIn(**_may())
    max_total_cny = ExactField(4, **_may(help_text="CNY for all of duration_hours"))
    weights = WeightsIn(**_may())
    transfer = TransferIn(**_may())
    starts_at = InstantField(
        **_may(
            help_text="what is booked from then for duration_hours counts; lines must be open by then; it ends within the profile's two years"
        )
    )
    residency = serializers.ListField(
        child=serializers.RegexField("^([0-9]{2}){1,3}$"),
        max_length=LONGEST_LIST,
        **_may(
            help_text="divisions of GB/T 2260, any of which will do: whole (320500), or their first 2 or 4 digits"
        ),
    )
    domain = serializers.ChoiceField(DOMAINS, **_may())
    storage = StorageIn(**_may())
    top = _whole("10 if not said; 0 gives reasons without bundles", most=MOST_BUNDLES)
    want = serializers.ListField(
        child=serializers.ChoiceField(WANTS),
        max_length=LONGEST_LIST,
        **_may(help_text="rejected and relax if not said"),
    )
    peers = PeersIn(**_may(help_text="ask other nodes beside this one"))

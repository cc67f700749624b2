"""Centres beyond their racks: which domains they serve, what storage they rent, and how much carbon a kWh costs there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from kernel.text import Text, Vocabulary

UNIT_GIB = "gib"
"""What the ledger counts storage in."""
_PLACES = Decimal("0.000001")


class CentreDomain(Vocabulary):
    """The two domains of a city's network, which do not mix by default (SCHEME §7)."""

    GOVERNMENT = "government", "政务域", "Government domain"
    SCIENCE_ECONOMY = "science_economy", "科创经济域", "Science-and-economy domain"


class StorageClass(Vocabulary):
    """Storage by what it is for; performance is the advanced storage of at least 10⁴ IOPS a TB (SCHEME §7)."""

    PERFORMANCE = "performance", "高性能存储", "Performance storage"
    STANDARD = "standard", "标准存储", "Standard storage"
    ARCHIVE = "archive", "归档存储", "Archive storage"


def fastest_port(ports: Mapping[str, int]) -> int | None:
    """The rate of the fastest egress port in Gbps; 0 where a centre says that it has none, None where it says nothing."""
    return max((int(rate) for rate, number in ports.items() if number), default=0) if ports else None


def why_off_site(*, site: str, metres: int, reach_m: int) -> Text | None:
    """Why a centre does not meet the network at a site so many metres of great circle away; None where it may.

    No line is built from a site to farther than `reach_m`, and latency is told to the site.
    """
    if metres <= reach_m:
        return None
    km, most = (f"{each / 1000:.1f}" for each in (metres, reach_m))
    return Text(
        f"距接入站点 {site} 约 {km} km，接入至多及于 {most} km；请核对坐标与站点",
        f"its site {site} is about {km} km away, and none is reached from farther than {most} km: check coordinates and site",
    )


@dataclass(frozen=True, slots=True)
class CarbonProfile:
    """The versioned factor of the grid: kg CO₂ a kWh drawn from it."""

    version: str
    status: str
    source: str
    grid_kg_kwh: Decimal


@dataclass(frozen=True, slots=True)
class Carbon:
    """kg CO₂ for a kWh of the machines, cooling included; None is unknown. `basis` says where it comes from."""

    kg_kwh: Decimal | None
    basis: str | None


def carbon_of(
    *, declared: Decimal | None, pue: Decimal | None, green_share: Decimal | None, profile: CarbonProfile
) -> Carbon:
    """What the centre declares, or PUE × the grid's factor × what of its power is not green.

    Where PUE or green share is unknown so is the result: missing is not zero.
    """
    if declared is not None:
        return Carbon(declared, "declared")
    if pue is None or green_share is None:
        return Carbon(None, None)
    derived = (pue * profile.grid_kg_kwh * (1 - green_share)).quantize(_PLACES, ROUND_HALF_EVEN)
    return Carbon(derived, f"derived:{profile.version}")

"""Physical quantities with their units: µs one way, metres, standard racks, bytes, FLOPS at a precision."""

import math
import re
from decimal import Decimal

EARTH_RADIUS_M = 6_371_008.8  # mean radius R1, IUGG
SILICA_NS_PER_M = Decimal("4.9")  # group delay of silica fibre, n ≈ 1.468 (SCHEME §7)
VACUUM_NS_PER_M = Decimal("3.336")  # nothing is faster (SCHEME §7)
STANDARD_RACK_KW = Decimal("2.5")
MONTH_HOURS = 730  # the month in which lines are sold, and machines by the month (selection files)


class NumberText(str):
    """A JSON number as it was written, so that no float ever stands between a document and exact arithmetic."""

    __slots__ = ()


_PLAIN = re.compile(r"(-?[0-9]+)(?:\.([0-9]+))?", re.ASCII)


def plain_decimal(text: str, places: int) -> Decimal | None:
    """A decimal in ASCII digits, without the zeros beyond `places`, which say nothing; decimals beyond them stay for the caller to judge.

    None for anything else: an exponent, a plus, a blank, a separator, NaN.
    """
    if (match := _PLAIN.fullmatch(text)) is None:
        return None
    decimals = match[2] or ""
    decimals = decimals[:places] + decimals[places:].rstrip("0")
    return Decimal(f"{match[1]}.{decimals}" if decimals else match[1])


def great_circle_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres between two WGS-84 points in degrees (haversine, mean radius)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    h = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(h))


def standard_racks(racks: int, kilowatts: Decimal) -> Decimal:
    """Racks of `kilowatts` each as standard racks of 2.5 kW."""
    return racks * kilowatts / STANDARD_RACK_KW

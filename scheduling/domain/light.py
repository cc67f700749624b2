"""The speed of light as the judge of latency: what no line between two places can be faster than."""

from decimal import Decimal
from fractions import Fraction

from kernel.quantities import SILICA_NS_PER_M, VACUUM_NS_PER_M
from kernel.text import Vocabulary


class Medium(Vocabulary):
    """What the light runs in; a commitment does not disclose it."""

    SILICA = "silica", "石英光纤", "Silica fibre"
    HOLLOW_CORE = "hollow_core", "空芯光纤", "Hollow-core fibre"
    UNDISCLOSED = "undisclosed", "未披露", "Not disclosed"


def floor_ns(metres: Decimal, medium: str) -> Decimal:
    """The physical lower bound over a great circle, ns one way: 4.9 ns/m in silica, else 3.336 (SCHEME §7)."""
    return metres * (SILICA_NS_PER_M if medium == Medium.SILICA else VACUUM_NS_PER_M)


def floor_us(metres: Decimal, medium: str) -> int:
    """The same in whole µs, rounded down: with whole bounds it decides exactly what the exact value does."""
    return int(floor_ns(metres, medium) // 1000)


def faster_than(value_us: int | Fraction, metres: Decimal, medium: str) -> bool:
    """Whether a one-way latency lies below that bound, compared exactly."""
    return Fraction(value_us) * 1000 < Fraction(floor_ns(metres, medium))

"""What paths come by: the worth of their metres and µs together, of which km alone and latency alone are the ends."""

import math
from typing import NamedTuple

_LANE = 64
"""Bits for each sum below the first of a key: 2²⁴ spans of the largest number the files allow still fit."""


class Order(NamedTuple):
    """Paths by rising worth, then latency, hops, metres, span ids; what a metre and a µs are worth has no common factor."""

    metre: int
    us: int

    @classmethod
    def of(cls, metre: int, us: int) -> "Order":
        """The order by what a metre and a µs are worth in any unit, one of them more than nothing."""
        unit = math.gcd(metre, us)
        return cls(metre // unit, us // unit)

    def worth(self, metres: int, latency: int) -> int:
        """Of a path or a part of one, by its sums."""
        return self.metre * metres + self.us * latency


KM, LATENCY = Order(1, 0), Order(0, 1)
"""For prices per kilometre, and where the price is flat."""


def key_of(worth: int, latency: int, hops: int, metres: int) -> int:
    """Compares as the sums do, the first first; keys of parts add up to that of the whole."""
    return (worth << 3 * _LANE) + (latency << 2 * _LANE) + (hops << _LANE) + metres

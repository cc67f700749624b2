"""What is summed up over the spans of a path, and what paths come by: the worth of their metres and µs together."""

import math
from typing import NamedTuple

_LANE = 64
"""Bits for each sum below the first of a key: 2²⁴ spans of the largest number the files allow still fit."""


class Order(NamedTuple):
    """What a metre, a µs, a µs of jitter, a span and the log of what is lost of a path are worth: a sum over its spans.

    Paths come by rising worth, then latency, hops, metres, span ids; by metres and µs, then these two have no common factor, or
    by one of the others where any path of little will do.
    The log is −ln(1 − loss) × 10¹², a little too small.
    """

    metre: int = 0
    us: int = 0
    jitter: int = 0
    hop: int = 0
    log: int = 0

    @classmethod
    def of(cls, metre: int, us: int) -> "Order":
        """The order by what a metre and a µs are worth in any unit, one of them more than nothing."""
        unit = math.gcd(metre, us)
        return cls(metre // unit, us // unit)

    @property
    def of_way(self) -> bool:
        """Whether it counts metres and µs alone, by which lines are chosen."""
        return (self.jitter, self.hop, self.log) == (0, 0, 0)

    def worth(self, metres: int, latency: int) -> int:
        """Of the metres and µs of a path or of a part of one, by which paths come."""
        return self.metre * metres + self.us * latency


KM, LATENCY = Order(metre=1), Order(us=1)
"""For prices per kilometre, and where the price is flat."""

JITTER, HOPS, LOSS = Order(jitter=1), Order(hop=1), Order(log=1)


def key_of(worth: int, latency: int, hops: int, metres: int) -> int:
    """Compares as the sums do, the first first; keys of parts add up to that of the whole."""
    return (worth << 3 * _LANE) + (latency << 2 * _LANE) + (hops << _LANE) + metres

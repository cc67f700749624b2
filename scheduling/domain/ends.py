"""The A end of a line: how far it lies from an access point, and what a carrier has to build to reach it."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any, Self

from kernel.quantities import SILICA_NS_PER_M
from kernel.text import Vocabulary
from scheduling.domain.rows import Column
from scheduling.domain.topologies.elements import KEY

COVERED_COLUMNS = (
    Column("address"),
    Column("lat", "decimal", places=6, signed=True),
    Column("lon", "decimal", places=6, signed=True),
    Column("site", pattern=KEY),
)

END_PRICE = "end_one_off_cny"
UNDECLARED = "—"
"""How what moved of an A end is told: what building it costs, and a price or a class that there is none of."""


class EndClass(Vocabulary):
    """What has to be built at the A end, from the least to the most."""

    PRE_COVERED = "pre_covered", "预覆盖", "Pre-covered"
    EXTENSION = "extension", "延伸接入", "Extension of the cable"
    NEW_BUILD = "new_build", "新建接入", "New build"


@dataclass(frozen=True, slots=True)
class EndRule:
    """A class holds for tails of at most so many metres of cable, and takes so many days beside the tariff's.

    `one_off_cny` is what building costs for each circuit, beside the tariff's; None is not declared: a survey tells it.
    """

    code: str
    up_to_m: int
    days: int
    one_off_cny: Decimal | None = None

    def document(self) -> dict[str, str | int | None]:
        """As JSON."""
        return {
            "code": self.code,
            "up_to_m": self.up_to_m,
            "days": self.days,
            "one_off_cny": None if self.one_off_cny is None else str(self.one_off_cny),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The class that its JSON says."""
        price = document.get("one_off_cny")
        return cls(
            document["code"], document["up_to_m"], document["days"], None if price is None else Decimal(price)
        )


@dataclass(frozen=True, slots=True)
class EndsProfile:
    """The versioned rules for carriers that declare none of their own.

    `tail_route_factor`: metres of cable for a metre of great circle; `access_points`: how many of the nearest are tried.
    """

    version: str
    status: str
    source: str
    tail_route_factor: Decimal
    access_points: int
    rules: tuple[EndRule, ...]


@dataclass(frozen=True, slots=True)
class Tail:
    """From the place to the access point: great circle and cable, both in metres, and light's time in it in µs one way."""

    metres: int
    cable_m: int
    latency_us: int

    @classmethod
    def over(cls, metres: Decimal, factor: Decimal) -> "Tail":
        """The tail over a great circle, every figure rounded up: it is an upper estimate."""
        cable = ceil(metres * factor)
        return cls(ceil(metres), cable, ceil(Fraction(cable) * Fraction(SILICA_NS_PER_M) / 1000))


def class_of(cable_m: int, rules: Sequence[EndRule]) -> EndRule | None:
    """The first class whose distance holds; None where the carrier does not build that far."""
    return next((rule for rule in rules if cable_m <= rule.up_to_m), None)


def end_now(sold: Mapping[str, Any], rules: Sequence[EndRule]) -> EndRule | None:
    """The class that an A end is of by the rules of now, as `moved_end` reads it."""
    near = sold["end_class"] == rules[0].code
    return rules[0] if near else class_of(sold["cable_m"], rules)


def moved_end(sold: Mapping[str, Any], rules: Sequence[EndRule]) -> list[tuple[str, str, str]]:
    """What differs of the class that an A end was priced by, as (name, then, now).

    `sold` has its `end_class`, `days`, `one_off_cny` and the `cable_m` to it. An end of the nearest class stays of it however
    far it is: the carrier may cover the address.
    """
    rule = end_now(sold, rules)
    now = (None, None, None) if rule is None else (rule.code, rule.days, rule.one_off_cny)
    then = (sold["end_class"], sold["days"], sold["one_off_cny"])
    pairs = zip(("end_class", "end_days", END_PRICE), map(_written, then), map(_written, now), strict=True)
    return [(name, before, after) for name, before, after in pairs if before != after]


def _written(value: object) -> str:
    return UNDECLARED if value is None else str(value)


def rule_faults(rules: Sequence[EndRule]) -> list[int]:
    """The places of rules that do not reach farther than the one before, or are quicker or cheaper than it."""
    return [
        place
        for place, (before, rule) in enumerate(pairwise(rules), start=1)
        if rule.up_to_m <= before.up_to_m
        or rule.days < before.days
        or (rule.one_off_cny or 0) < (before.one_off_cny or 0)
    ]


def plain_address(text: str) -> str:
    """An address as it is compared: compatibility forms made one, blanks and punctuation left out, lower case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")

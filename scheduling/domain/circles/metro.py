"""The indicators of a metropolitan area: each as a share with its numerator and denominator, judged by its bound."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kernel.text import Text
from scheduling.domain.circles.circles import share
from scheduling.domain.verdicts import Verdict

COMPARED: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<": operator.lt,
    "<=": operator.le,
}
EGRESS_GBPS = 400  # as indicator 4 names it


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    """One indicator as its notice has it: bound and comparator, whether it is a must, and what it is worked out from."""

    number: int
    code: str
    label: Text
    comparator: str
    bound: Decimal
    mandatory: bool
    basis: str | None


@dataclass(frozen=True, slots=True)
class MetroProfile:
    """The versioned list of indicators."""

    version: str
    status: str
    source: str
    rules: tuple[IndicatorRule, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a whole, and whether some of the rest may yet prove to be of it; `of` names the whole.

    `fallback` is what of the part rests on a stand-in for what nobody declared, and may yet prove not to be of it.
    """

    part: Decimal
    whole: Decimal
    of: str
    open: bool = False
    fallback: Decimal = Decimal(0)

    @property
    def value(self) -> Decimal | None:
        """The share to four decimals, rounded down; None of nothing."""
        return share(self.part, self.whole) if self.whole else None


@dataclass(frozen=True, slots=True)
class Stations:
    """What the sites of a city declare: important stations and access points, and those of them that have a thing."""

    important: int = 0
    oxc: int = 0
    access_points: int = 0
    otn_100g: int = 0
    one_hop: int = 0


def egress_of(fastest: Sequence[int | None]) -> Part | None:
    """The share of medium and larger centres with the notice's egress; each by its fastest port in Gbps, None: undeclared.

    Who declares nothing may yet have it. None where nobody declares anything.
    """
    if fastest and not any(each is not None for each in fastest):
        return None
    reached = sum(each is not None and each >= EGRESS_GBPS for each in fastest)
    return Part(Decimal(reached), Decimal(len(fastest)), "medium_plus_centres", open=None in fastest)


def parts_of(
    stations: Stations, numbers: Mapping[str, Any] | None, egress: Part | None = None
) -> dict[str, Part]:
    """Code of an indicator → its share, as far as it is known; `numbers` are those of the newest drawing of circles."""
    found = {
        "oxc_roadm": Part(Decimal(stations.oxc), Decimal(stations.important), "important_stations"),
        "otn_100g": Part(Decimal(stations.otn_100g), Decimal(stations.access_points), "access_points"),
        "one_hop": Part(Decimal(stations.one_hop), Decimal(stations.access_points), "access_points"),
    }
    if egress is not None:
        found["egress_400g"] = egress
    if numbers is None:
        return found
    told = next(each for each in numbers["variants"] if each["reported"])
    found["circle_coverage"] = Part(
        Decimal(told["union_km2"]),
        Decimal(numbers["metro_km2"]),
        told["coverage_of"],
        open=told["access_points_inconclusive"] > 0,
        fallback=Decimal(told["fallback_km2"]),
    )
    if pairs := numbers.get("pairs"):
        found["centre_latency"] = Part(
            Decimal(pairs["below"]),
            Decimal(pairs["count"]),
            "pairs_of_medium_plus_centres",
            open=pairs["inconclusive"] > 0,
        )
    return found


def judged(rule: IndicatorRule, part: Part | None) -> Verdict | None:
    """Whether the bound is kept, as the rule compares; None where nothing is known.

    The share itself is compared, not as it is rounded. A verdict stands where it is the same without what rests on a
    fallback, and with as much more as is open; anything else is inconclusive.
    """
    if part is None or not part.whole:
        return None
    kept = {
        COMPARED[rule.comparator](each, rule.bound * part.whole)
        for each in (part.part - part.fallback, part.part)
    }
    if part.open:
        kept.add(rule.comparator.startswith(">"))
    if len(kept) > 1:
        return Verdict.INCONCLUSIVE
    return Verdict.PASS if kept == {True} else Verdict.FAIL

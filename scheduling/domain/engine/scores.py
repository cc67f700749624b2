"""Weights as prices: a bundle's score is its total and what each unit of latency, carbon and unreliability is worth."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scheduling.domain.demand import Demand
from scheduling.domain.engine.wishes import Weights
from scheduling.domain.numbers import scaled
from scheduling.domain.supply.supply import Supply

SCORE_SCALE = 10**20
"""Scores are integers of 10⁻²⁰ CNY: every product of a weight and a measure is whole in it."""
CNY_IN_SCORE = 10**10
"""What turns engine money (10⁻¹⁰ CNY) into a score."""
_US_IN_SCORE = 10**13
"""What turns a weight (10⁻⁴ CNY a ms) into the score of one µs."""
_PART_SCALE = 10**16
"""Carbon (kg) and downtime (%) are held as integers of 10⁻¹⁶, so that a weight of 10⁻⁴ CNY makes a score."""
_WHOLE = 10**6

Product = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """One part of a score: the measure, exact, and what it adds in 10⁻²⁰ CNY; None is unknown."""

    name: str
    value: Fraction | None
    score: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """Total and known parts in 10⁻²⁰ CNY; `unknown` names the measures that count and are not known."""

    known: int
    measures: tuple[Measure, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The measures that count and are not known."""
        return tuple(measure.name for measure in self.measures if measure.score is None)


def us_price(weights: Weights | None) -> int:
    """What one µs of latency adds to a score, 10⁻²⁰ CNY."""
    return _US_IN_SCORE * ((None if weights is None else _price(weights.cny_per_ms)) or 0)


class Scorer:
    """The scores of one demand's bundles.

    kg CO₂ = power × quantity × hours × the centre's kg a kWh. Unreliability is 100 × (1 − the centre's availability ×
    the line's); a line of two routes is away only when both are.
    """

    def __init__(self, supply: Supply, demand: Demand, weights: Weights) -> None:
        self.supply, self.demand, self.weights = supply, demand, weights
        self._columns, self._us_price = supply.columns, us_price(weights)
        self._kg_price = _price(weights.cny_per_kg_co2)
        self._percent_price = _price(weights.cny_per_percent_unreliable)
        self._carbon: dict[int, int | None] = {}
        self._away: dict[tuple[int, Product], int | None] = {}

    @property
    def of_latency_alone(self) -> bool:
        """Whether nothing beside latency is weighed."""
        return self._kg_price is None and self._percent_price is None

    def rank(self, row: int, product: Product, cost: int, latency: int) -> tuple[bool, int]:
        """(whether anything that counts is unknown, known score) of an offer's row with a line.

        `cost` is the total in 10⁻¹⁰ CNY, `latency` µs. What is unknown ranks after all that is known: hiding a
        measure never pays, and never excludes.
        """
        score, unknown = cost * CNY_IN_SCORE + self._us_price * latency, False
        for _, price, part in self._parts(row, product):
            if part is None:
                unknown = True
            else:
                score += price * part
        return unknown, score

    def line_unknown(self, row: int, product: Product) -> bool:
        """Whether reliability is weighed, and not known of the line or of the row's centre."""
        return self._percent_price is not None and self._downtime(row, product) is None

    def others(self, row: int, product: Product) -> Iterator[float]:
        """The measures beside latency that count, as whole numbers; infinity for what is not known."""
        for *_, part in self._parts(row, product):
            yield math.inf if part is None else part

    def score(self, row: int, product: Product, cost: int, latency: int) -> Score:
        """The same with its parts."""
        known = self.rank(row, product, cost, latency)[1]
        return Score(known, tuple(self._measures(row, product, latency)))

    def _measures(self, row: int, product: Product, latency: int) -> Iterator[Measure]:
        if self.weights.cny_per_ms is not None:
            yield Measure("latency_ms", Fraction(latency, 1000), self._us_price * latency)
        for name, price, part in self._parts(row, product):
            if part is None:
                yield Measure(name, None, None)
            else:
                yield Measure(name, Fraction(part, _PART_SCALE), price * part)

    def _parts(self, row: int, product: Product) -> Iterator[tuple[str, int, int | None]]:
        """Of what is weighed beside latency (name, what one of it is worth, how much of it there is; None: not known)."""
        if self._kg_price is not None:
            yield "kg_co2", self._kg_price, self._carbon_of(row)
        if self._percent_price is not None:
            yield "percent_unreliable", self._percent_price, self._downtime(row, product)

    def _carbon_of(self, row: int) -> int | None:
        """The carbon of the demand in 10⁻¹⁶ kg; None where power or factor is unknown, or nothing is paid for it."""
        if row not in self._carbon:
            power = self.supply.extras.unit_powers.get(self._columns.offers[self._columns.offer[row]])
            facts = self.supply.extras.centre_facts.get(self._centre(row))
            if power is None or power.power_w is None or facts is None or facts.carbon_kg_kwh is None:
                self._carbon[row] = None
            else:
                energy = (
                    power.power_w * self.demand.quantity * scaled(self.demand.duration_hours, 6)
                )  # 10⁻⁹ kWh
                self._carbon[row] = energy * scaled(facts.carbon_kg_kwh, 6) * 10
        return self._carbon[row]

    def _downtime(self, row: int, product: Product) -> int | None:
        """100 × (1 − availability of centre and line together) in 10⁻¹⁶; None where either is unknown."""
        key = (int(self._columns.centre[row]), product)
        if key not in self._away:
            facts = self.supply.extras.centre_facts.get(self._centre(row))
            grade = self.supply.extras.line_grades.get("|".join(product))
            promised = None if grade is None else grade.promised
            if facts is None or facts.availability is None or promised is None:
                self._away[key] = None
            else:
                self._away[key] = 10**18 - scaled(facts.availability, 6) * self._line_up(promised)
        return self._away[key]

    def _line_up(self, availability: Decimal) -> int:
        """The availability of the line's circuits together, 10⁻¹²."""
        up = scaled(availability, 6)
        return _WHOLE**2 - (_WHOLE - up) ** 2 if self.demand.protection == "one_plus_one" else up * _WHOLE

    def _centre(self, row: int) -> str:
        return self._columns.centres[int(self._columns.centre[row])]


def _price(weight: Decimal | None) -> int | None:
    """10⁻⁴ CNY; None where nothing is paid for it."""
    return None if weight is None else scaled(weight, 4)

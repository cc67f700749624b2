"""The parts of the brute force's bundles, and what a bundle costs and is worth, in Fractions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from scheduling.domain.demand import Demand
from scheduling.domain.engine.wishes import End, Wishes
from scheduling.domain.supply.supply import Offer, Span, Supply, Tariff

PROMISED = ("availability_percent", "sla", "isolation", "encryption")


@dataclass(frozen=True)
class Way:
    """One simple path with its sums."""

    ids: tuple[str, ...]
    spans: tuple[Span, ...]
    between: tuple[str, ...]
    km: Fraction
    latency: int
    jitter: int
    loss: Fraction


def disjoint(one: Way, two: Way) -> bool:
    """Whether two paths share no span, no risk name and no site between."""
    risks_one = {name for span in one.spans for name in span.srlg}
    risks_two = {name for span in two.spans for name in span.srlg}
    return not (set(one.ids) & set(two.ids) or risks_one & risks_two or set(one.between) & set(two.between))


@dataclass(frozen=True)
class Leg:
    """A path from an A end."""

    way: Way
    end: End

    @property
    def latency(self) -> int:
        return self.way.latency + self.end.latency_us


@dataclass(frozen=True)
class Charge:
    """One way of paying for a row: cost, billing, Mbps held, hours rented."""

    cost: Fraction
    billing: str
    mbps: int
    hours: Fraction


@dataclass(frozen=True)
class Pick:
    """The line of a bundle."""

    charge: Charge
    latency: int
    legs: tuple[Leg, ...]
    row: Tariff

    @property
    def ways(self) -> tuple[Way, ...]:
        return tuple(leg.way for leg in self.legs)

    @property
    def cost(self) -> Fraction:
        return self.charge.cost


@dataclass(frozen=True)
class Found:
    """A feasible bundle with its rank and exact total."""

    rank: Any
    total: Fraction
    offer: Offer
    pick: Pick


class Worth:
    """What compute and storage cost, what the measures of a bundle are worth to the buyer, and what lines are sold with."""

    supply: Supply
    wishes: Wishes

    def prices(self) -> list[Tariff]:
        """Every row of prices, whatever its term."""
        return [*self.supply.tariffs.values(), *self.supply.extras.term_tariffs.values()]

    def key(self, row: Tariff) -> str:
        """What a row is called: by its term too, where it is not the one of the files."""
        key = f"{row.line_provider}|{row.technology}|{row.bandwidth_mbps}|{row.zone}"
        return key if self.supply.tariffs.get(key) is row else f"{key}|{row.min_months}"

    @staticmethod
    def ties(row: Tariff, charge: Charge) -> tuple[int, bool, bool, int, int]:
        """Which of equal charges is taken."""
        elastic = charge.billing == "elastic"
        return -row.bandwidth_mbps, elastic, row.zone == "any", charge.mbps, row.min_months

    def sold_with(self, provider: str, technology: str) -> dict[str, Any]:
        """What a line product declares, None for nothing."""
        grade = self.supply.extras.line_grades.get(f"{provider}|{technology}")
        return {name: getattr(grade, name, None) for name in PROMISED}

    def unpromised(self, provider: str, technology: str) -> str | None:
        """The first thing that is required and not promised."""
        if self.wishes.promises is None:
            return None
        sold, least = self.sold_with(provider, technology), self.wishes.promises.min_availability_percent
        percent = sold.pop("availability_percent")
        if least is not None and (percent is None or Fraction(percent) < Fraction(least)):
            return "availability"
        for name, value in sold.items():
            listed = getattr(self.wishes.promises, name)
            if listed and value not in listed:
                return name
        return None

    def asked_of(self, demand: Demand, offer: Offer) -> Iterator[tuple[str, bool]]:
        """What the offer asks of whoever rents it (hours at least, hours ahead), and whether the demand has it."""
        row, start, asked = (
            self.supply.extras.unit_powers.get(offer.offer),
            self.wishes.starts_at,
            self.wishes.asked_at,
        )
        if self.wishes.offer_terms:
            yield "min_hours", Fraction(demand.duration_hours) >= (1 if row is None else row.min_hours)
            if start is not None and asked is not None:
                notice = timedelta(hours=0 if row is None else row.notice_hours)
                yield "notice", asked + notice <= max(start, asked)

    def bounds(self, demand: Demand, name: str) -> list[Any]:
        """What is bounded under that name: by the demand itself, and by the service levels that it requires."""
        required = self.wishes.promises is not None and self.wishes.promises.sla
        levels = self.wishes.sla_bounds if required else {}
        return [each for each in (getattr(demand, name), levels.get(name)) if each is not None]

    def compute(self, demand: Demand, offer: Offer) -> Fraction:
        hire = demand.quantity * Fraction(offer.price_cny_hour) * Fraction(demand.duration_hours)
        return hire + self.storage(demand, offer)

    def storage(self, demand: Demand, offer: Offer) -> Fraction:
        if self.wishes.storage is None:
            return Fraction(0)
        store = self.supply.extras.stores[f"{offer.centre}|{self.wishes.storage.storage_class}"]
        months = math.ceil(Fraction(demand.duration_hours) / 730)
        return self.wishes.storage.gib * months * Fraction(store.price_cny_gib_month)

    def score(
        self, demand: Demand, offer: Offer, pick: Pick, total: Fraction
    ) -> tuple[list[str], Fraction, dict[str, tuple[Fraction | None, Fraction | None]]]:
        """(what is unknown of it, the score as far as it is known, measure → (value, its worth))."""
        weights = self.wishes.weights
        if weights is None:
            return [], total, {}
        prices = {
            "latency_ms": weights.cny_per_ms,
            "kg_co2": weights.cny_per_kg_co2,
            "percent_unreliable": weights.cny_per_percent_unreliable,
        }
        values = {
            "latency_ms": Fraction(pick.latency, 1000),
            "kg_co2": self.carbon(demand, offer),
            "percent_unreliable": self.downtime(demand, offer, pick),
        }
        parts: dict[str, tuple[Fraction | None, Fraction | None]] = {}
        for name, price in prices.items():
            if price is not None:
                value = values[name]
                parts[name] = value, None if value is None else value * Fraction(price)
        unknown = [name for name, (value, _) in parts.items() if value is None]
        return (
            unknown,
            total + sum((worth for _, worth in parts.values() if worth is not None), Fraction(0)),
            parts,
        )

    def carbon(self, demand: Demand, offer: Offer) -> Fraction | None:
        power, facts = (
            self.supply.extras.unit_powers.get(offer.offer),
            self.supply.extras.centre_facts.get(offer.centre),
        )
        if power is None or power.power_w is None or facts is None or facts.carbon_kg_kwh is None:
            return None
        kwh = Fraction(power.power_w, 1000) * demand.quantity * Fraction(demand.duration_hours)
        return kwh * Fraction(facts.carbon_kg_kwh)

    def downtime(self, demand: Demand, offer: Offer, pick: Pick) -> Fraction | None:
        facts = self.supply.extras.centre_facts.get(offer.centre)
        grade = self.supply.extras.line_grades.get(f"{pick.row.line_provider}|{pick.row.technology}")
        if facts is None or facts.availability is None or grade is None:
            return None
        words = [Fraction(grade.availability)] if grade.availability is not None else []
        if grade.availability_percent is not None:
            words.append(Fraction(grade.availability_percent) / 100)
        if not words:
            return None
        down = 1 - max(words)
        line = 1 - (down * down if demand.protection == "one_plus_one" else down)
        return 100 * (1 - Fraction(facts.availability) * line)

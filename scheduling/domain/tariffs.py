"""What a line costs: tariff rows as charges that are flat or grow with km, and the least of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from scheduling.domain.demand import Demand
from scheduling.domain.numbers import scaled
from scheduling.domain.rows import Site, Tariff

MONTH_HOURS = 730
_MICRO = 10**6


@dataclass(frozen=True, slots=True)
class Charge:
    """One row under one way of billing: fixed + per_metre × metres, in 10⁻¹⁰ CNY for the whole demand."""

    tariff: Tariff
    billing: str
    fixed: int
    per_metre: int

    def cost(self, metres: int) -> int:
        """10⁻¹⁰ CNY at a length (both paths together for 1+1)."""
        return self.fixed + self.per_metre * metres

    @property
    def preference(self) -> tuple[int, bool, bool]:
        """Settles equal costs: the larger step, then term, then the named zone before `any`."""
        return -self.tariff.bandwidth_mbps, self.billing != "term", self.tariff.zone == "any"


@dataclass(frozen=True, slots=True)
class ChargeGroup:
    """Charges whose rows have the same terminal delay, so that one path search serves them all."""

    terminal_us: int
    charges: tuple[Charge, ...]

    def least(self, metres: int) -> Charge:
        """The charge to pay at a length."""
        return min(self.charges, key=lambda charge: (charge.cost(metres), charge.preference))

    @property
    def flat(self) -> int | None:
        """The least cost that does not depend on km, 10⁻¹⁰ CNY; None where every charge grows."""
        return min((charge.fixed for charge in self.charges if not charge.per_metre), default=None)

    @property
    def grows(self) -> bool:
        """Whether any charge depends on km."""
        return any(charge.per_metre for charge in self.charges)

    def reach(self, budget: int) -> int | None:
        """The most metres that the budget (10⁻¹⁰ CNY) pays for: −1 for none at all, None for any length."""
        most = -1
        for charge in self.charges:
            if charge.fixed <= budget:
                if not charge.per_metre:
                    return None
                most = max(most, (budget - charge.fixed) // charge.per_metre)
        return most


def zone_of(a: Site, b: Site) -> str:
    """The zone of a pair of sites by their GB/T 2260 city codes: 4 digits agree, 2 digits agree, or neither."""
    if a.city[:4] == b.city[:4]:
        return "same_city"
    return "in_province" if a.city[:2] == b.city[:2] else "inter_province"


def charge_groups(demand: Demand, rows: Iterable[Tariff], zone: str) -> tuple[ChargeGroup, ...]:
    """The charges of one line product's rows that serve the zone, the bandwidth and the lead time.

    Rows are grouped by terminal delay where the latency asked for includes it, else all in one group;
    groups come by rising delay; empty where no row serves.
    """
    groups: dict[int, list[Charge]] = {}
    for row in rows:
        if (
            row.zone in (zone, "any")
            and row.bandwidth_mbps >= demand.bandwidth_mbps
            and (demand.max_lead_days is None or row.lead_days <= demand.max_lead_days)
        ):
            terminal = row.terminal_us if demand.latency_layer == "service" else 0
            groups.setdefault(terminal, []).extend(_charges(demand, row))
    return tuple(ChargeGroup(terminal, tuple(charges)) for terminal, charges in sorted(groups.items()))


def started_months(hours: Decimal) -> int:
    """How many months of 730 hours begin within so many hours: the months that a term is paid for."""
    return -(-scaled(hours, 6) // (MONTH_HOURS * _MICRO))


def _charges(demand: Demand, row: Tariff) -> list[Charge]:
    hours = scaled(demand.duration_hours, 6)
    months = max(row.min_months, started_months(demand.duration_hours))
    one_off = scaled(row.one_off_cny, 4)
    # 1+1 pays the fixed parts twice; its km are the sum of both paths, so the price per km stays.
    times = 2 if demand.protection == "one_plus_one" else 1
    fixed = times * (one_off + months * scaled(row.monthly_cny, 4)) * _MICRO
    charges = [Charge(row, "term", fixed, months * scaled(row.monthly_cny_per_km, 4) * 1000)]
    if row.elastic_cny_hour is not None:
        hourly = scaled(row.elastic_cny_hour, 4)
        charges.append(Charge(row, "elastic", times * (one_off * _MICRO + hourly * hours), 0))
    return charges

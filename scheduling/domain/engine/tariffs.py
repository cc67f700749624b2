"""What a line costs: tariff rows as charges that are flat or grow with km, and the least of them."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from kernel.quantities import MONTH_HOURS
from scheduling.domain.demand import Demand
from scheduling.domain.engine.starts import Start
from scheduling.domain.engine.wishes import Wishes
from scheduling.domain.numbers import scaled
from scheduling.domain.rows import Tariff
from scheduling.domain.supply.extras import place_of

BILLINGS = ("term", "elastic")
"""By the month, or by the hour."""
_MICRO = 10**6


@dataclass(frozen=True, slots=True)
class Charge:
    """One row under one way of billing: fixed + per_metre × metres, in 10⁻¹⁰ CNY for the whole demand.

    `held_mbps` is reserved on every span, for `hours` where it is less than the whole demand.
    """

    tariff: Tariff
    billing: str
    fixed: int
    per_metre: int
    held_mbps: int
    hours: Decimal

    def cost(self, metres: int) -> int:
        """10⁻¹⁰ CNY at a length (both paths together for 1+1)."""
        return self.fixed + self.per_metre * metres

    def spares(self, other: "Charge") -> bool:
        """Whether it is to be paid rather than another one at every length."""
        return self.per_metre <= other.per_metre and (self.fixed, self.preference) < (
            other.fixed,
            other.preference,
        )

    @property
    def preference(self) -> tuple[int, bool, bool, int, int]:
        """Settles equal costs: the larger step, then term, then the named zone before `any`, then less that is held.

        Of the rows of one step and zone that of the lesser minimum term.
        """
        row, elastic = self.tariff, self.billing != "term"
        return -row.bandwidth_mbps, elastic, row.zone == "any", self.held_mbps, row.min_months


@dataclass(frozen=True)
class ChargeGroup:
    """Charges with the same delay at the ends and the same bandwidth to hold, so that one path search serves them all."""

    terminal_us: int
    held_mbps: int
    charges: tuple[Charge, ...]

    def least(self, metres: int) -> Charge:
        """The charge to pay at a length."""
        if len(self.charges) == 1:
            return self.charges[0]
        return min(self.charges, key=lambda charge: (charge.cost(metres), charge.preference))

    @cached_property
    def flat(self) -> int | None:
        """The least cost that does not depend on km, 10⁻¹⁰ CNY; None where every charge grows."""
        return min((charge.fixed for charge in self.charges if not charge.per_metre), default=None)

    @cached_property
    def grows(self) -> bool:
        """Whether any charge depends on km."""
        return any(charge.per_metre for charge in self.charges)

    @property
    def parted(self) -> tuple["ChargeGroup", "ChargeGroup"]:
        """(the charges that depend on km, those that do not)."""
        growing = tuple(charge for charge in self.charges if charge.per_metre)
        flat = tuple(charge for charge in self.charges if not charge.per_metre)
        return replace(self, charges=growing), replace(self, charges=flat)

    @cached_property
    def each_decisive(self) -> tuple["ChargeGroup", ...]:
        """The charges, each by itself, that are to be paid at some length: no other is there that is never dearer."""
        return tuple(
            replace(self, charges=(charge,))
            for charge in self.charges
            if not any(other.spares(charge) for other in self.charges)
        )

    def capped(self, metres: int) -> "ChargeGroup":
        """What can be paid for a path of so many metres or more, where a flat charge costs no more than any other.

        Where every charge that grows costs more than the flat ones already, these alone.
        """
        least = self.flat
        if least is None or any(each.per_metre and each.cost(metres) <= least for each in self.charges):
            return self
        return self.parted[1]

    def reach(self, budget: int) -> int | None:
        """The most metres that the budget (10⁻¹⁰ CNY) pays for: −1 for none at all, None for any length."""
        most = -1
        for charge in self.charges:
            if charge.fixed <= budget:
                if not charge.per_metre:
                    return None
                most = max(most, (budget - charge.fixed) // charge.per_metre)
        return most


def charge_groups(
    demand: Demand, wishes: Wishes, rows: Iterable[Tariff], start: Start, zones: AbstractSet[str]
) -> tuple[ChargeGroup, ...]:
    """The charges of one line product's rows that serve the zones, the bandwidth, the lead time and the start.

    Rows are grouped by terminal delay where the latency asked for includes it, and by the bandwidth to hold; the
    delay of the (shorter) tail counts on any layer. Groups come by rising delay, then bandwidth; empty where no row serves.
    """
    groups: dict[tuple[int, int], list[Charge]] = {}
    end_days, charges = start.days, _Charges(demand, wishes, start)
    for row in rows:
        if serves(demand, wishes, row, zones, end_days):
            terminal = row.terminal_us if demand.latency_layer == "service" else 0
            for charge in charges.of(row):
                groups.setdefault((terminal + start.latency_us, charge.held_mbps), []).append(charge)
    return tuple(ChargeGroup(*key, tuple(found)) for key, found in sorted(groups.items()))


def serves(
    demand: Demand, wishes: Wishes, row: Tariff, zones: AbstractSet[str], end_days: int | None
) -> bool:
    """Whether a row serves the zones, the bandwidth, the tail (None: nobody builds that far), the lead time and the start."""
    if (
        end_days is None
        or row.bandwidth_mbps < demand.bandwidth_mbps
        or not (row.zone == "any" or zones == {row.zone})
    ):
        return False
    days = row.lead_days + end_days
    return (demand.max_lead_days is None or days <= demand.max_lead_days) and (
        wishes.days_to_start is None or days_before_start(row, wishes, days) <= wishes.days_to_start
    )


def days_before_start(row: Tariff, wishes: Wishes, days: int) -> int:
    """Days until the use of a line, those of the tail too, as days of 24 hours from asking, where the row counts working days."""
    return wishes.waits.get(f"{place_of(row)[1]}|{days}", days)


def slowest(demand: Demand, wishes: Wishes, rows: Iterable[Tariff]) -> int:
    """The most days of 24 hours that a line may take, of the rows that the demand allows, with each of their ends."""
    technologies, providers, most = demand.line.technologies, demand.line.providers, demand.max_lead_days
    return max(
        (
            days_before_start(row, wishes, days)
            for row in rows
            if row.bandwidth_mbps >= demand.bandwidth_mbps
            and (not technologies or row.technology in technologies)
            and (not providers or row.line_provider in providers)
            for end in wishes.access.ends_of(row.line_provider)
            if end.days is not None
            for days in (row.lead_days + end.days,)
            if most is None or days <= most
        ),
        default=0,
    )


def started_months(hours: Decimal) -> int:
    """How many months of 730 hours begin within so many hours: the months that a term is paid for."""
    return -(-scaled(hours, 6) // (MONTH_HOURS * _MICRO))


class _Charges:
    """What rows cost from one start, the A ends with it: by term, by the hour, and for data to move by the hour at the step's full speed."""

    def __init__(self, demand: Demand, wishes: Wishes, start: Start) -> None:
        self.transfer, self.held = wishes.transfer, demand.bandwidth_mbps
        self.hours = demand.duration_hours if self.transfer is None else Decimal(self.transfer.within_hours)
        self.months, self.hours_scaled = started_months(self.hours), scaled(self.hours, 6)
        # 1+1 pays the fixed parts twice; its km are the sum of both paths, so the price per km stays.
        self.times = 2 if demand.protection == "one_plus_one" else 1
        self.ends = scaled(start.price(self.times), 4)

    def of(self, row: Tariff) -> Iterator[Charge]:
        """The row's charges, one for each way of billing and bandwidth to hold."""
        times, held, hours = self.times, self.held, self.hours
        months = max(row.min_months, self.months)
        one_off = (times * scaled(row.one_off_cny, 4) + self.ends) * _MICRO
        fixed = one_off + times * months * scaled(row.monthly_cny, 4) * _MICRO
        yield Charge(row, "term", fixed, months * scaled(row.monthly_cny_per_km, 4) * 1000, held, hours)
        if row.elastic_cny_hour is None:
            return
        hourly = times * scaled(row.elastic_cny_hour, 4)
        yield Charge(row, "elastic", one_off + hourly * self.hours_scaled, 0, held, hours)
        if self.transfer is not None and row.bandwidth_mbps >= held:
            rented = self.transfer.hours_at(row.bandwidth_mbps)
            cost = one_off + hourly * rented * _MICRO
            yield Charge(row, "elastic", cost, 0, row.bandwidth_mbps, Decimal(rented))

"""What a period owes, to the fen: cumulative amounts, one split, and the law that nothing appears or vanishes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from kernel.domain.windows import Window
from kernel.money import BASIS_POINTS, split_fen, to_fen
from kernel.quantities import MONTH_HOURS
from kernel.states import StateTable
from kernel.text import Vocabulary

SECONDS_AN_HOUR = 3600


class SettlementState(Vocabulary):
    """A period is settled, then closed for ever."""

    SETTLED = "settled", "已结算", "Settled"
    CLOSED = "closed", "已关账", "Closed"


LIFE = StateTable(
    states=SettlementState,
    initial=SettlementState.SETTLED,
    acts={"close": (frozenset({SettlementState.SETTLED}), SettlementState.CLOSED)},
)


@dataclass(frozen=True, slots=True)
class SettlementProfile:
    """The versioned terms: the node's fee in basis points of each part, borne by that part's provider."""

    version: str
    compute_fee_bp: int
    storage_fee_bp: int
    line_fee_bp: int

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "SettlementProfile":
        """Read the profile's data."""
        return cls(
            version=document["version"],
            compute_fee_bp=document["compute_fee_bp"],
            storage_fee_bp=document["storage_fee_bp"],
            line_fee_bp=document["line_fee_bp"],
        )


def compute_due(price_cny_hour: Decimal, machine_seconds: int, contract_fen: int) -> int:
    """Fen owed for compute since the start: price × machine-hours, half to even, at most what was quoted.

    Rule `compute_metered`. A period owes this at its end less what earlier statements billed, so that the
    periods of a contract add up to its quote to the fen (INVARIANTS C6).
    """
    exact = Fraction(price_cny_hour) * machine_seconds / SECONDS_AN_HOUR
    return min(to_fen(exact), contract_fen)


class Unit(Vocabulary):
    """What a part of a statement counts."""

    MACHINE_SECOND = "machine_second", "机秒", "Machine-second"
    MONTH = "month", "月（730 小时）", "Month of 730 hours"
    HOUR = "hour", "小时", "Hour"


LENGTHS = {Unit.MONTH: timedelta(hours=MONTH_HOURS), Unit.HOUR: timedelta(hours=1)}


class Ending(Vocabulary):
    """What has become of a line by the end of a period: whether its minimum is owed follows from it."""

    NOT_ACCEPTED = (
        "not_accepted",
        "专线未验收（未交付、被拒绝或未能保留）",
        "Never accepted: not delivered, declined or lost",
    )
    RUNNING = "running", "使用中", "In service"
    TERM = "term", "期满终止", "Ran to its end"
    USER = "user", "用户提前终止", "Ended early by its user"
    OTHERS = "others", "非用户提前终止", "Ended early by anybody else"
    LATE = "late", "因交付延误而缩短", "Cut short by late delivery"
    STOPPED = "stopped", "在监管停止服务期间终止", "Ended while an instruction of the regulator stopped it"


MINIMUM_OWED = {  # beside what was served: the one-off, and the minimum term where there is one
    Ending.NOT_ACCEPTED: False,
    Ending.RUNNING: False,  # not yet
    Ending.TERM: True,
    Ending.USER: True,
    Ending.OTHERS: False,
    Ending.LATE: False,
    Ending.STOPPED: False,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A change of price that was switched: the one-off is due then, and each instalment after so many costs this."""

    after: int
    one_off_fen: int
    monthly_fen: int


@dataclass(frozen=True, slots=True)
class Instalments:
    """A contract that is paid by the month or by the hour: all of it, its one-off part, and the units that the rest is spread over.

    `least` months are its minimum term; by the hour there is none. `steps` are changes of price, by rising `after`.
    """

    contract_fen: int
    one_off_fen: int
    units: Decimal
    unit: Unit = Unit.MONTH
    least: int = 0
    steps: tuple[Step, ...] = ()

    def begun(self, served: Iterable[Window]) -> int:
        """How many of its months or hours began within what was served: one at the start, and no more than there are."""
        time = sum((each.end - each.start for each in served), timedelta(0))
        return min(ceil(self.units), -(-time // LENGTHS[self.unit]))

    def shortened(self, lost: int) -> "Instalments":
        """The same with a minimum term that is shorter by the months in which it could not serve."""
        return replace(self, least=max(0, self.least - lost)) if lost else self

    def due(self, count: int) -> int:
        """Fen of the one-off part and so many instalments. Rules `line_instalments`, `line_hours`, `storage_instalments`.

        The rest is spread evenly, rounded half to even on the sum. A step takes the place of the rest for the instalments
        after it.
        """
        ends = [min(count, step.after) for step in self.steps] + [count]
        rest, units = self.contract_fen - self.one_off_fen, Fraction(self.units)
        due = self.one_off_fen + round(rest * min(Fraction(ends[0]), units) / units)
        for step, begin, end in zip(self.steps, ends, ends[1:], strict=False):
            due += step.one_off_fen + step.monthly_fen * (end - begin)
        return due


@dataclass(frozen=True, slots=True)
class Owing:
    """What a part owes in all so far: the months or hours that began, those that are owed, and fen."""

    begun: int
    count: int
    fen: int


def owing(terms: Instalments, served: Iterable[Window], ending: Ending) -> Owing:
    """What a contract owes for what was served of it, the one rule (decision 0055).

    Each month or hour that began, and the one-off with the first. Where it ran to its end, or its user ended it, the one-off
    and the minimum term at least. What nobody accepted was not served, and owes nothing.
    """
    begun, minimum = terms.begun(served), MINIMUM_OWED[ending]
    count = max(begun, terms.least) if minimum else begun
    return Owing(begun, count, terms.due(count) if count or minimum else 0)


@dataclass(frozen=True, slots=True)
class Division:
    """Who bears and who gets a statement's fen. `user + voucher = provider + line + fee + residue`."""

    user: int
    voucher: int
    provider: int
    line: int
    fee: int
    residue: int


def divide(
    *, compute_fen: int, storage_fen: int, line_fen: int, voucher_fen: int, terms: SettlementProfile
) -> Division:
    """Divide one statement. Rule `fee_split`: each part by basis points, towards zero, the rest on the residue.

    Compute and storage are the compute provider's, and a voucher pays for compute alone.
    """
    if not 0 <= voucher_fen <= compute_fen:
        raise ValueError("a voucher pays for compute, and for no more than there is")
    (provider, compute_fee), compute_rest = split_fen(
        compute_fen, [BASIS_POINTS - terms.compute_fee_bp, terms.compute_fee_bp]
    )
    (store, store_fee), store_rest = split_fen(
        storage_fen, [BASIS_POINTS - terms.storage_fee_bp, terms.storage_fee_bp]
    )
    (line, line_fee), line_rest = split_fen(line_fen, [BASIS_POINTS - terms.line_fee_bp, terms.line_fee_bp])
    return Division(
        user=compute_fen + storage_fen + line_fen - voucher_fen,
        voucher=voucher_fen,
        provider=provider + store,
        line=line,
        fee=compute_fee + store_fee + line_fee,
        residue=compute_rest + store_rest + line_rest,
    )

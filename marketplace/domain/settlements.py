"""What a period owes, to the fen: cumulative amounts, one split, and the law that nothing appears or vanishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kernel.money import split_fen, to_fen
from kernel.states import StateTable
from kernel.text import Vocabulary

BASIS_POINTS = 10_000
SECONDS_AN_HOUR = 3600
MONTH = timedelta(hours=730)  # the month in which lines are sold (selection files)


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


@dataclass(frozen=True, slots=True)
class Step:
    """A change of price: after so many instalments each later one costs this; the one-off part is due with the first of them."""

    after: int
    one_off_fen: int
    monthly_fen: int


@dataclass(frozen=True, slots=True)
class Instalments:
    """A contract that is paid by the month: all of it, its one-off part, and how many months the rest is spread over.

    `least` months are owed however soon it ends. `steps` are changes of price, by rising `after`.
    """

    contract_fen: int
    one_off_fen: int
    months: int
    least: int = 0
    steps: tuple[Step, ...] = ()

    def count(self, started: datetime, end: datetime, *, over: bool) -> int:
        """How many monthly instalments fall due before `end`: one at the start of each month of 730 hours.

        Once it is `over` all are due, as of a line, which has a minimum term.
        """
        if over:
            return self.months
        if end <= started:
            return 0
        return min(self.months, -((started - end) // MONTH))

    def due(self, instalments: int) -> int:
        """Fen owed once so many instalments are due. Rules `line_instalments` and `storage_instalments`.

        The one-off part is due with the first; the rest is spread evenly, rounded half to even on the sum. A step takes
        the place of the rest for the instalments after it.
        """
        if instalments == 0:
            return 0
        ends = [min(instalments, step.after) for step in self.steps] + [instalments]
        rest = self.contract_fen - self.one_off_fen
        due = self.one_off_fen + round(Fraction(rest * ends[0], self.months))
        for step, begin, end in zip(self.steps, ends, ends[1:], strict=False):
            due += step.monthly_fen * (end - begin) + (step.one_off_fen if instalments > step.after else 0)
        return due


@dataclass(frozen=True, slots=True)
class Division:
    """Who bears and who gets a statement's fen. `user + voucher = provider + line + fee + residue`."""

    user: int
    voucher: int
    provider: int
    line: int
    fee: int
    residue: int

    @property
    def conserved(self) -> bool:
        """INVARIANTS A5: what is borne is what is given, to the fen."""
        return self.user + self.voucher == self.provider + self.line + self.fee + self.residue


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

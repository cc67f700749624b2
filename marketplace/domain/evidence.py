"""A statement's evidence: every input and every rule by name, so that a stranger can compute it again."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kernel.domain.windows import Window
from marketplace.domain.quotes import plain
from marketplace.domain.settlements import (
    Division,
    Ending,
    Instalments,
    Owing,
    SettlementProfile,
    Unit,
    owing,
)

RULES = {
    "agreed": "a window counts the lesser of the provider's and the node's machine-seconds",
    "compute_metered": (
        "fen = min(contract, half_even(price_cny_hour * 100 * machine_seconds / 3600)) over all machine-seconds "
        "so far, less what was billed before"
    ),
    "storage_instalments": "as line_instalments, of what was quoted for storage over its months",
    "line_instalments": (
        "owed, in all so far, are the months of 730 hours that began within `served`, and where `ending` is term or user at "
        "least `least`; fen = one_off + half_even((contract - one_off) * owed / months), less what was billed before; "
        "nothing where nothing is owed, but for the one-off of what is at its term or was ended by its user; the "
        "one_off_fen of a step is due at its switch, and of the instalments after it each costs its monthly_fen instead"
    ),
    "line_hours": "as line_instalments, by the hour: over its hours, those that began within `served`, and no least",
    "voucher": (
        "fen = the least of: granted and floor(rate_bp / 10000 of all compute billed so far, this statement "
        "included), each less what was redeemed; this statement's compute; what the year leaves"
    ),
    "fee_split": (
        "of each part, the fee and the provider's share are rounded towards zero; the rest is the residue"
    ),
}
LINE_RULES = {Unit.MONTH: "line_instalments", Unit.HOUR: "line_hours"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One window as both meters have it."""

    usage: UUID
    provider_record: UUID
    node_record: UUID
    window_start: datetime
    window_end: datetime
    provider_machine_seconds: int
    node_machine_seconds: int
    agreed_machine_seconds: int
    profile: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A part that is paid by the month or by the hour: its contract, what was served of it, how that ended, and what was billed before."""

    terms: Instalments
    served: tuple[Window, ...]
    ending: Ending
    billed: int
    billed_fen: int

    @property
    def owing(self) -> Owing:
        """What it owes in all so far."""
        return owing(self.terms, self.served, self.ending)

    @property
    def count(self) -> int:
        """The months or hours that are billed now."""
        return max(0, self.owing.count - self.billed)

    @property
    def fen(self) -> int:
        """What is billed now."""
        return max(0, self.owing.fen - self.billed_fen)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        terms = self.terms
        by_hour = terms.unit is Unit.HOUR
        return {
            "contract_fen": terms.contract_fen,
            "one_off_fen": terms.one_off_fen,
            "months": None if by_hour else int(terms.units),
            "hours": str(terms.units) if by_hour else None,
            "least": terms.least,
            "steps": plain(terms.steps),
            "ending": self.ending.value,
            "served": plain(self.served),
            "begun": self.owing.begun,
            "instalments_before": self.billed,
            "instalments": self.count,
            "billed_before_fen": self.billed_fen,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceInputs:
    """What went into a statement, and what came out."""

    statement: UUID
    order: UUID
    price_cny_hour: Decimal
    compute_contract_fen: int
    readings: list[Reading]
    billed_machine_seconds: int
    billed_compute_fen: int
    storage: Counted | None
    line: Counted
    profile: SettlementProfile
    voucher: dict[str, Any] | None
    compute_fen: int
    division: Division


def evidence(given: EvidenceInputs) -> dict[str, Any]:
    """The evidence as JSON: inputs by part, rules by name, and the figures that must come out."""
    return {
        "statement": str(given.statement),
        "order": str(given.order),
        "rules": RULES,
        "compute": {
            "price_cny_hour": str(given.price_cny_hour),
            "contract_fen": given.compute_contract_fen,
            "billed_before_machine_seconds": given.billed_machine_seconds,
            "billed_before_fen": given.billed_compute_fen,
            "readings": plain(given.readings),
        },
        "storage": given.storage and given.storage.document(),
        "line": given.line.document(),
        "voucher": given.voucher,
        "fees": {
            "profile": given.profile.version,
            "compute_bp": given.profile.compute_fee_bp,
            "storage_bp": given.profile.storage_fee_bp,
            "line_bp": given.profile.line_fee_bp,
        },
        "figures": {
            "compute_fen": given.compute_fen,
            "storage_fen": given.storage.fen if given.storage else 0,
            "line_fen": given.line.fen,
            "user_fen": given.division.user,
            "voucher_fen": given.division.voucher,
            "provider_fen": given.division.provider,
            "line_provider_fen": given.division.line,
            "fee_fen": given.division.fee,
            "residue_fen": given.division.residue,
        },
    }

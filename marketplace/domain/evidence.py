"""A statement's evidence: every input and every rule by name, so that a stranger can compute it again."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.domain.quotes import plain
from marketplace.domain.settlements import Division, Instalments, SettlementProfile

RULES = {
    "agreed": "a window counts the lesser of the provider's and the node's machine-seconds",
    "compute_metered": (
        "fen = min(contract, half_even(price_cny_hour * 100 * machine_seconds / 3600)) over all machine-seconds "
        "so far, less what was billed before"
    ),
    "storage_instalments": "as line_instalments, of what was quoted for storage over its months",
    "line_instalments": (
        "fen = one_off + half_even((contract - one_off) * instalments / months) over all instalments so far, "
        "less what was billed before; nothing before the first; of the instalments after a step each costs its "
        "monthly_fen instead, and its one_off_fen is due with the first of them"
    ),
    "voucher": (
        "fen = the least of: granted and floor(rate_bp / 10000 of all compute billed so far, this statement "
        "included), each less what was redeemed; this statement's compute; what the year leaves"
    ),
    "fee_split": (
        "of each part, the fee and the provider's share are rounded towards zero; the rest is the residue"
    ),
}


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
class Monthly:
    """A part that is paid by the month: its contract, the instalments before and now, and what was billed before."""

    terms: Instalments
    before: int
    now: int
    billed_fen: int

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **plain(asdict(self.terms)),
            "instalments_before": self.before,
            "instalments": self.now,
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
    storage: Monthly | None
    line: Monthly
    profile: SettlementProfile
    voucher: dict[str, Any] | None
    compute_fen: int
    storage_fen: int
    line_fen: int
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
            "storage_fen": given.storage_fen,
            "line_fen": given.line_fen,
            "user_fen": given.division.user,
            "voucher_fen": given.division.voucher,
            "provider_fen": given.division.provider,
            "line_provider_fen": given.division.line,
            "fee_fen": given.division.fee,
            "residue_fen": given.division.residue,
        },
    }

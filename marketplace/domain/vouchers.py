"""Compute vouchers (算力券): what a policy may say, and what it grants (SCHEME §7; INVARIANTS A7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from kernel.money import BASIS_POINTS
from kernel.states import StateTable
from kernel.text import Vocabulary
from marketplace.errors import PolicyInvalid, VoucherRefused

COMPUTE_BASES = frozenset({"intelligent_compute", "general_compute", "super_compute"})
SIZES = frozenset({"micro", "small", "medium"})  # vouchers are for small enterprises, whatever a policy says


class PolicyState(Vocabulary):
    """The life of a policy: the operator proposes, the authority approves, the next one replaces it."""

    PROPOSED = "proposed", "待批准", "Proposed"
    IN_FORCE = "in_force", "生效", "In force"
    REPLACED = "replaced", "已替代", "Replaced"


POLICY_LIFE = StateTable(
    states=PolicyState,
    initial=PolicyState.PROPOSED,
    acts={
        "approve": (frozenset({PolicyState.PROPOSED}), PolicyState.IN_FORCE),
        "replace": (frozenset({PolicyState.IN_FORCE}), PolicyState.REPLACED),
    },
)


class ClaimState(Vocabulary):
    """The life of a claim on one contract."""

    CLAIMED = "claimed", "已申领", "Claimed"
    RELEASED = "released", "已退回", "Released"


@dataclass(frozen=True, slots=True)
class VoucherPolicy:
    """A policy's terms: the rate in basis points of the base, the cap in fen for an enterprise and a Shanghai year."""

    version: str
    base: frozenset[str]
    rate_bp: int
    annual_cap_fen: int
    sizes: frozenset[str]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "VoucherPolicy":
        """Read and check a policy profile. Raises PolicyInvalid naming the field that no policy may have so."""
        base, sizes = frozenset(_words(body, "base")), frozenset(_words(body, "eligible_sizes"))
        if not base or base - COMPUTE_BASES:
            _refuse(
                "base",
                f"补贴基数只能是算力部分（{'、'.join(sorted(COMPUTE_BASES))}），不含线路、存储、网络、安全。",
                f"the base is compute only ({', '.join(sorted(COMPUTE_BASES))}); line, storage, network and security stay out.",
            )
        if not sizes or sizes - SIZES:
            _refuse(
                "eligible_sizes",
                "适用对象只能是微型、小型、中型企业。",
                "only micro, small and medium are eligible.",
            )
        if body.get("claims_per_contract") != 1:
            _refuse("claims_per_contract", "一份合同只能申领一次。", "one contract has one claim.")
        if body.get("refuse_affiliated") is not True:
            _refuse("refuse_affiliated", "关联企业之间不得申领。", "affiliates are refused.")
        cap = body.get("annual_cap_fen")
        if not isinstance(cap, int) or isinstance(cap, bool) or cap <= 0:
            _refuse(
                "annual_cap_fen", "年度上限为正整数（分）。", "the cap is a positive whole number of fen."
            )
        return cls(
            version=_text(body, "version"),
            base=base,
            rate_bp=_rate_bp(body.get("rate")),
            annual_cap_fen=int(body["annual_cap_fen"]),
            sizes=sizes,
        )

    def eligible_fen(self, parts: Mapping[str, int]) -> int:
        """The contract amount that counts: the parts of the base, and no other (A7 i)."""
        return sum(fen for name, fen in parts.items() if name in self.base)

    def share_fen(self, eligible_fen: int) -> int:
        """The rate's share of an eligible amount, rounded down to the fen: never a fen over the rate."""
        return eligible_fen * self.rate_bp // BASIS_POINTS

    def check_claimant(self, *, size: str, affiliated: bool) -> None:
        """Raise VoucherRefused where the enterprise is too large or belongs to a provider of the contract."""
        if size not in self.sizes:
            raise VoucherRefused(
                reason_zh="算力券只面向微型、小型和中型企业；本企业的规模不在其列。",
                reason_en="Vouchers are for micro, small and medium enterprises; this one is not among them.",
            )
        if affiliated:
            raise VoucherRefused(
                reason_zh="用户与合同提供商为关联企业，不得申领。",
                reason_en="The user and a provider of the contract are affiliated, so it may not claim.",
            )

    def grant_fen(self, *, eligible_fen: int, drawn_fen: int) -> int:
        """What a claim gets: the share of the base, at most what the year's cap leaves; 0 where nothing is left."""
        return max(0, min(self.share_fen(eligible_fen), self.annual_cap_fen - drawn_fen))

    def redeemable_fen(
        self, *, granted_fen: int, redeemed_fen: int, compute_fen: int, billed_fen: int, year_left_fen: int
    ) -> int:
        """What one statement redeems of a claim.

        Never more than the claim, the rate's share of all compute billed so far (`billed_fen`, this statement
        included), this statement's compute (`compute_fen`), or what the year's cap leaves for redemptions.
        """
        ceiling = min(granted_fen, self.share_fen(billed_fen)) - redeemed_fen
        return max(0, min(ceiling, compute_fen, year_left_fen))


def contract_parts(kind: str, *, compute_fen: int, line_fen: int) -> dict[str, int]:
    """A contract's amount by part, as policies name them; `kind` is the compute's kind."""
    return {f"{kind}_compute": compute_fen, "line": line_fen}


def _rate_bp(value: object) -> int:
    try:
        rate = Decimal(str(value)) * BASIS_POINTS
    except InvalidOperation:
        rate = Decimal(-1)
    if not rate.is_finite() or rate != int(rate) or not 0 < rate <= BASIS_POINTS:
        _refuse(
            "rate",
            '比例在 0 与 1 之间，至多四位小数，如 "0.20"。',
            'a share from 0 to 1 with at most four places, as "0.20".',
        )
    return int(rate)


def _words(body: Mapping[str, Any], field: str) -> list[str]:
    value = body.get(field)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        _refuse(field, "应为文本列表。", "a list of texts is needed.")
    return list(body[field])


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        _refuse(field, "应为非空文本。", "a text is needed.")
    return str(value)


def _refuse(field: str, zh: str, en: str) -> NoReturn:
    raise PolicyInvalid(pointer=f"/{field}", reason_zh=f"字段 {field}：{zh}", reason_en=f"{field}: {en}")

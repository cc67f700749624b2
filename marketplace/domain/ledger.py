"""Double entry: the accounts, and the entries that a statement and its reversal make."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kernel.text import Vocabulary
from marketplace.domain.settlements import Division


class AccountKind(Vocabulary):
    """What an account counts. The node holds nobody's funds: these are payables and receivables.

    Positive is owed to the market (by the user, by the voucher fund), negative is owed by it.
    """

    USER_PAYABLE = "user_payable", "用户应付", "User payable"
    VOUCHER_SUBSIDY = "voucher_subsidy", "算力券补贴应收", "Voucher subsidy"
    COMPUTE_RECEIVABLE = "compute_receivable", "算力提供商应收", "Compute provider receivable"
    LINE_RECEIVABLE = "line_receivable", "专线提供商应收", "Line provider receivable"
    NODE_FEE = "node_fee", "节点服务费", "Node fee"
    ROUNDING = "rounding", "舍入差额", "Rounding residue"


class EntryKind(Vocabulary):
    """Why an entry was made."""

    STATEMENT = "statement", "结算单", "Statement"
    REVERSAL = "reversal", "冲正", "Reversal"


@dataclass(frozen=True, slots=True)
class Amount:
    """One posting to be: an account, its party (None: the node's own), signed fen."""

    account: AccountKind
    party: UUID | None
    fen: int


def statement_amounts(division: Division, *, user: UUID, provider: UUID, line: UUID) -> list[Amount]:
    """The postings of one statement; they add up to zero because the division is conserved."""
    amounts = [
        Amount(AccountKind.USER_PAYABLE, user, division.user),
        Amount(AccountKind.VOUCHER_SUBSIDY, None, division.voucher),
        Amount(AccountKind.COMPUTE_RECEIVABLE, provider, -division.provider),
        Amount(AccountKind.LINE_RECEIVABLE, line, -division.line),
        Amount(AccountKind.NODE_FEE, None, -division.fee),
        Amount(AccountKind.ROUNDING, None, -division.residue),
    ]
    return [amount for amount in amounts if amount.fen]


def balanced(amounts: Sequence[Amount]) -> bool:
    """INVARIANTS A3: an entry's postings add up to zero."""
    return sum(amount.fen for amount in amounts) == 0

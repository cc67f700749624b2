"""What the market announces; `subject` is the id of the row that the event names."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DemandSubmitted(Event):
    """A buyer stated a demand."""

    name: ClassVar[str] = "marketplace.demand_submitted"


@dataclass(frozen=True, kw_only=True)
class DemandSelected(Event):
    """A demand was answered by a selection."""

    name: ClassVar[str] = "marketplace.demand_selected"

    selection: UUID


@dataclass(frozen=True, kw_only=True)
class QuoteIssued(Event):
    """A bundle was quoted, firm and signed."""

    name: ClassVar[str] = "marketplace.quote_issued"

    total_fen: int
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """A quote was ordered, and its compute and every span of its line are held."""

    name: ClassVar[str] = "marketplace.order_placed"

    compute_provider: UUID
    line_provider: UUID
    offer: UUID
    total_fen: int


@dataclass(frozen=True, kw_only=True)
class OrderPartAccepted(Event):
    """One provider accepted its part."""

    name: ClassVar[str] = "marketplace.order_part_accepted"

    part: str


@dataclass(frozen=True, kw_only=True)
class OrderAccepted(Event):
    """Both providers accepted: the hold is a contract."""

    name: ClassVar[str] = "marketplace.order_accepted"

    total_fen: int


@dataclass(frozen=True, kw_only=True)
class OrderRejected(Event):
    """A provider rejected the order, and everything held was released."""

    name: ClassVar[str] = "marketplace.order_rejected"

    by: UUID


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """The user cancelled before anything was billed, and everything was released."""

    name: ClassVar[str] = "marketplace.order_cancelled"


@dataclass(frozen=True, kw_only=True)
class OrderExpired(Event):
    """The hold ran out before both providers accepted."""

    name: ClassVar[str] = "marketplace.order_expired"


@dataclass(frozen=True, kw_only=True)
class ComputeAccepted(Event):
    """The user accepted the compute with its sheet, or was silent for so long that it is `deemed` accepted."""

    name: ClassVar[str] = "marketplace.compute_accepted"

    line_waived: bool
    deemed: bool


@dataclass(frozen=True, kw_only=True)
class ComputeRefused(Event):
    """The user refused the compute of one `delivery`, the first or a later one; with what was found, as far as told.

    It is to be dispatched again. Why it was refused stands in the order's history.
    """

    name: ClassVar[str] = "marketplace.compute_refused"

    delivery: int
    cards: int | None
    model: str | None
    memory_gib: int | None


@dataclass(frozen=True, kw_only=True)
class BillingStarted(Event):
    """Billing of compute and line starts together."""

    name: ClassVar[str] = "marketplace.billing_started"

    offer: UUID
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderEnded(Event):
    """The term is over, and what it held is free again."""

    name: ClassVar[str] = "marketplace.order_ended"


@dataclass(frozen=True, kw_only=True)
class OrderStopped(Event):
    """An instruction of the regulator stops a running order since `at`: its providers stop serving it."""

    name: ClassVar[str] = "marketplace.order_stopped"

    instruction: UUID
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderResumed(Event):
    """No instruction stops the order any more: it is served again until its term is over."""

    name: ClassVar[str] = "marketplace.order_resumed"


@dataclass(frozen=True, kw_only=True)
class UsageMetered(Event):
    """A window's two readings were reconciled; `subject` is the usage."""

    name: ClassVar[str] = "marketplace.usage_metered"

    order: UUID
    state: str
    machine_seconds: int


@dataclass(frozen=True, kw_only=True)
class UsageDisputed(Event):
    """The user disputes a usage; it is not settled until it is corrected."""

    name: ClassVar[str] = "marketplace.usage_disputed"

    order: UUID


@dataclass(frozen=True, kw_only=True)
class StatementIssued(Event):
    """An order's statement for a period is there for all its parties."""

    name: ClassVar[str] = "marketplace.statement_issued"

    order: UUID
    user_fen: int
    voucher_fen: int


@dataclass(frozen=True, kw_only=True)
class PeriodSettled(Event):
    """A period was settled; `subject` is the settlement."""

    name: ClassVar[str] = "marketplace.period_settled"

    statements: int


@dataclass(frozen=True, kw_only=True)
class PeriodClosed(Event):
    """A settled period was closed for ever, by two people."""

    name: ClassVar[str] = "marketplace.period_closed"


@dataclass(frozen=True, kw_only=True)
class EntryReversed(Event):
    """A journal entry was reversed, by two people; `subject` is the reversal."""

    name: ClassVar[str] = "marketplace.entry_reversed"

    reverses: UUID


@dataclass(frozen=True, kw_only=True)
class PolicyProposed(Event):
    """The operator proposed a voucher policy."""

    name: ClassVar[str] = "marketplace.policy_proposed"

    version: str


@dataclass(frozen=True, kw_only=True)
class PolicyApproved(Event):
    """The authority put a voucher policy in force."""

    name: ClassVar[str] = "marketplace.policy_approved"

    version: str


@dataclass(frozen=True, kw_only=True)
class BalanceImported(Event):
    """What an enterprise drew elsewhere was taken over."""

    name: ClassVar[str] = "marketplace.balance_imported"

    year: int
    claimed_fen: int


@dataclass(frozen=True, kw_only=True)
class VoucherGranted(Event):
    """A contract's claim was granted; `subject` is the claim."""

    name: ClassVar[str] = "marketplace.voucher_granted"

    order: UUID
    amount_fen: int


@dataclass(frozen=True, kw_only=True)
class VoucherReleased(Event):
    """A claim of an order that will not run was given back."""

    name: ClassVar[str] = "marketplace.voucher_released"

    order: UUID
    amount_fen: int


@dataclass(frozen=True, kw_only=True)
class LineChangeMoved(Event):
    """A change of a running line was asked for, offered, agreed, switched, or came to nothing."""

    name: ClassVar[str] = "marketplace.line_change_moved"

    order: UUID
    state: str


@dataclass(frozen=True, kw_only=True)
class ComplaintMoved(Event):
    """A complaint between parties of an order was filed, answered, appealed, mediated, or is over."""

    name: ClassVar[str] = "marketplace.complaint_moved"

    order: UUID
    act: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ComplaintOverdue(Event):
    """Whoever had to act on a complaint in `state` by `due_at` did not."""

    name: ClassVar[str] = "marketplace.complaint_overdue"

    order: UUID
    state: str
    due_at: datetime

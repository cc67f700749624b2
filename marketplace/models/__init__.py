"""Tables of the market."""

from marketplace.models.complaints import Complaint, ComplaintStep
from marketplace.models.demands import Demand
from marketplace.models.ledger import Account, JournalEntry, Posting
from marketplace.models.line_changes import LineChange
from marketplace.models.meters import MeterRecord, Usage
from marketplace.models.orders import Order, OrderStep
from marketplace.models.quotes import Quote
from marketplace.models.settlements import BilledUsage, Settlement, Statement, StatementLine
from marketplace.models.vouchers import VoucherBalance, VoucherClaim, VoucherPolicy, VoucherYear

__all__ = [
    "Account",
    "BilledUsage",
    "Complaint",
    "ComplaintStep",
    "Demand",
    "JournalEntry",
    "LineChange",
    "MeterRecord",
    "Order",
    "OrderStep",
    "Posting",
    "Quote",
    "Settlement",
    "Statement",
    "StatementLine",
    "Usage",
    "VoucherBalance",
    "VoucherClaim",
    "VoucherPolicy",
    "VoucherYear",
]

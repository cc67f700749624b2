"""What the market reports upwards: how it runs (platform business), and totals of trade."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum

from aggregation.selectors import supply
from kernel.reports import ReportClass, Section, Tells, register_section
from kernel.text import Text
from marketplace.models import Complaint, Demand, Order, Quote, Statement
from participants.selectors.organisations import certified_parties


def market(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One record: parties and listings as they stand, demands, quotes, orders and complaints of the period."""
    placed = Order.objects.filter(created_at__gte=start, created_at__lt=end)
    sums = placed.aggregate(fen=Sum("total_fen"), buyers=Count("tenant_id", distinct=True))
    return [
        {
            "parties": certified_parties(),
            "listings": len(supply.rows(all_=True).offers),
            "demands": Demand.objects.filter(created_at__gte=start, created_at__lt=end).count(),
            "quotes": Quote.objects.filter(created_at__gte=start, created_at__lt=end).count(),
            "orders": placed.count(),
            "buyers": sums["buyers"],
            "amount_fen": sums["fen"] or 0,
            "complaints": Complaint.objects.filter(created_at__gte=start, created_at__lt=end).count(),
        }
    ]


def totals(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One record: orders that started or ended in the period, and the fen of the statements made in it."""
    orders = Order.objects.aggregate(
        started=Count("id", filter=Q(billing_started_at__gte=start, billing_started_at__lt=end)),
        ended=Count("id", filter=Q(ended_at__gte=start, ended_at__lt=end)),
    )
    made = Statement.objects.filter(created_at__gte=start, created_at__lt=end, entry__reversal=None)
    fields = ("user_fen", "voucher_fen", "provider_fen", "line_provider_fen", "fee_fen", "residue_fen")
    fen = made.aggregate(**{name: Sum(name) for name in fields})
    return [
        {
            "orders_started": orders["started"],
            "orders_ended": orders["ended"],
            "statements": made.count(),
            **{name: value or 0 for name, value in fen.items()},
        }
    ]


register_section(
    Section(
        name="platform.market",
        kind=ReportClass.PLATFORM,
        title=Text("市场运行", "The market"),
        sums=("parties", "listings", "demands", "quotes", "orders", "buyers", "amount_fen", "complaints"),
        collect=market,
        tells=Tells.BOTH,
    )
)
register_section(
    Section(
        name="trade.totals",
        kind=ReportClass.TRADE,
        title=Text("交易汇总", "Trade totals"),
        sums=(
            "orders_started",
            "orders_ended",
            "statements",
            "user_fen",
            "voucher_fen",
            "provider_fen",
            "line_provider_fen",
            "fee_fen",
            "residue_fen",
        ),
        collect=totals,
    )
)

"""What is to be settled: agreed usage that no statement bills, and what earlier statements billed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet, Sum

from kernel.domain.windows import Window
from marketplace.domain.metering import UsageState
from marketplace.domain.orders import Part
from marketplace.models import Order, StatementLine, Usage, VoucherClaim
from scheduling.selectors.deliveries import UNDELIVERED, Delivery, deliveries


@dataclass(slots=True)
class Dues:
    """One order's inputs to a settlement; what was billed leaves out statements that were reversed."""

    usages: list[Usage] = field(default_factory=list)
    billed_quantity: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Part.codes(), 0))
    billed_fen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Part.codes(), 0))
    claim: VoucherClaim | None = None
    line: Delivery = UNDELIVERED
    stops: Sequence[Window] = ()

    @property
    def machine_seconds(self) -> int:
        """Machine-seconds of the usages that are to be billed now."""
        return sum(usage.machine_seconds for usage in self.usages)


def billable_orders(end: datetime) -> QuerySet[Order]:
    """Orders whose billing started before `end`, oldest first, with the changes of their lines."""
    orders = Order.objects.filter(billing_started_at__lt=end).order_by("id")
    return orders.prefetch_related("line_changes")


def dues_of(orders: Sequence[UUID], end: datetime) -> defaultdict[UUID, Dues]:
    """The inputs of each order, in four queries, however many orders there are."""
    dues: defaultdict[UUID, Dues] = defaultdict(Dues)
    agreed = Usage.objects.filter(order__in=orders, state=UsageState.AGREED, billed=None, window_end__lte=end)
    for usage in agreed.select_related("provider_record", "node_record").order_by("window_end", "id"):
        dues[usage.order_id].usages.append(usage)
    lines = StatementLine.objects.filter(statement__order__in=orders, statement__entry__reversal=None)
    for row in lines.values("statement__order", "part").annotate(q=Sum("quantity"), fen=Sum("amount_fen")):
        of = dues[row["statement__order"]]
        of.billed_quantity[row["part"]], of.billed_fen[row["part"]] = row["q"], row["fen"]
    for claim in VoucherClaim.objects.filter(order__in=orders, state="claimed").select_related("policy"):
        dues[claim.order_id].claim = claim
    for order, delivery in deliveries(orders).items():
        dues[order].line = delivery
    return dues

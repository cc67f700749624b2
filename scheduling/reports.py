"""What scheduling reports: selections, dispatch and line openings of a period."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Sum

from kernel.reports import ReportClass, Section, register_section
from kernel.text import Text
from scheduling.domain.dispatches import DispatchAct, DispatchState
from scheduling.models import Dispatch, LineOpening, Selection

SUMS = (
    "selections",
    "hits",
    "milliseconds",
    "orders_dispatched",
    "orders_failed",
    "lines_ordered",
    "lines_delivered",
    "lines_on_time",
    "lines_accepted",
)


def collect(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One record of counts for [start, end); hits are selections with at least one bundle."""
    made = Selection.objects.filter(created_at__gte=start, created_at__lt=end).aggregate(
        selections=Count("id"), hits=Count("id", filter=Q(bundles__gt=0)), milliseconds=Sum("milliseconds")
    )
    started = Dispatch.objects.filter(act=DispatchAct.START, ended_at__gte=start, ended_at__lt=end)
    ended = started.aggregate(
        orders_dispatched=Count("id", filter=Q(state=DispatchState.DISPATCHED)),
        orders_failed=Count("id", filter=Q(state=DispatchState.FAILED)),
    )

    def within(field: str) -> Q:
        return Q((f"{field}__gte", start), (f"{field}__lt", end))

    lines = LineOpening.objects.aggregate(
        lines_ordered=Count("id", filter=within("contracted_at")),
        lines_delivered=Count("id", filter=within("delivered_at")),
        lines_on_time=Count("id", filter=within("delivered_at") & Q(delivered_at__lte=F("due_at"))),
        lines_accepted=Count("id", filter=within("accepted_at")),
    )
    return [made | {"milliseconds": made["milliseconds"] or 0} | ended | lines]


register_section(
    Section(
        name="dispatch.selections",
        kind=ReportClass.DISPATCH,
        title=Text("选择、调度与专线开通", "Selections, dispatch and line openings"),
        sums=SUMS,
        collect=collect,
    )
)

"""How many demands there are: what a regulator knows of them, who does not read them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from kernel.clock import SHANGHAI
from marketplace.models import Demand


@dataclass(frozen=True, slots=True)
class MonthOfDemands:
    """One month in China by its first day: how many demands were stated, by how many buyers, and how many were answered."""

    month: date
    demands: int
    buyers: int
    answered: int


def count_demands(*, months: int) -> list[MonthOfDemands]:
    """The newest so many months in which a demand was stated, newest first."""
    counted = (
        Demand.objects.annotate(month=TruncMonth("created_at", tzinfo=SHANGHAI))
        .values("month")
        .annotate(
            demands=Count("id"),
            buyers=Count("tenant_id", distinct=True),
            answered=Count("id", filter=Q(selection__isnull=False)),
        )
        .order_by("-month")[:months]
    )
    return [MonthOfDemands(**{**row, "month": row["month"].date()}) for row in counted]

"""How many complaints there are and what came of them, as the supervision's monthly figures ask (SCHEME §7)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncMonth

from kernel.clock import SHANGHAI
from marketplace.domain.complaints import OPEN, ComplaintState
from marketplace.models import Complaint, ComplaintStep


@dataclass(frozen=True, slots=True)
class MonthOfComplaints:
    """One month in China by its first day: what was filed then, and how it stands now."""

    month: date
    complaints: int
    complainants: int
    respondents: int
    answered_in_time: int
    answered_late: int
    appealed: int
    settled: int
    unsettled: int
    dismissed: int
    withdrawn: int
    open: int
    overdue_now: int


def count_complaints(*, months: int) -> list[MonthOfComplaints]:
    """The newest so many months in which a complaint was filed, newest first."""
    steps = ComplaintStep.objects.filter(complaint=OuterRef("id"))
    answers = steps.filter(act="answer")
    counted = (
        Complaint.objects.annotate(
            month=TruncMonth("created_at", tzinfo=SHANGHAI),
            in_time=Exists(answers.filter(late=False)),
            too_late=Exists(answers.filter(late=True)),
            went_up=Exists(steps.filter(act="appeal")),
        )
        .values("month")
        .annotate(
            complaints=Count("id"),
            complainants=Count("tenant_id", distinct=True),
            respondents=Count("respondent", distinct=True),
            answered_in_time=Count("id", filter=Q(in_time=True)),
            answered_late=Count("id", filter=Q(too_late=True)),
            appealed=Count("id", filter=Q(went_up=True)),
            **{
                state.value: Count("id", filter=Q(state=state))
                for state in sorted(frozenset(ComplaintState) - OPEN)
            },
            open=Count("id", filter=Q(state__in=OPEN)),
            overdue_now=Count("id", filter=Q(overdue=True)),
        )
        .order_by("-month")[:months]
    )
    return [MonthOfComplaints(**{**row, "month": row["month"].date()}) for row in counted]

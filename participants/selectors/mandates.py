"""The mandates that stand today, as a part of the question who signs in."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Now, TruncDate

from kernel.clock import SHANGHAI
from participants.models import Mandate


def live_mandates() -> QuerySet[Mandate]:
    """Mandates neither ended nor past their last day in China."""
    today = TruncDate(Now(), tzinfo=SHANGHAI)
    return Mandate.objects.filter(Q(last_day__gte=today), ended_at=None)


def mandate_of(organisation: str) -> dict[str, Any]:
    """Annotations `mandate` (operations) and `mandator`, of the organisation at the path: no further round trip."""
    live = live_mandates().filter(organisation=OuterRef(organisation)).order_by("id")
    each = Func(F("operations"), function="unnest", output_field=TextField(), set_returning=True)
    return {
        "mandate": ArraySubquery(live.annotate(operation=each).order_by().values("operation")),
        "mandator": Subquery(live.values("grantor")[:1]),
    }

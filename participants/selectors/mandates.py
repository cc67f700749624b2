"""The mandates that stand today, as a part of the question who signs in."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Now, TruncDate

from kernel.clock import SHANGHAI
from participants.models import Mandate


def live_mandates() -> QuerySet[Mandate]:
    """Mandates neither ended nor past their last day in China."""
    today = TruncDate(Now(), tzinfo=SHANGHAI)
    return Mandate.objects.filter(Q(last_day__gte=today), ended_at=None)


def operations_given(organisation: str) -> ArraySubquery:
    """An annotation: the operations that the organisation at the path is given today. No further round trip."""
    each = Func(F("operations"), function="unnest", output_field=TextField(), set_returning=True)
    live = live_mandates().filter(organisation=OuterRef(organisation))
    return ArraySubquery(live.annotate(operation=each).values("operation"))


def given_by(organisation: str) -> Subquery:
    """An annotation: the regulator's house whose mandate the organisation at the path holds today."""
    return Subquery(live_mandates().filter(organisation=OuterRef(organisation)).values("grantor")[:1])

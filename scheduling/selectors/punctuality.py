"""How line providers keep the dates that they promised."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q

from scheduling.domain.carriers import CarrierState
from scheduling.domain.openings import OpeningState, Punctuality
from scheduling.models import CarrierLine, LineOpening


def punctuality(
    *, providers: list[UUID], start: datetime, end: datetime, at: datetime
) -> dict[UUID, Punctuality]:
    """Line provider → of the contracted lines due within [start, end), and by `at`, how many were delivered by then.

    A line that is late and not delivered yet counts as late. One whose order was ended before it was due counts nowhere, unless
    its provider would not build it or its carrier said no after the contract: then it is due on its day, and late.
    """
    refused = CarrierLine.objects.filter(
        order=OuterRef("order"), change=None, state__in=[CarrierState.REFUSED, CarrierState.EXPIRED]
    )
    rows = (
        LineOpening.objects.filter(
            provider_id__in=providers, contracted_at__isnull=False, due_at__gte=start, due_at__lt=min(end, at)
        )
        .exclude(
            ~Q(state=OpeningState.DECLINED),
            ~Exists(refused),
            removed_at__lt=F("due_at"),
            delivered_at=None,
        )
        .values("provider_id")
        .annotate(due=Count("id"), on_time=Count("id", filter=Q(delivered_at__lte=F("due_at"))))
        .order_by()
    )
    found = {row["provider_id"]: Punctuality(row["due"], row["on_time"]) for row in rows}
    return {provider: found.get(provider, Punctuality(0, 0)) for provider in providers}

"""Which subjects are suspended, why, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kernel.models.suspensions import Suspension, SuspensionScope
from kernel.questions import question

# what a scope stops: running service stops, so do renewal and new sale
STOPS = {
    SuspensionScope.NEW_SALE: list(SuspensionScope),
    SuspensionScope.RENEWAL: [SuspensionScope.RENEWAL, SuspensionScope.RUNNING],
    SuspensionScope.RUNNING: [SuspensionScope.RUNNING],
}


def open_causes(
    subjects: Iterable[UUID], *, stops: SuspensionScope = SuspensionScope.NEW_SALE
) -> dict[UUID, list[str]]:
    """The causes open against each subject that stop the named thing; subjects without any are absent."""
    causes: dict[UUID, list[str]] = {}
    for subject, cause in _open(subjects=list(set(subjects)), scopes=[each.value for each in STOPS[stops]]):
        causes.setdefault(subject, []).append(cause)
    return causes


@dataclass(frozen=True, slots=True)
class Stop:
    """One suspension over its whole time: of whom or what, by which decision, since when and (`until`) to when, None: still."""

    subject: UUID
    reference: UUID
    since: datetime
    until: datetime | None


def stops_of(subjects: Iterable[UUID], *, stops: SuspensionScope) -> list[Stop]:
    """The suspensions of the subjects that stop or stopped the named thing, as they were opened."""
    rows = Suspension.objects.filter(
        subject__in=set(subjects), scope__in=[each.value for each in STOPS[stops]]
    )
    facts = rows.order_by("opened_at", "id").values_list("subject", "reference", "opened_at", "closed_at")
    return [Stop(*fact) for fact in facts]


@question
def _open(*, subjects: Iterable[UUID], scopes: Iterable[str]) -> QuerySet[Suspension, Any]:
    rows = Suspension.objects.filter(subject__among=subjects, closed_at=None, scope__among=scopes)
    return rows.order_by("opened_at").values_list("subject", "cause")

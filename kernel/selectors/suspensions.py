"""Which subjects are suspended, and why."""

from collections.abc import Iterable
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


@question
def _open(*, subjects: Iterable[UUID], scopes: Iterable[str]) -> QuerySet[Suspension, Any]:
    rows = Suspension.objects.filter(subject__among=subjects, closed_at=None, scope__among=scopes)
    return rows.order_by("opened_at").values_list("subject", "cause")

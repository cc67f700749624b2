"""Which subjects are suspended, and why."""

from collections.abc import Iterable
from uuid import UUID

from kernel.models.suspensions import Suspension, SuspensionScope

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
    rows = Suspension.objects.filter(subject__in=set(subjects), closed_at=None, scope__in=STOPS[stops])
    for subject, cause in rows.order_by("opened_at").values_list("subject", "cause"):
        causes.setdefault(subject, []).append(cause)
    return causes

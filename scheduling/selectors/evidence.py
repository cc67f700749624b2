"""What accepted evidence shows of spans."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, Q

from scheduling.domain.evidence import EvidenceState, Layer, Shown, one_way
from scheduling.domain.light import Medium, faster_than
from scheduling.models import LatencyEvidence, Span
from scheduling.selectors.sites import point_of


def shown(spans: Sequence[UUID]) -> list[Shown]:
    """Of each of these spans what accepted optical evidence shows that stands for it, or for its commitment, now.

    Neither a registered medium nor a record that waits for review, or was refused on it, shows anything.
    """
    accepted = Q(state=EvidenceState.ACCEPTED) | Q(review__decision=EvidenceState.ACCEPTED)
    standing = LatencyEvidence.objects.filter(accepted, layer=Layer.OPTICAL, span__in=spans)
    records = standing.filter(measured_at=F("span__measured_at"))
    values = {
        span: one_way(value, direction)
        for span, value, direction in records.order_by("id").values_list("span_id", "value_us", "direction")
    }
    rows, found = Span.objects.select_related("a", "b").in_bulk(spans), []
    for row in (rows[span] for span in spans):
        metres = point_of(row.a).metres_to(point_of(row.b))
        hollow = row.id in values and faster_than(values[row.id], metres, Medium.SILICA)
        found.append(Shown(row.key, metres, Medium.HOLLOW_CORE if hollow else Medium.SILICA))
    return found

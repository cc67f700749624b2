"""Recording latency evidence, and letting what is accepted stand for the estimate."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.services.outbox import publish
from scheduling.domain.evidence import Claim, EvidenceState, Layer, assess
from scheduling.domain.light import Medium
from scheduling.errors import UnknownSpan
from scheduling.events import EvidenceRecorded
from scheduling.models import LatencyEvidence, Span
from scheduling.selectors.sites import point_of


@transaction.atomic
def record_evidence(
    *,
    span: str,
    layer: str,
    direction: str,
    method: str,
    medium: str,
    value_us: int,
    clock_bound_us: int,
    samples: int,
    percentile: Decimal,
    measured_at: datetime,
    declarer: str,
    file_sha256: str,
    marking: str,
    actor: Actor,
) -> LatencyEvidence:
    """Keep a measurement of one of the caller's fibre spans (by key). Raises UnknownSpan, ImpossibleLatency, MeasuredInFuture.

    Accepted optical evidence, where it is the newest, gives the span's latency its upper bound: the other
    layers are kept and never mixed in.
    """
    assert actor.tenant_id is not None  # noqa: S101 - line providers are organisations
    row = (
        Span.objects.select_for_update(of=("self",))
        .filter(key=span, tenant_id=actor.tenant_id, kind="fibre")
        .select_related("a", "b")
        .first()
    )
    if row is None:
        raise UnknownSpan(pointer="/span", span=span)
    claim = Claim(
        layer=layer,
        direction=direction,
        value_us=value_us,
        clock_bound_us=clock_bound_us,
        medium=row.medium if medium == Medium.UNDISCLOSED else medium,
        proven=bool(file_sha256),
        measured_at=measured_at,
    )
    state = assess(claim, metres=point_of(row.a).metres_to(point_of(row.b)), at=now())
    record = LatencyEvidence.objects.create(
        tenant_id=row.tenant_id,
        span=row,
        layer=layer,
        direction=direction,
        method=method,
        medium=claim.medium,
        value_us=value_us,
        clock_bound_us=clock_bound_us,
        upper_us=claim.upper_us,
        samples=samples,
        percentile=percentile,
        measured_at=measured_at,
        declarer=declarer,
        file_sha256=file_sha256,
        state=state.value,
        marking=marking,
    )
    newest = row.measured_at is None or row.measured_at <= measured_at
    if state is EvidenceState.ACCEPTED and layer == Layer.OPTICAL and newest:
        row.measured_us, row.measured_at = claim.upper_us, measured_at
        row.advance("measured_us", "measured_at")
    publish(
        EvidenceRecorded(
            subject=record.id, tenant=row.tenant_id, span=row.id, state=state.value, layer=layer
        ),
        actor=actor,
    )
    return record

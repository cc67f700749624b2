"""Recording latency evidence, and letting what is accepted stand for the estimate."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import Problem
from kernel.services.outbox import publish, publish_each
from scheduling.domain.evidence import LIFE, Claim, EvidenceState, Layer, assess, require_consistent
from scheduling.domain.light import Medium
from scheduling.errors import UnknownSpan
from scheduling.events import EvidenceRecorded, EvidenceReviewed
from scheduling.models import EvidenceReview, LatencyEvidence, Span
from scheduling.selectors.sites import point_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured on a span (by key), how, by whom, and the digest of its report."""

    span: str
    layer: str
    direction: str
    method: str
    medium: str
    value_us: int
    clock_bound_us: int
    samples: int
    percentile: Decimal
    measured_at: datetime
    declarer: str
    file_sha256: str
    marking: str


@transaction.atomic
def record_evidence(*, measurement: Measurement, actor: Actor) -> LatencyEvidence:
    """Keep a measurement of one of the caller's fibre spans. Raises UnknownSpan, ImpossibleLatency, MeasuredInFuture.

    ContradictoryEvidence, HalvedTwice where method, layer and direction do not go together.
    """
    (found,) = record_measurements(measurements=[measurement], actor=actor)
    if isinstance(found, Problem):
        raise found
    return found


@transaction.atomic
def record_measurements(
    *, measurements: Sequence[Measurement], actor: Actor
) -> list[LatencyEvidence | Problem]:
    """Keep the measurements that can be believed, and say why each of the others cannot, in order.

    Accepted optical evidence, where it is the newest, gives the span's latency its upper bound: the other
    layers are kept and never mixed in. The spans are locked first, in one order.
    """
    assert actor.tenant_id is not None  # noqa: S101 - line providers are organisations
    mine = Span.objects.filter(
        key__in={each.span for each in measurements}, tenant_id=actor.tenant_id, kind="fibre"
    )
    locked = mine.order_by("id").select_for_update(of=("self",)).select_related("a", "b")
    spans, instant = {row.key: row for row in locked}, now()
    found = [_judged(each, spans.get(each.span), instant) for each in measurements]
    records = [each for each in found if isinstance(each, LatencyEvidence)]
    LatencyEvidence.objects.bulk_create(records)
    _let_stand([each for each in records if each.state == EvidenceState.ACCEPTED])
    publish_each(
        [
            EvidenceRecorded(
                subject=each.id, tenant=each.tenant_id, span=each.span_id, state=each.state, layer=each.layer
            )
            for each in records
        ],
        actor=actor,
    )
    return found


@transaction.atomic
def review_evidence(
    *, evidence: LatencyEvidence, act: str, reason: str, proof_sha256: str, actor: Actor
) -> LatencyEvidence:
    """Decide of a record that waits for review: `accept` it on a proof, or `refuse` it, once. Raises StateConflict.

    An accepted one stands for its span as if it had been accepted at once.
    """
    span = Span.objects.select_for_update().get(id=evidence.span_id)
    row = LatencyEvidence.objects.select_related("review").get(id=evidence.id)
    decision = LIFE.after(act, row.standing)
    EvidenceReview.objects.create(
        evidence=row, decision=decision.value, reason=reason, proof_sha256=proof_sha256
    )
    row = LatencyEvidence.objects.select_related("review").get(id=evidence.id)
    row.span = span
    if decision is EvidenceState.ACCEPTED:
        _let_stand([row])
    publish(
        EvidenceReviewed(subject=row.id, tenant=row.tenant_id, span=row.span_id, state=row.standing),
        actor=actor,
    )
    return row


def _judged(measured: Measurement, row: Span | None, instant: datetime) -> LatencyEvidence | Problem:
    """The record that a measurement makes, or what refutes it."""
    if row is None:
        return UnknownSpan(pointer="/span", span=measured.span)
    claim = Claim(
        layer=measured.layer,
        direction=measured.direction,
        value_us=measured.value_us,
        clock_bound_us=measured.clock_bound_us,
        medium=row.medium if measured.medium == Medium.UNDISCLOSED else measured.medium,
        proven=bool(measured.file_sha256),
        measured_at=measured.measured_at,
    )
    try:
        require_consistent(layer=measured.layer, direction=measured.direction, method=measured.method)
        state = assess(claim, metres=point_of(row.a).metres_to(point_of(row.b)), at=instant)
    except Problem as problem:
        return problem
    told = {**asdict(measured), "span": row, "medium": claim.medium}
    return LatencyEvidence(tenant_id=row.tenant_id, upper_us=claim.upper_us, state=state.value, **told)


def _let_stand(records: Sequence[LatencyEvidence]) -> None:
    """Of accepted records: give each span the upper bound of its newest optical one, if that is newer than what it has."""
    moved: dict[UUID, Span] = {}
    for each in records:
        row = each.span
        newest = row.measured_at is None or row.measured_at <= each.measured_at
        if each.layer == Layer.OPTICAL and newest:
            row.measured_us, row.measured_at = each.upper_us, each.measured_at
            moved[row.id] = row
    for row in moved.values():
        row.generation += 1
    Span.objects.bulk_update(moved.values(), ["measured_us", "measured_at", "generation"])

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
from scheduling.domain.rows import COMMITMENT
from scheduling.errors.lines import UnknownSpan
from scheduling.events import EvidenceRecorded, EvidenceReviewed
from scheduling.models import EvidenceReview, LatencyEvidence, Span
from scheduling.selectors.profiles import evidence_profile
from scheduling.selectors.sites import point_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What was measured on a span or committed line (by key), how, by whom, and the digest of its report."""

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
    """Keep a measurement of one of the caller's spans or committed lines.

    Raises UnknownSpan, ImpossibleLatency; PercentileTooLow, TooFewSamples, MeasuredInFuture, MeasuredTooLongAgo by the
    profile, as ClockTooCoarse; ContradictoryEvidence, HalvedTwice where method, layer and direction do not go together.
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

    Accepted optical evidence, where it is the newest, gives a fibre's latency its upper bound, and shows that a committed
    line keeps to what it commits to: the other layers are kept and never mixed in. The spans are locked first, in one order.
    """
    assert actor.tenant_id is not None  # noqa: S101 - line providers are organisations
    mine = Span.objects.filter(key__in={each.span for each in measurements}, tenant_id=actor.tenant_id)
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

    An accepted one stands for its span as if it had been accepted at once; ImpossibleLatency where the span's ends have
    moved so far meanwhile that light itself refutes it.
    """
    span = Span.objects.select_for_update(of=("self",)).select_related("a", "b").get(id=evidence.span_id)
    row = LatencyEvidence.objects.select_related("review").get(id=evidence.id)
    decision = LIFE.after(act, row.standing)
    if decision is EvidenceState.ACCEPTED:
        assess(_claim(row, span), metres=_metres(span), at=now(), pointer=None)
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
    claim = _claim(measured, row)
    try:
        require_consistent(layer=measured.layer, direction=measured.direction, method=measured.method)
        evidence_profile().require_enough(
            method=measured.method,
            samples=measured.samples,
            percentile=measured.percentile,
            measured_at=measured.measured_at,
            at=instant,
        )
        evidence_profile().require_sharp(claim)
        state = assess(claim, metres=_metres(row), at=instant)
    except Problem as problem:
        return problem
    medium = row.medium if measured.medium == Medium.UNDISCLOSED else measured.medium
    told = {**asdict(measured), "span": row, "medium": medium}
    return LatencyEvidence(tenant_id=row.tenant_id, upper_us=claim.upper_us, state=state.value, **told)


def _claim(told: Measurement | LatencyEvidence, span: Span) -> Claim:
    return Claim(
        layer=told.layer,
        direction=told.direction,
        value_us=told.value_us,
        clock_bound_us=told.clock_bound_us,
        medium=told.medium,
        proven=bool(told.file_sha256),
        measured_at=told.measured_at,
        registered=span.medium,
        shown_us=span.measured_us,
    )


def _metres(span: Span) -> Decimal:
    return point_of(span.a).metres_to(point_of(span.b))


def _let_stand(records: Sequence[LatencyEvidence]) -> None:
    """What accepted records say of their spans, where they are optical and newer than what a span has.

    A fibre gets the upper bound. A committed line keeps its commitment, which is shown where the bound lies within it.
    """
    moved: dict[UUID, Span] = {}
    for each in records:
        row = each.span
        newest = row.measured_at is None or row.measured_at <= each.measured_at
        if each.layer != Layer.OPTICAL or not newest:
            continue
        if row.kind == COMMITMENT:
            if row.measured_us is None or each.upper_us > row.measured_us:
                continue
        else:
            row.measured_us = each.upper_us
        row.measured_at = each.measured_at
        moved[row.id] = row
    for row in moved.values():
        row.generation += 1
    Span.objects.bulk_update(moved.values(), ["measured_us", "measured_at", "generation"])

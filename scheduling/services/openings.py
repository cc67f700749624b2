"""Opening a line, step by step, until it is accepted or deemed so."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from scheduling import events
from scheduling.domain.evidence import Claim, Direction, Layer, assess
from scheduling.domain.openings import LIFE, OpeningState, Sold, after_days, after_working_days
from scheduling.models import LineOpening, LineTest, OpeningStep
from scheduling.selectors.profiles import opening_profile
from scheduling.selectors.selections import BundleFacts
from scheduling.selectors.sites import point_of

DEEM = "scheduling.deem_line"


@transaction.atomic
def open_line(*, order: UUID, facts: BundleFacts, user: UUID, actor: Actor) -> LineOpening:
    """Start the opening of an order's line; a second call for the same order changes nothing."""
    if known := LineOpening.objects.filter(order=order).first():
        return known
    days, profile = facts.line_terms["lead_days"], opening_profile()
    row = LineOpening.objects.create(
        order=order,
        provider_id=facts.line_provider,
        user_id=user,
        technology=facts.technology,
        bandwidth_mbps=facts.bandwidth_mbps,
        a_id=facts.a,
        z_id=facts.z,
        below_us=facts.below_us,
        max_loss=facts.max_loss,
        promised_days=days,
        due_at=after_days(now(), days, day_seconds=settings.DAY_SECONDS),
        day_seconds=settings.DAY_SECONDS,
        profile=profile.version,
    )
    publish(
        events.LineOpened(
            subject=row.id, tenant=user, parties=row.concerned(), order=order, provider=row.provider_id
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def survey_line(*, opening: LineOpening, actor: Actor) -> LineOpening:
    """The line provider has surveyed resources and site."""
    return _advanced(opening, "survey", actor)


@transaction.atomic
def configure_line(*, opening: LineOpening, actor: Actor) -> LineOpening:
    """The line provider has configured the circuit."""
    return _advanced(opening, "configure", actor)


@transaction.atomic
def report_test(
    *,
    opening: LineOpening,
    method: str,
    latency_us: int,
    clock_bound_us: int,
    loss: Decimal,
    samples: int,
    measured_at: datetime,
    file_sha256: str,
    actor: Actor,
) -> LineOpening:
    """Keep an end-to-end test, one way; one that meets what was sold delivers the line, another only stands there.

    Raises ImpossibleLatency, MeasuredInFuture for what cannot be.
    """
    row = _locked(opening)
    LIFE.after("deliver", row.state)
    claim = Claim(
        layer=Layer.OPTICAL,
        direction=Direction.ONE_WAY,
        value_us=latency_us,
        clock_bound_us=clock_bound_us,
        medium="",
        proven=False,
        measured_at=measured_at,
    )
    at = now()
    assess(claim, metres=point_of(row.a).metres_to(point_of(row.z)), at=at)
    met = Sold(row.below_us, row.max_loss).met_by(upper_us=claim.upper_us, loss=loss)
    LineTest.objects.create(
        opening=row,
        method=method,
        latency_us=latency_us,
        clock_bound_us=clock_bound_us,
        loss=loss,
        samples=samples,
        measured_at=measured_at,
        file_sha256=file_sha256,
        met=met,
    )
    publish(
        events.LineTested(
            subject=row.id,
            tenant=row.user_id,
            parties=row.concerned(),
            order=row.order,
            met=met,
            upper_us=claim.upper_us,
        ),
        actor=actor,
    )
    if met:
        days = opening_profile().acceptance_working_days
        row.delivered_at = at
        row.deemed_at = after_working_days(at, days, day_seconds=row.day_seconds)
        _step(row, "deliver", actor, "delivered_at", "deemed_at")
        enqueue_job(DEEM, key=f"deem:{row.id}", run_at=row.deemed_at, opening=str(row.id))
    return row


@transaction.atomic
def accept_line(*, opening: LineOpening, actor: Actor) -> LineOpening:
    """The user accepts the delivered line."""
    row = _locked(opening)
    return _accepted(row, "accept", actor)


@transaction.atomic
def deem_line(*, opening: UUID) -> None:
    """Silence has become acceptance; a line that was accepted or removed before stays as it is."""
    row = LineOpening.objects.select_for_update().get(id=opening)
    if row.state == OpeningState.DELIVERED:
        _accepted(row, "deem", SYSTEM)


@transaction.atomic
def close_line(*, order: UUID, actor: Actor) -> None:
    """The order ended: its line is removed; an order without one, or with a removed one, changes nothing."""
    row = LineOpening.objects.select_for_update().filter(order=order).first()
    if row is not None and row.state != OpeningState.REMOVED:
        _step(row, "remove", actor)


def _accepted(row: LineOpening, act: str, actor: Actor) -> LineOpening:
    row.accepted_at = Now()
    _step(row, act, actor, "accepted_at")
    publish(
        events.LineAccepted(
            subject=row.order,
            tenant=row.user_id,
            parties=row.concerned(),
            opening=row.id,
            deemed=act == "deem",
        ),
        actor=actor,
    )
    row.refresh_from_db()
    return row


def _advanced(opening: LineOpening, act: str, actor: Actor) -> LineOpening:
    row = _locked(opening)
    _step(row, act, actor)
    return row


def _locked(opening: LineOpening) -> LineOpening:
    return LineOpening.objects.select_for_update(of=("self",)).select_related("a", "z").get(id=opening.id)


def _step(row: LineOpening, act: str, actor: Actor, *fields: str) -> None:
    row.state = LIFE.after(act, row.state)
    row.advance("state", *fields)
    OpeningStep.objects.create(opening=row, act=act, state=row.state, by_user=actor.user_id)
    publish(
        events.LineAdvanced(
            subject=row.id, tenant=row.user_id, parties=row.concerned(), order=row.order, state=row.state
        ),
        actor=actor,
    )

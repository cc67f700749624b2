"""The life of a line, act by act: pre-occupied, contracted, built, tested, accepted, billed, removed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import SYSTEM, Actor
from kernel.clock import now, shanghai_date
from kernel.domain.schedules import Schedule
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from scheduling import events
from scheduling.domain.evidence import Claim, Direction, EvidenceState, Layer, assess, require_shown
from scheduling.domain.openings import (
    LIFE,
    LinePath,
    OpeningState,
    Promise,
    Sold,
    contract_act,
    paths_of,
    proven,
)
from scheduling.domain.verdicts import Verdict
from scheduling.errors.evidence import TestedBeforeConfigured, TestedBeforeContract, WhichPath
from scheduling.models import LineOpening, LineTest, OpeningStep
from scheduling.models.sites import LINE_SITES
from scheduling.selectors.carriers import require_confirmed
from scheduling.selectors.evidence import shown
from scheduling.selectors.profiles import evidence_profile, opening_profile, working_calendar
from scheduling.selectors.selections import BundleFacts
from scheduling.selectors.silence import line_silent_until, stop_of_line
from scheduling.selectors.sites import point_of
from scheduling.services.carriers import ask_confirmation, ask_hold, ask_release
from scheduling.services.line_signs import note_line

DEEM = "scheduling.deem_line"
DELIVERY = "deliver"  # the step whose day is the whole promise


@transaction.atomic
def preoccupy_line(
    *,
    order: UUID,
    facts: BundleFacts,
    user: UUID,
    held_until: datetime,
    actor: Actor,
    schedule: Schedule | None = None,
) -> LineOpening:
    """Begin the life of an order's line, whose bandwidth the ledger holds until then; of a booking it is due as that begins at the latest."""
    terms, profile, at = facts.line_terms, opening_profile(), now()
    promise = Promise(terms["lead_days"] + terms["end_days"], terms["lead_in"])
    end_class, surveyed = terms["end_class"], terms.get("surveyed", False)
    due = profile.due(
        promise,
        at,
        calendar=working_calendar(),
        day_seconds=settings.DAY_SECONDS,
        survey=contract_act(end_class, surveyed=surveyed) != "contract",
    )
    row = LineOpening(
        order=order,
        provider_id=facts.line_provider,
        user_id=user,
        use=facts.use,
        technology=facts.technology,
        bandwidth_mbps=facts.bandwidth_mbps,
        a_id=facts.a,
        protection=facts.protection,
        protection_a_id=facts.protection_a,
        z_id=facts.z,
        below_us=facts.below_us,
        max_loss=facts.max_loss,
        routes=_routes(facts),
        service=terms.get("service"),
        end_class=end_class or "",
        surveyed=surveyed,
        held_until=held_until,
        promised_days=promise.days,
        promised_in=promise.counted,
        schedule=schedule.document() if schedule else None,
        day_seconds=settings.DAY_SECONDS,
        profile=profile.version,
    )
    _promise(row, due)
    row.save(force_insert=True)
    OpeningStep.objects.create(opening=row, act="preoccupy", state=row.state, by_user=actor.user_id)
    publish(
        events.LinePreoccupied(
            subject=row.id,
            tenant=user,
            parties=row.concerned(),
            order=order,
            provider=row.provider_id,
            held_until=held_until,
        ),
        actor=actor,
    )
    ask_hold(opening=row, until=held_until, actor=actor)
    return row


@transaction.atomic
def preoccupy_until(*, order: UUID, until: datetime) -> None:
    """The order is held for longer, or its carrier keeps the line less long: its pre-occupation ends then."""
    row = LineOpening.objects.select_for_update().get(order=order)
    row.held_until = until
    row.advance("held_until")


@transaction.atomic
def contract_line(*, order: UUID, actor: Actor) -> None:
    """The order became a contract: the promised days run from now, and where its A end has to be built, it is surveyed first.

    Raises CarrierNotReady where the carrier is asked by its own interface, and its pre-occupation does not stand.
    """
    ask_confirmation(order=order, actor=actor)
    row = LineOpening.objects.select_for_update().get(order=order)
    row.contracted_at = at = now()
    act = contract_act(row.end_class or None, surveyed=row.surveyed)
    due = opening_profile().due(
        Promise(row.promised_days, row.promised_in),
        at,
        calendar=working_calendar(),
        day_seconds=row.day_seconds,
        survey=act != "contract",
    )
    _promise(row, due)
    row.held_until = None
    _step(row, act, actor, "contracted_at", "due", "due_at", "held_until")
    publish(
        events.LineOpened(
            subject=row.id, tenant=row.user_id, parties=row.concerned(), order=order, provider=row.provider_id
        ),
        actor=actor,
    )


@transaction.atomic
def survey_opening(*, opening: LineOpening, cable_m: int, note: str, actor: Actor) -> LineOpening:
    """The line provider has surveyed the A end, which can be built as promised; `cable_m` is what it measured.

    Raises StateConflict; CarrierNotReady until the carrier has confirmed the line, where it is asked by its own interface.
    """
    row = _confirmed(opening, "survey")
    row.surveyed, row.survey = True, {"cable_m": cable_m, "note": note}
    _step(row, "survey", actor, "surveyed", "survey")
    return row


@transaction.atomic
def decline_opening(*, opening: LineOpening, reason: str, actor: Actor) -> LineOpening:
    """The line provider has surveyed the A end, and cannot build it: the order goes back, and all that it held."""
    row = _locked(opening)
    row.reason, row.removed_at = reason, now()
    _step(row, "decline", actor, "reason", "removed_at")
    ask_release(order=row.order, actor=actor)
    publish(
        events.LineDeclined(subject=row.order, tenant=row.user_id, parties=row.concerned(), opening=row.id),
        actor=actor,
    )
    return row


@transaction.atomic
def take_on_line(*, opening: LineOpening, actor: Actor) -> LineOpening:
    """The line provider takes the contracted line on, to build it.

    Raises StateConflict; CarrierNotReady until the carrier has confirmed the line, where it is asked by its own interface.
    """
    row = _confirmed(opening, "take_on")
    _step(row, "take_on", actor)
    return row


@transaction.atomic
def configure_line(*, opening: LineOpening, actor: Actor) -> LineOpening:
    """The line provider has configured the circuit."""
    row = _locked(opening)
    _step(row, "configure", actor)
    return row


@transaction.atomic
def report_test(
    *,
    opening: LineOpening,
    path: str | None,
    method: str,
    latency_us: int,
    clock_bound_us: int,
    loss: Decimal,
    samples: int,
    measured_at: datetime,
    file_sha256: str,
    actor: Actor,
) -> LineOpening:
    """Keep an end-to-end test of a path, one way; the line is delivered once the one of each path that was measured last meets what was sold.

    Of a pair the `path` is named, and no test of it is faster than light from where it begins, nor than light in silica
    where accepted evidence does not show hollow core. Raises WhichPath; TestedBeforeConfigured, TestedBeforeContract;
    ImpossibleLatency, MeasuredInFuture, FasterThanShown; TooFewSamples, MeasuredTooLongAgo by the profile of evidence.
    """
    row = _locked(opening)
    LIFE.after("deliver", row.state)
    paths = paths_of(row.protection)
    tested = path or (LinePath.WORKING if len(paths) == 1 else "")
    if tested not in paths:
        raise WhichPath(pointer="/path", paths=", ".join(paths))
    claim = Claim(
        layer=Layer.OPTICAL,
        direction=Direction.ONE_WAY,
        value_us=latency_us,
        clock_bound_us=clock_bound_us,
        medium="",
        proven=False,
        measured_at=measured_at,
    )
    at, configured = now(), row.steps.filter(act="configure").latest("at").at
    if shanghai_date(measured_at) < shanghai_date(configured):
        raise TestedBeforeConfigured(pointer="/measured_at", day=shanghai_date(configured).isoformat())
    if row.contracted_at is not None and measured_at < row.contracted_at:
        raise TestedBeforeContract(pointer="/measured_at", contracted_at=row.contracted_at.isoformat())
    begin = row.a if tested == LinePath.WORKING else row.protection_a or row.a
    state = assess(claim, metres=point_of(begin).metres_to(point_of(row.z)), at=at, pointer="/latency_us")
    if state is not EvidenceState.ACCEPTED:
        require_shown(latency_us, shown(row.route(tested)))
    evidence_profile().require_enough(
        method=method, samples=samples, percentile=None, measured_at=measured_at, at=at
    )
    verdict = Sold(row.below_us, row.max_loss).judged(
        lower_us=claim.lower_us, upper_us=claim.upper_us, loss=loss
    )
    met = verdict is Verdict.PASS
    LineTest.objects.create(
        opening=row,
        path=tested,
        method=method,
        latency_us=latency_us,
        clock_bound_us=clock_bound_us,
        loss=loss,
        samples=samples,
        measured_at=measured_at,
        file_sha256=file_sha256,
        met=met,
        missed=verdict is Verdict.FAIL,
    )
    note_line(provider=row.provider_id, technology=row.technology, sign="line_test", seen_at=measured_at)
    publish(
        events.LineTested(
            subject=row.id,
            tenant=row.user_id,
            parties=row.concerned(),
            order=row.order,
            met=met,
            upper_us=claim.upper_us,
            path=tested,
        ),
        actor=actor,
    )
    # What was measured last counts, however late it is reported.
    tests = row.tests.order_by("measured_at", "created_at", "id")
    if proven(row.protection, tests.values_list("path", "met")):
        row.delivered_at, row.deemed_at = at, line_silent_until(row, at)
        _step(row, "deliver", actor, "delivered_at", "deemed_at")
        _enqueue_deem(row)
    return row


@transaction.atomic
def accept_line(*, opening: LineOpening, actor: Actor) -> LineOpening:
    """The user accepts the delivered line."""
    row = _locked(opening)
    return _accepted(row, "accept", actor)


@transaction.atomic
def deem_line(*, opening: UUID) -> None:
    """Silence has become acceptance; a line that was accepted or removed before stays as it is.

    While an instruction to anybody but its user stops it, nobody can look at it: its time begins anew as that ends.
    """
    row, at = LineOpening.objects.select_for_update().get(id=opening), now()
    if row.state != OpeningState.DELIVERED or row.deemed_at is None or row.deemed_at > at:
        return
    if stop := stop_of_line(row, at):
        row.deemed_at = max(row.deemed_at, line_silent_until(row, stop.until or at))
        if row.deemed_at > at:
            row.advance("deemed_at")
            _enqueue_deem(row)
            return
    _accepted(row, "deem", SYSTEM)


@transaction.atomic
def bill_line(*, order: UUID, at: datetime, actor: Actor) -> None:
    """The order's line is billed from then on, and in service; one that is not accepted is not billed."""
    row = LineOpening.objects.select_for_update().get(order=order)
    if row.accepted_at is not None:
        row.billed_at = at
        _step(row, "bill", actor, "billed_at")


@transaction.atomic
def note_switch(*, order: UUID, bandwidth_mbps: int, moved: BundleFacts | None, actor: Actor) -> None:
    """The line was switched to another rate, or to the bundle that it `moved` to: where it begins, what it is for, and what it is sold as."""
    row = LineOpening.objects.select_for_update().get(order=order)
    row.bandwidth_mbps = bandwidth_mbps
    if moved is not None:
        row.a_id, row.protection_a_id = moved.begins
        row.use = moved.use
        row.below_us, row.max_loss, row.routes = moved.below_us, moved.max_loss, _routes(moved)
    row.advance("bandwidth_mbps", "a", "protection_a", "use", "below_us", "max_loss", "routes")
    OpeningStep.objects.create(opening=row, act="switch", state=row.state, by_user=actor.user_id)
    publish(
        events.LineAdvanced(
            subject=row.id, tenant=row.user_id, parties=row.concerned(), order=row.order, state=row.state
        ),
        actor=actor,
    )


@transaction.atomic
def close_line(*, order: UUID, actor: Actor) -> None:
    """The order ended: what was only pre-occupied is released, a contracted line is removed; once more changes nothing."""
    row = LineOpening.objects.select_for_update().filter(order=order).first()
    if row is None or row.state in LIFE.terminal:
        return
    ask_release(order=order, actor=actor)
    if row.state == OpeningState.PREOCCUPIED:
        row.held_until = None
        _step(row, "release", actor, "held_until")
    else:
        row.removed_at = now()
        _step(row, "remove", actor, "removed_at")


def _enqueue_deem(row: LineOpening) -> None:
    enqueue_job(DEEM, key=f"deem:{row.id}:{row.generation}", run_at=row.deemed_at, opening=str(row.id))


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


def _routes(facts: BundleFacts) -> dict[str, list[str]]:
    """The spans of each path of a bundle's line, as an opening keeps them."""
    spans = (facts.spans, facts.protection_spans)
    return {path: list(map(str, each)) for path, each in zip(LinePath, spans, strict=True)}


def _promise(row: LineOpening, due: dict[str, datetime]) -> None:
    """When each step is due: of a booking as its first window begins at the latest."""
    begins = [each.start for each in row.windows[:1]]
    by = {act: min([at, *begins]) for act, at in due.items()}
    row.due, row.due_at = [(act, at.isoformat()) for act, at in by.items()], by[DELIVERY]


def _confirmed(opening: LineOpening, act: str) -> LineOpening:
    """The opening, locked, where it stands so that the act may follow and its carrier has confirmed the line."""
    row = _locked(opening)
    LIFE.after(act, row.state)
    require_confirmed(row.order)
    return row


def _locked(opening: LineOpening) -> LineOpening:
    return LineOpening.objects.select_for_update(of=("self",)).select_related(*LINE_SITES).get(id=opening.id)


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

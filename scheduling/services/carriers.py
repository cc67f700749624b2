"""Asking carriers by their own interfaces: what is asked is written down first, and asked until it is known."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.egress import check_url
from kernel.models.jobs import Job
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified
from scheduling import events
from scheduling.adapters.carriers import ADAPTERS
from scheduling.domain.carriers import (
    LIFE,
    RAN_OUT,
    SKEW,
    VERBS,
    CarrierPort,
    CarrierRefusedError,
    CarrierSilentError,
    CarrierState,
    LineAsk,
    LineWord,
    is_yes,
    kept_until,
)
from scheduling.errors.lines import NoLineInterface, UnknownSite
from scheduling.models import CarrierLine, LineInterface, LineOpening, LineProvider, LineQuote, Site
from scheduling.models.sites import LINE_SITES
from scheduling.selectors.carriers import asks, booked_windows_of, interface_of, not_ready
from scheduling.selectors.selections import Begins, BundleFacts
from scheduling.services.carrier_words import why_unbelievable
from scheduling.services.line_signs import note_line

CALL = "scheduling.call_carrier"
PATIENCE = timedelta(minutes=15)  # how long an enquiry waits for its answer
S = CarrierState


@transaction.atomic
def register_interface(*, adapter: str, url: str, active: bool, actor: Actor) -> LineInterface:
    """From now on the caller is asked there for each of its lines. Raises NotCertified, CallbackRefused."""
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - a certified party is an organisation
    check_url(url, pointer="/url")
    row = LineInterface.objects.create(tenant_id=actor.tenant_id, adapter=adapter, url=url, active=active)
    publish(events.LineInterfaceRegistered(subject=row.id, tenant=row.tenant_id, active=active), actor=actor)
    return row


@transaction.atomic
def enquire_line(
    *,
    line_provider: str,
    a: str,
    z: str,
    bandwidth_mbps: int,
    technology: str,
    protection: str,
    protection_a: str | None,
    actor: Actor,
) -> CarrierLine:
    """Ask a carrier whether a line can be had, and how; the answer comes later. Raises NoLineInterface, UnknownSite."""
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    provider = LineProvider.objects.filter(key=line_provider).first()
    if provider is None or not asks(provider.tenant_id):
        raise NoLineInterface(pointer="/line_provider", line_provider=line_provider)
    named = {"a": a, "z": z} | ({"protection_a": protection_a} if protection_a else {})
    sites = {row.key: row for row in Site.objects.listed().filter(key__in=named.values())}
    for name, key in named.items():
        if key not in sites:
            raise UnknownSite(pointer=f"/{name}", site=key)
    return _asked(
        actor,
        provider_id=provider.tenant_id,
        user_id=actor.tenant_id,
        **{name: sites[key] for name, key in named.items()},
        protection=protection,
        bandwidth_mbps=bandwidth_mbps,
        technology=technology,
        wanted_until=now() + PATIENCE,
    )


@transaction.atomic
def ask_hold(*, opening: LineOpening, until: datetime, actor: Actor) -> None:
    """Ask the carrier of an order's line to pre-occupy it; not one without an interface, nor one that keeps it already."""
    if not asks(opening.provider_id) or CarrierLine.objects.filter(order=opening.order).exists():
        return
    _asked(
        actor,
        provider_id=opening.provider_id,
        user_id=opening.user_id,
        order=opening.order,
        a_id=opening.a_id,
        protection=opening.protection,
        protection_a_id=opening.protection_a_id,
        z_id=opening.z_id,
        bandwidth_mbps=opening.bandwidth_mbps,
        technology=opening.technology,
        state=S.HOLDING,
        wanted_until=until,
    )


@transaction.atomic
def ask_quote_hold(*, quote: LineQuote, facts: BundleFacts, until: datetime, actor: Actor) -> bool:
    """Ask the carrier of a quote's line to pre-occupy it; False where it has no interface to be asked by."""
    if not asks(quote.provider_id):
        return False
    _asked(
        actor,
        provider_id=quote.provider_id,
        user_id=quote.user_id,
        line_quote=quote,
        a_id=facts.a,
        protection=facts.protection,
        protection_a_id=facts.protection_a,
        z_id=facts.z,
        bandwidth_mbps=facts.bandwidth_mbps,
        technology=facts.technology,
        state=S.HOLDING,
        wanted_until=until,
    )
    return True


@transaction.atomic
def hand_over_hold(*, quote: UUID, order: UUID) -> None:
    """What the carrier keeps for a quote is the order's from now on, under the same key and with the same expiry."""
    for row in _all_locked(Q(line_quote=quote, order=None, state=S.HELD)):
        row.order = order
        row.advance("order")


@transaction.atomic
def drop_quote_hold(*, quote: UUID, actor: Actor) -> None:
    """The quote's pre-occupation is over: whatever its carrier keeps for it, or may keep, is let go."""
    _let_go(Q(line_quote=quote, order=None), actor)


@transaction.atomic
def ask_change(
    *, order: UUID, change: UUID, begins: Begins, bandwidth_mbps: int, until: datetime, actor: Actor
) -> None:
    """Ask the carrier of a running line to pre-occupy another in its place; orders whose carrier was not asked pass.

    Raises CarrierNotReady unless the carrier has confirmed the line that runs.
    """
    rows = list(_all_locked(Q(order=order)))
    if not rows:
        return
    running = next((row for row in rows if row.state == S.CONFIRMED), rows[0])
    _require(running, S.CONFIRMED)
    a, protection_a = begins
    _asked(
        actor,
        provider_id=running.provider_id,
        user_id=running.user_id,
        order=order,
        change=change,
        replaces=running,
        a_id=a,
        protection=running.protection,
        protection_a_id=protection_a,
        z=running.z,
        bandwidth_mbps=bandwidth_mbps,
        technology=running.technology,
        state=S.HOLDING,
        wanted_until=until,
    )


@transaction.atomic
def ask_confirmation(*, order: UUID, actor: Actor, change: UUID | None = None) -> None:
    """The order, or a change of its line, becomes a contract: ask its carrier to confirm.

    Raises CarrierNotReady unless the carrier's pre-occupation stands now; orders whose carrier was not asked pass.
    """
    row = _all_locked(Q(order=order, change=change)).first()
    if row is None:
        return
    _require(row, S.HELD)
    if row.expires_at is None or row.expires_at <= now():
        raise not_ready(row, S.HELD)
    _step(row, "ask_confirmation", actor)
    _ask(row)


@transaction.atomic
def replace_line(*, change: UUID, actor: Actor) -> None:
    """The line was switched: what its carrier keeps for the one before is let go. Raises CarrierNotReady before its yes."""
    row = _all_locked(Q(change=change)).first()
    if row is not None:
        _require(row, S.CONFIRMED)
        assert row.replaces_id is not None  # noqa: S101 - the line of a change
        _let_go(Q(id=row.replaces_id), actor)


@transaction.atomic
def ask_release(*, order: UUID, actor: Actor) -> None:
    """The order ended: whatever its carrier keeps for it, or may keep, is let go."""
    _let_go(Q(order=order), actor)


@transaction.atomic
def drop_change(*, change: UUID, actor: Actor) -> None:
    """Nothing comes of the change: whatever the carrier keeps for it, or may keep, is let go."""
    _let_go(Q(change=change), actor)


def call_carrier(*, line: UUID) -> None:
    """Call the verb that is pending, once, with no transaction open; raises CarrierSilentError where nothing is known.

    The job then asks again under the same key. What was pre-occupied without our knowing runs out by itself.
    """
    row = CarrierLine.objects.select_related(*LINE_SITES).get(id=line)
    verb = VERBS.get(row.state)
    interface = interface_of(row.provider_id)
    if verb is None or interface is None:
        return
    ask = LineAsk(
        a=row.a.key,
        z=row.z.key,
        bandwidth_mbps=row.bandwidth_mbps,
        technology=row.technology,
        protection=row.protection,
        protection_a=row.protection_a.key if row.protection_a else None,
        replaces=row.replaces_id,
        windows=() if row.order is None else booked_windows_of(row.order),
    )
    port: CarrierPort = ADAPTERS[interface.adapter](interface.url)
    said: Any = None
    no: str | None = None
    try:
        match verb:
            case "query":
                said = port.query(row.id, ask)
            case "preoccupy":
                said = port.preoccupy(row.id, ask, row.wanted_until)
            case "confirm":
                port.confirm(row.id, ask.windows)
            case _:
                port.release(row.id)
    except CarrierRefusedError as refusal:
        no = str(refusal)
    except CarrierSilentError as silence:
        _note_silence(row, str(silence))
        raise
    _settle(row, said, no)


@transaction.atomic
def review_carrier_lines() -> None:
    """What no call has settled: pre-occupations that ran out end, and everything still pending is asked again."""
    at = now()
    due = CarrierLine.objects.filter(state__in=[S.ASKING, S.HOLDING], wanted_until__lte=at - SKEW)
    over = CarrierLine.objects.filter(state=S.HELD, expires_at__lte=at)
    for row in (due | over).select_for_update(skip_locked=True):
        _give_up(row, "expire", RAN_OUT[row.state])
    open_jobs = Job.objects.filter(name=CALL, done_at=None, dead_at=None)
    called = {UUID(args["line"]) for args in open_jobs.values_list("args", flat=True)}
    forgotten = CarrierLine.objects.filter(state__in=list(VERBS)).exclude(id__in=called)
    for row in forgotten.select_for_update(skip_locked=True):
        _ask(row)


@transaction.atomic
def _settle(asked: CarrierLine, said: Any, no: str | None) -> None:
    """Write down what the carrier has said, unless the line went on meanwhile."""
    row = _all_locked(Q(id=asked.id)).get()
    if row.state != asked.state:
        return  # asked to let it go meanwhile: that call is on its way, under the same key
    row.attempts += 1
    match row.state:
        case S.RELEASING:
            _step(row, "release", SYSTEM, "attempts")
        case _ if no is not None:
            _give_up(row, "refuse", no)
        case S.ASKING:
            _answer(row, said)
        case S.HOLDING:
            row.expires_at = kept_until(said, wanted=row.wanted_until, at=now())
            if row.expires_at is None:
                _give_up(row, "refuse", "expires_at is over already 预占期已过")
            else:
                _step(row, "hold", SYSTEM, "attempts", "expires_at")
        case _:
            _step(row, "confirm", SYSTEM, "attempts")
    if is_yes(row.state, row.word):
        note_line(provider=row.provider_id, technology=row.technology, sign="carrier", seen_at=now())


def _answer(row: CarrierLine, word: LineWord) -> None:
    """Keep the word, unless it cannot be believed."""
    if why := why_unbelievable(row, word):
        _give_up(row, "refuse", why)
        return
    row.word = {
        name: value if value is None or isinstance(value, bool | int) else str(value)
        for name, value in asdict(word).items()
    }
    _step(row, "answer", SYSTEM, "attempts", "word")


def _give_up(row: CarrierLine, act: str, reason: str) -> None:
    """The carrier keeps nothing (any more): who ordered, or asked for the change, hears of it."""
    row.reason = reason[:200]
    _step(row, act, SYSTEM, "attempts", "reason")
    if row.order is not None and row.change is not None:
        publish(
            events.CarrierChangeLost(
                subject=row.change,
                tenant=row.user_id,
                parties=row.concerned(),
                line=row.id,
                order=row.order,
            ),
            actor=SYSTEM,
        )
    elif row.order is not None:
        publish(
            events.CarrierLineLost(
                subject=row.order, tenant=row.user_id, parties=row.concerned(), line=row.id
            ),
            actor=SYSTEM,
        )


@transaction.atomic
def _note_silence(asked: CarrierLine, reason: str) -> None:
    row = _all_locked(Q(id=asked.id)).get()
    if row.state == asked.state:
        row.attempts, row.reason = row.attempts + 1, reason[:200]
        row.advance("attempts", "reason")


def _asked(actor: Actor, **facts: Any) -> CarrierLine:
    row = CarrierLine.objects.create(**facts)
    _ask(row)
    publish(_moved(row), actor=actor)
    return row


def _ask(row: CarrierLine) -> None:
    """Have the pending verb called; asking twice is harmless, since the key is the line's."""
    enqueue_job(CALL, key=f"{row.id}:{row.state}:{uuid4()}", lane=row.provider_id, line=str(row.id))


def _all_locked(which: Q) -> QuerySet[CarrierLine]:
    """Lines from the oldest on, locked in that order."""
    rows = CarrierLine.objects.select_for_update(of=("self",)).select_related(*LINE_SITES)
    return rows.filter(which).order_by("id")


def _let_go(which: Q, actor: Actor) -> None:
    for row in _all_locked(which & Q(state__in=LIFE.acts["ask_release"][0])):
        _step(row, "ask_release", actor)
        _ask(row)


def _require(row: CarrierLine, state: CarrierState) -> None:
    if row.state != state:
        raise not_ready(row, state)


def _step(row: CarrierLine, act: str, actor: Actor, *fields: str) -> None:
    row.state = LIFE.after(act, row.state)
    row.advance("state", *fields)
    publish(_moved(row), actor=actor)


def _moved(row: CarrierLine) -> events.CarrierLineMoved:
    return events.CarrierLineMoved(
        subject=row.id, tenant=row.user_id, parties=row.concerned(), state=row.state, order=row.order
    )

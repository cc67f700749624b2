"""A carrier's word on a line: given, made firm by a survey, pre-occupied, let go, and taken over by an order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from aggregation.selectors.offers import lots
from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.errors import NotFound
from kernel.money import to_fen
from kernel.objects import canonical_json
from kernel.services import capacity
from kernel.services.hold_accounts import forgive_lapse
from kernel.services.outbox import publish
from nodes.services.signatures import sign_text
from scheduling import events
from scheduling.domain.carriers import CarrierState
from scheduling.domain.line_quotes import (
    KEEPING,
    LIFE,
    LineQuoteState,
    QuoteKind,
    allows,
    good_until,
    kind_of,
    standing,
)
from scheduling.domain.serviceability import conditions
from scheduling.errors.lines import LineQuoteExpired, LineQuoteMismatch, LineQuoteNotFirm
from scheduling.models import CarrierLine, LineQuote
from scheduling.selectors import selections
from scheduling.selectors.ends import enters
from scheduling.selectors.profiles import hold_profile, line_quote_profile
from scheduling.selectors.selections import BundleFacts
from scheduling.services import carriers
from scheduling.services.gate import require_line, require_tariff
from scheduling.services.holds import line_quantities
from scheduling.services.schedules import require_rented
from scheduling.services.shortages import naming_parts


@transaction.atomic
def quote_line(*, selection: UUID, bundle: int, kind: str, actor: Actor) -> LineQuote:
    """Quote the line of a bundle of the caller's; what depends on anything is quoted on the condition of a survey.

    Raises NotFound for another's selection, ScheduleUnpriced for fewer hours than the bundle's offer is rented for, LineNotSellable,
    LineChanged, PriceChanged where the tariff moved since the selection.
    """
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    facts = selections.bundle(selection, bundle)
    if facts.tenant != actor.tenant_id:
        raise NotFound(pointer="/selection")
    require_rented(facts, lots([facts.offer])[facts.offer].min_hours)
    require_line(facts)
    require_tariff(facts)
    ends = [facts.centre] if facts.from_centre is None else [facts.from_centre, facts.centre]
    depends = conditions(
        facts.line_terms["end_class"],
        exact=facts.place_exact,
        entered=all(enters(facts.line_provider, centre) for centre in ends),
    )
    row = _signed(
        facts=facts,
        kind=kind_of(kind, depends),
        selection=selection,
        bundle=bundle,
        terms=facts.line_terms,
        line_fen=facts.line_fen,
        follows=None,
    )
    publish(_given(row), actor=actor)
    return row


@transaction.atomic
def survey_line(*, quote: LineQuote, one_off_cny: Decimal, days: int, actor: Actor) -> LineQuote:
    """The carrier has surveyed what a conditional quote waits for: its firm word, with what building costs and takes.

    `one_off_cny` comes on top of the tariff's, for each circuit, in the place of what the class of the end asks; `days` in
    all take the place of the promised ones.
    Raises StateConflict, LineQuoteNotFirm where the kind knows no survey, LineQuoteExpired, LineNotSellable, LineChanged.
    """
    row = _acting(quote, "survey")
    facts = selections.bundle(row.selection, row.bundle)
    require_line(facts)
    more = one_off_cny - Decimal(row.terms.get("end_one_off_cny", 0))
    terms = row.terms | {
        "one_off_cny": str(Decimal(row.terms["one_off_cny"]) + more),
        "end_one_off_cny": str(one_off_cny),
        "lead_days": days,
        "end_days": 0,
        "surveyed": True,
    }
    firm = _signed(
        facts=facts,
        kind=QuoteKind.FIRM,
        selection=row.selection,
        bundle=row.bundle,
        terms=terms,
        line_fen=row.line_fen + to_fen(more * row.terms["circuits"]),
        follows=row,
    )
    row.state = LIFE.after("survey", row.state)
    row.advance("state")
    publish(_given(firm), actor=actor)
    return firm


@transaction.atomic
def decline_line(*, quote: LineQuote, reason: str, actor: Actor) -> LineQuote:
    """The carrier has surveyed, and cannot build it."""
    row = _acting(quote, "decline")
    row.reason = reason
    return _moved(row, "decline", actor, "reason")


@transaction.atomic
def hold_line(*, quote: LineQuote, actor: Actor) -> LineQuote:
    """Pre-occupy the bandwidth on every span of a firm quote, until its profile's hours are over.

    A carrier with an interface of its own is asked for it: the quote is `holding` until that one's yes, whose expiry counts.
    Raises StateConflict, LineQuoteNotFirm, LineQuoteExpired, SoldOut, LineNotSellable, LineChanged, HoldQuotaReached, HoldsLapse.
    """
    row = _acting(quote, "hold")
    facts = selections.bundle(row.selection, row.bundle)
    capacity.forget(bundle=row.id)  # a word that an order returned may have been pre-occupied before
    with naming_parts(facts):
        until = capacity.hold(
            bundle=row.id,
            tenant=row.user_id,
            quantities=line_quantities(facts),
            ttl=line_quote_profile().hold,
            quota=hold_profile().quota,
        )
    require_line(facts)
    if carriers.ask_quote_hold(quote=row, facts=facts, until=until, actor=actor):
        return _moved(row, "ask_hold", actor)
    row.held_until = until
    return _moved(row, "hold", actor, "held_until")


@transaction.atomic
def release_line(*, quote: LineQuote, actor: Actor) -> LineQuote:
    """The user lets the pre-occupation go, or takes back that it was asked for."""
    return _lapse(_acting(quote, "release"), actor)


@transaction.atomic
def follow_carrier(*, line: UUID) -> None:
    """A line went on at its carrier: the quote that it is kept for is held on the yes, refused on the no, and over with it.

    Lines that are kept for no quote (any more) change nothing.
    """
    quotes = CarrierLine.objects.filter(id=line, order=None).values("line_quote")
    row = LineQuote.objects.select_for_update().filter(id__in=quotes, state__in=KEEPING).first()
    if row is None:
        return
    asked = CarrierLine.objects.filter(line_quote=row).latest("id")
    match row.state, asked.state:
        case LineQuoteState.HOLDING, CarrierState.HELD:
            row.held_until = asked.expires_at
            _moved(row, "keep", SYSTEM, "held_until")
        case LineQuoteState.HOLDING, CarrierState.REFUSED:
            capacity.release(bundle=row.id, lapsed=False)
            row.reason = asked.reason
            _moved(row, "refuse", SYSTEM, "reason")
        case _, CarrierState.EXPIRED:
            row.reason = asked.reason
            _lapse(row, SYSTEM, lapsed=row.state == LineQuoteState.HELD)


def word_on(*, quote: UUID, selection: UUID, bundle: int, facts: BundleFacts) -> tuple[BundleFacts, datetime]:
    """The bundle's facts with the line as a firm quote has it, and until when it may be ordered so.

    Raises NotFound for another's, LineQuoteMismatch, LineQuoteNotFirm, StateConflict, LineQuoteExpired.
    """
    return _worded(LineQuote.objects.filter(id=quote).first(), selection, bundle, facts)


def has_word(selection: UUID, bundle: int) -> bool:
    """Whether a carrier keeps to a price of the bundle's line, firm or on the condition of a survey."""
    words = LineQuote.objects.filter(selection=selection, bundle=bundle, valid_until__gt=now())
    return words.exclude(kind=QuoteKind.BUDGETARY).exists()


@transaction.atomic
def take_over_word(
    *, quote: UUID, selection: UUID, bundle: int, facts: BundleFacts, order: UUID, actor: Actor
) -> tuple[BundleFacts, bool]:
    """Let an order of its user's go on with a firm quote; the facts as it has them, and whether it keeps the line.

    Raises what `word_on` does.
    """
    row = LineQuote.objects.select_for_update().filter(id=quote).first()
    worded, _ = _worded(row, selection, bundle, facts)
    assert row is not None  # noqa: S101 - else it is not found
    kept = row.state == LineQuoteState.HELD and row.held_until is not None and row.held_until > now()
    if kept:
        carriers.hand_over_hold(quote=row.id, order=order)
    elif row.state == LineQuoteState.HELD:  # it is over, though nobody has seen to it yet
        capacity.release(bundle=row.id)
        carriers.drop_quote_hold(quote=row.id, actor=actor)
    row.order, row.held_until = order, None
    _moved(row, "order", actor, "order", "held_until")
    return worded, kept


@transaction.atomic
def return_word(*, order: UUID, actor: Actor) -> None:
    """The order never became a contract: the word that it took over may be ordered again, while it is valid."""
    row = LineQuote.objects.select_for_update().filter(order=order).first()
    if row is not None:
        row.order = None
        _moved(row, "return", actor, "order")


def _worded(
    row: LineQuote | None, selection: UUID, bundle: int, facts: BundleFacts
) -> tuple[BundleFacts, datetime]:
    if row is None or row.user_id != facts.tenant:
        raise NotFound(pointer="/line_quote")
    if (row.selection, row.bundle) != (selection, bundle):
        raise LineQuoteMismatch(pointer="/line_quote", line_quote=row.id)
    _require_allowed(row, "order", pointer="/line_quote")
    LIFE.after("order", row.state)
    until = good_until(row.state, valid_until=row.valid_until, held_until=row.held_until)
    if until <= now():
        raise LineQuoteExpired(pointer="/line_quote", valid_until=until.isoformat())
    total = facts.compute_fen + row.line_fen
    return replace(facts, line_fen=row.line_fen, total_fen=total, line_terms=row.terms), until


@transaction.atomic
def lapse_line_hold(*, quote: UUID) -> None:
    """The pre-occupation ran out; holds that are no line quote's, or went on, are left as they are."""
    row = LineQuote.objects.select_for_update().filter(id=quote, state__in=KEEPING).first()
    if row is not None:
        if row.state == LineQuoteState.HOLDING:
            forgive_lapse(tenant=row.user_id)
        _lapse(row, SYSTEM)


def _lapse(row: LineQuote, actor: Actor, *, lapsed: bool = True) -> LineQuote:
    """Nothing is pre-occupied any more, neither in the ledger nor at a carrier; it was not its user who was silent where it has not `lapsed`."""
    capacity.release(bundle=row.id, lapsed=lapsed)
    carriers.drop_quote_hold(quote=row.id, actor=actor)
    row.held_until = None
    return _moved(row, "release", actor, "held_until", "reason")


def _signed(
    *,
    facts: BundleFacts,
    kind: QuoteKind,
    selection: UUID,
    bundle: int,
    terms: Mapping[str, Any],
    line_fen: int,
    follows: LineQuote | None,
) -> LineQuote:
    profile = line_quote_profile()
    row = LineQuote(
        provider_id=facts.line_provider,
        user_id=facts.tenant,
        selection=selection,
        bundle=bundle,
        kind=kind,
        use=facts.use,
        follows=follows,
        terms=dict(terms),
        line_fen=line_fen,
        promised_days=terms["lead_days"] + terms["end_days"],
        valid_until=now() + profile.validity[kind],
        profile=profile.version,
    )
    row.document = canonical_json(
        {
            "kind": "line_quote",
            "line_quote": str(row.id),
            "word": kind.value,
            "node": settings.NODE_CODE,
            "line_provider": str(row.provider_id),
            "user": str(row.user_id),
            "selection": str(selection),
            "bundle_index": bundle,
            "technology": facts.technology,
            "bandwidth_mbps": facts.bandwidth_mbps,
            "a": str(facts.a),
            "protection": facts.protection,
            "protection_a": str(facts.protection_a) if facts.protection_a else None,
            "z": str(facts.z),
            "below_us": facts.below_us,
            "terms": row.terms,
            "line_fen": line_fen,
            "promised_days": row.promised_days,
            "follows": str(follows.id) if follows else None,
            "valid_until": row.valid_until.isoformat(),
        }
    )
    row.digest, row.signature, row.key_id = sign_text(row.document)
    row.save(force_insert=True)
    return row


def _acting(quote: LineQuote, act: str) -> LineQuote:
    """The row, locked, where its kind, its state and its date let the act happen."""
    row = LineQuote.objects.select_for_update().get(id=quote.id)
    _require_allowed(row, act)
    LIFE.after(act, standing(row.state, held_until=row.held_until, at=now()))
    if act != "release" and row.valid_until <= now():
        raise LineQuoteExpired(valid_until=row.valid_until.isoformat())
    return row


def _require_allowed(row: LineQuote, act: str, pointer: str = "") -> None:
    if not allows(row.kind, act):
        kind = QuoteKind(row.kind).label
        raise LineQuoteNotFirm(pointer=pointer, kind_zh=kind.zh, kind_en=kind.en.lower(), act=act)


def _moved(row: LineQuote, act: str, actor: Actor, *fields: str) -> LineQuote:
    row.state = LIFE.after(act, row.state)
    row.advance("state", *fields)
    publish(
        events.LineQuoteMoved(subject=row.id, tenant=row.user_id, parties=row.concerned(), state=row.state),
        actor=actor,
    )
    return row


def _given(row: LineQuote) -> events.LineQuoted:
    return events.LineQuoted(
        subject=row.id,
        tenant=row.user_id,
        parties=row.concerned(),
        kind=row.kind,
        line_fen=row.line_fen,
        valid_until=row.valid_until,
    )

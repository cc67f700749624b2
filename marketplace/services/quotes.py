"""Quoting a bundle: a firm price, signed, for half an hour of the database's clock; and the order that its text makes."""

import json
from uuid import UUID

from django.conf import settings
from django.db import transaction

from aggregation.selectors import offers
from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.schedules import Schedule
from kernel.errors import NotFound
from kernel.locks import Lock, take_lock
from kernel.objects import canonical_json
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.quotes import VALIDITY, plain
from marketplace.errors import QuoteAltered, QuoteExpired, QuoteUsed, StorageNotQuoted, UnknownReference
from marketplace.models import Order, Quote
from nodes.services.signatures import is_ours, sign_text
from scheduling.selectors import selections
from scheduling.services.holds import require_gates
from scheduling.services.line_quotes import word_on
from scheduling.services.prices import at_prices_of_now, require_prices
from scheduling.services.reservations import require_kept
from scheduling.services.schedules import latest_order, require_bookable, require_rented, schedule_asked


@transaction.atomic
def issue_quote(
    *,
    selection: UUID,
    bundle: int,
    actor: Actor,
    schedule: Schedule | None = None,
    line_quote: UUID | None = None,
    hold: UUID | None = None,
) -> Quote:
    """Quote one bundle of a selection of the caller's, to begin at once or for the windows of a schedule.

    With a `line_quote` of the bundle the line has the carrier's firm price and terms, and the quote ends no later than it;
    raises LineQuoteMismatch, LineQuoteNotFirm, LineQuoteExpired, StateConflict. Raises NotFound for another's selection, NotSellable or
    LineNotSellable where a gate is closed, LineChanged where the line is not what was selected any more, PriceChanged where the
    price of the compute, the storage or (without a line quote) the line moved since: what is quoted is what was shown. With a
    `hold` that keeps the bundle it is quoted at the prices of now instead; raises NotFound, StateConflict and HoldMismatch
    for one that does not, PriceChanged where more than a price moved. StorageNotQuoted for a selection from before storage was quoted. ScheduleUnpriced for fewer hours than the offer is rented for; for a
    schedule, its own or the one that was selected for, also InvalidField and TooSoon; and the
    quote ends with the last instant at which it is ordered in time.
    """
    assert actor.tenant_id is not None  # noqa: S101 - buyers are members of an organisation
    facts = chosen = selections.bundle(selection, bundle)
    if facts.tenant != actor.tenant_id:
        raise NotFound(pointer="/selection")
    until = now() + VALIDITY
    if line_quote is not None:
        facts, word_ends = word_on(quote=line_quote, selection=selection, bundle=bundle, facts=facts)
        until = min(until, word_ends)
    require_gates(facts)
    if facts.store is not None and not facts.storage_months:
        raise StorageNotQuoted(pointer="/selection")
    offer, schedule = offers.facts([facts.offer])[facts.offer], schedule or schedule_asked(facts)
    if hold is None:
        require_prices(facts, offer, line=line_quote is None)
    else:
        require_kept(hold=hold, facts=chosen, schedule=schedule, actor=actor)
        facts = at_prices_of_now(facts, offer, line=line_quote is None)
    require_rented(facts, offer.min_hours)
    if schedule:
        lot = offers.lots([facts.offer])[facts.offer]
        require_bookable(schedule, lot, facts)
        until = min(until, latest_order(schedule, facts.line_terms, lot) or until)
    row = Quote(
        tenant_id=actor.tenant_id,
        selection=selection,
        bundle=bundle,
        line_quote=line_quote,
        compute_fen=facts.compute_fen - facts.storage_fen,
        storage_fen=facts.storage_fen,
        line_fen=facts.line_fen,
        total_fen=facts.total_fen,
        valid_until=until,
    )
    row.document = canonical_json(
        {
            "kind": "quote",
            "quote": str(row.id),
            "node": settings.NODE_CODE,
            "tenant": str(row.tenant_id),
            "selection": str(selection),
            "bundle_index": bundle,
            "line_quote": plain(line_quote),
            "bundle": plain(facts),
            "offer": plain(offer),
            "schedule": schedule.document() if schedule else None,
            "compute_fen": row.compute_fen,
            "storage_fen": row.storage_fen,
            "line_fen": row.line_fen,
            "total_fen": row.total_fen,
            "valid_until": plain(row.valid_until),
        }
    )
    row.digest, row.signature, row.key_id = sign_text(row.document)
    row.save(force_insert=True)
    publish(
        events.QuoteIssued(
            subject=row.id, tenant=row.tenant_id, total_fen=row.total_fen, valid_until=row.valid_until
        ),
        actor=actor,
    )
    return row


def order_quote(quote: UUID, client_ref: str, tenant: UUID) -> Order:
    """The order that a quote of a tenant's makes by its signed text, under the tenant's reference; nobody else orders it until the transaction is over.

    Raises UnknownReference, QuoteUsed, QuoteExpired, QuoteAltered.
    """
    take_lock(Lock.LEDGER, f"quote:{quote}")  # a quote is append-only: the application may not lock its row
    row = Quote.objects.filter(id=quote, tenant_id=tenant).first()
    if row is None:
        raise UnknownReference(pointer="/quote", noun_zh="报价", noun_en="quote", id=quote)
    if used := Order.objects.filter(quote=row).first():
        raise QuoteUsed(pointer="/quote", order=used.id)
    if row.valid_until <= now():
        raise QuoteExpired(pointer="/quote", valid_until=row.valid_until.isoformat())
    if not is_ours(row.document, digest=row.digest, signature=row.signature):
        raise QuoteAltered(pointer="/quote")
    signed = json.loads(row.document)
    return Order.objects.create(
        tenant_id=row.tenant_id,
        client_ref=client_ref,
        quote=row,
        compute_provider=UUID(signed["bundle"]["provider"]),
        line_provider=UUID(signed["bundle"]["line_provider"]),
        offer=UUID(signed["bundle"]["offer"]),
        facts={"bundle": signed["bundle"], "offer": signed["offer"], "schedule": signed.get("schedule")},
        compute_fen=signed["compute_fen"],
        storage_fen=signed["storage_fen"],
        line_fen=signed["line_fen"],
        total_fen=signed["total_fen"],
    )

"""Holding what an order needs: anew, or out of what a hold or a line quote of its user's keeps; for longer, and to its end."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.selectors.capacity import first_end
from marketplace.domain.orders import HOLDING, UNACCEPTED
from marketplace.models import Order
from marketplace.selectors.orders import kept_for, line_kept, moving_until, schedule_of_order, service_end
from marketplace.services.order_steps import standing
from scheduling.selectors.carriers import kept_until, require_extensible
from scheduling.selectors.selections import BundleFacts
from scheduling.selectors.selections import bundle as bundle_facts
from scheduling.services.holds import bound_bundle, extend_bundle, hold_bundle, release_bundle, require_gates
from scheduling.services.line_quotes import take_over_word
from scheduling.services.maintenance import await_maintenance
from scheduling.services.openings import preoccupy_until
from scheduling.services.reservations import take_over_hold
from scheduling.services.schedules import latest_order

TO_ACCEPT = timedelta(hours=24)  # how long both providers have, and so how long everything is held


def hold_order(order: Order, hold: UUID | None, actor: Actor) -> tuple[datetime, BundleFacts]:
    """Hold the order's bundle, or go on with what a hold or the line quote of its user's keeps.

    Returns until when, no longer than the line is accepted in time for the first window, or than a carrier keeps the line that
    it kept for the line quote; and the bundle's facts, with the line as that quote has it.
    """
    quote, schedule, kept = order.quote, schedule_of_order(order), False
    facts = chosen = bundle_facts(quote.selection, quote.bundle)
    if hold is not None or quote.line_quote is not None:
        await_maintenance()
    if quote.line_quote is not None:
        facts, kept = take_over_word(
            quote=quote.line_quote,
            selection=quote.selection,
            bundle=quote.bundle,
            facts=chosen,
            order=order.id,
            actor=actor,
        )
    latest = latest_order(schedule, facts.line_terms)
    if hold is not None:
        take_over_hold(hold=hold, order=order.id, facts=chosen, schedule=schedule, actor=actor)
        until = extend_bundle(
            bundle=order.id,
            tenant=order.tenant_id,
            ttl=TO_ACCEPT,
            since=order.created_at,
            not_after=latest,
            asked=False,
            actor=actor,
        )
        if kept and quote.line_quote is not None:
            # the hold keeps the line already
            release_bundle(bundle=quote.line_quote, actor=actor, lapsed=False)
        require_gates(facts)  # after all of the ledger, as whoever holds anew does
    else:
        until = hold_bundle(
            bundle=order.id,
            facts=facts,
            tenant=order.tenant_id,
            ttl=TO_ACCEPT,
            schedule=schedule,
            not_after=latest,
            actor=actor,
            line_kept_by=quote.line_quote if kept else None,
        )
    return min(until, kept_until(order.id) or until), facts


@transaction.atomic
def extend_order_hold(*, order: Order, actor: Actor) -> Order:
    """The user asks for more time until both providers have accepted: a day from now, within the longest in all, and in time for the first window.

    Raises StateConflict for an order that is accepted or over, or whose hold ran out, HoldNotExtended after so long,
    CarrierKeepsUntil where its line's carrier was asked by its own interface.
    """
    row = Order.objects.select_for_update().get(id=order.id)
    HOLDING.after("extend_hold", standing(row))
    require_extensible(row.id)
    row.held_until = extend_bundle(
        bundle=row.id,
        tenant=row.tenant_id,
        ttl=TO_ACCEPT,
        since=row.created_at,
        not_after=latest_order(schedule_of_order(row), row.facts["bundle"]["line_terms"]),
        actor=actor,
    )
    row.advance("held_until")
    preoccupy_until(order=row.id, until=row.held_until)
    return row


@transaction.atomic
def hold_while_line_kept(*, order: UUID) -> None:
    """An order is held no longer than a carrier keeps its line that was asked by its own interface.

    One that is accepted or over is left as it is; a second notice changes nothing.
    """
    if (until := kept_until(order)) is None:
        return
    row = Order.objects.select_for_update().get(id=order)
    if row.state in UNACCEPTED and row.held_until is not None and until < row.held_until:
        row.held_until = until
        row.advance("held_until")
        preoccupy_until(order=row.id, until=until)


def ends_by(order: Order) -> datetime | None:
    """When the service of an order that is held is over at the latest: None where nobody has booked what comes after."""
    schedule = schedule_of_order(order)
    return schedule.last_end if schedule else first_end(order.id)


def keep_to_its_end(order: Order, actor: Actor) -> datetime:
    """The service runs, so its end is known: what it needs so long is kept until then, and may be booked after it.

    Returns when the service ends: where others have booked what comes after less time than its term, as that begins.
    """
    end = service_end(order)
    if schedule_of_order(order) is not None:
        return end
    assert order.billing_started_at is not None  # noqa: S101 - it runs
    window = Window(order.billing_started_at, end)
    return bound_bundle(bundle=order.id, resources=kept_for(order), window=window, actor=actor)


def keep_line_for_its_hours(order: Order, actor: Actor) -> None:
    """The service runs and its line is accepted: a line that only moves data is kept for the hours that it needs from now.

    Before, nobody knows when these begin, and so it is kept for as long as the compute.
    """
    start = now()
    if (until := moving_until(order, start)) is not None:
        spans = line_kept(order).spans
        bound_bundle(bundle=order.id, resources=spans, window=Window(start, until), actor=actor)

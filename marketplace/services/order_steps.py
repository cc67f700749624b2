"""The steps of an order: taken with its row locked, one version each, each with its note in the history."""

from dataclasses import asdict
from uuid import UUID

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.events import Event
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.orders import LIFE, UNACCEPTED, Found, OrderState
from marketplace.models import Order, OrderStep
from marketplace.services.vouchers import release_claim
from scheduling.services.dispatches import dispatch_end
from scheduling.services.holds import release_bundle
from scheduling.services.line_quotes import return_word
from scheduling.services.openings import close_line


def locked(order: UUID) -> Order:
    """The order's row, nobody else's until the end of the transaction."""
    return Order.objects.select_for_update(of=("self",)).select_related("quote").get(id=order)


def standing(row: Order) -> str:
    """The state of an order; of one that was not accepted by both in time `expired`, whether or not the ledger has let it go already."""
    over = row.state in UNACCEPTED and row.held_until is not None and row.held_until <= now()
    return OrderState.EXPIRED.value if over else row.state


def take_step(
    row: Order, act: str, actor: Actor, *fields: str, cause: str | None = None, found: Found | None = None
) -> None:
    """Take the order along one act of its table, with the fields that the act sets.

    Raises StateConflict, also where its hold ran out, after which nothing comes of it but `expire`. The note says why
    (without a `cause` the order's reason), and what was `found` where its compute was refused.
    """
    before = row.state
    row.state = LIFE.after(act, before if act == "expire" else standing(row)).value
    row.advance("state", *fields)
    note_step(row, act, before, actor, cause=row.reason if cause is None else cause, found=found)


def note_step(
    row: Order, act: str, before: str, actor: Actor, *, cause: str = "", found: Found | None = None
) -> None:
    """Note the step that made the order's version; placing it is one without a state before."""
    OrderStep.objects.create(
        order=row,
        version=row.generation,
        act=act,
        before=before,
        after=row.state,
        actor_user=actor.user_id,
        actor_tenant=actor.tenant_id,
        cause=cause,
        found=None if found is None else asdict(found),
    )


def undo(row: Order, act: str, reason: str, event: Event, actor: Actor) -> Order:
    """End an order that is not billed by an act: everything held or confirmed is free again, and `event` tells it."""
    row.reason = reason
    if row.state in UNACCEPTED:
        return_word(order=row.id, actor=actor)
    take_step(row, act, actor, "reason", "billing_started_at")
    release_bundle(bundle=row.id, actor=actor, lapsed=act == "cancel")
    close_line(order=row.id, actor=actor)
    dispatch_end(order=row.id, actor=actor)
    release_claim(order=row, actor=actor)
    publish(event, actor=actor)
    return row


def cancel_undelivered(row: Order, reason: str) -> None:
    """Cancel an order that cannot be delivered, on nobody's word."""
    event = events.OrderCancelled(subject=row.id, tenant=row.tenant_id, parties=row.concerned())
    undo(row, "cancel", reason, event, SYSTEM)

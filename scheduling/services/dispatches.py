"""Dispatching an order to its provider's agent: a signed callback, repeated until it is taken."""

import json
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from aggregation.selectors.agents import callback
from kernel.actor import SYSTEM, Actor
from kernel.egress import NoAnswerError, post
from kernel.errors import Problem
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from nodes.services.signing import signed_request
from scheduling.domain.dispatches import LIFE, MAX_ATTEMPTS, DispatchState
from scheduling.events import dispatches as events
from scheduling.models import Dispatch

SEND = "scheduling.send_dispatch"
TAKEN = range(200, 300)


class NotTakenError(Exception):
    """The agent did not take the order this time; the job tries again."""


@transaction.atomic
def dispatch_order(
    *, order: UUID, offer: UUID, provider: UUID, quantity: int, user: UUID, actor: Actor
) -> Dispatch:
    """Queue an order for its provider's agent; a second call for the same order changes nothing."""
    if known := Dispatch.objects.filter(order=order).first():
        return known
    row = Dispatch.objects.create(
        order=order, offer=offer, provider_id=provider, user_id=user, quantity=quantity
    )
    _queue(row, actor)
    return row


@transaction.atomic
def dispatch_again(*, order: UUID, delivery: int, actor: Actor) -> None:
    """Queue an order anew whose user refused what was delivered: the agent is told that it is the next delivery."""
    row = Dispatch.objects.select_for_update().get(order=order)
    row.state, row.delivery = LIFE.after("again", row.state), delivery
    row.attempts, row.error, row.ended_at = 0, "", None
    row.advance("state", "delivery", "attempts", "error", "ended_at")
    _queue(row, actor)


def send_dispatch(*, dispatch: UUID) -> None:
    """Call the agent once. Raises NotTakenError while tries are left; the last failure is announced instead.

    No transaction is open during the call: the agent knows the order and its delivery, so a repeat is harmless.
    """
    row = Dispatch.objects.get(id=dispatch)
    if row.state != DispatchState.QUEUED:
        return
    called, reason = row.delivery, _call(row)
    with transaction.atomic():
        row = Dispatch.objects.select_for_update().get(id=dispatch)
        if row.state != DispatchState.QUEUED or row.delivery != called:
            return
        row.attempts, row.error = row.attempts + 1, reason
        if not reason:
            _end(row, "answer", events.ServiceDispatched(
                subject=row.order, tenant=row.user_id, parties=row.concerned(), provider=row.provider_id, delivery=row.delivery
            ))  # fmt: skip
        elif row.attempts >= MAX_ATTEMPTS:
            _end(row, "give up", events.DispatchFailed(
                subject=row.order, tenant=row.user_id, parties=row.concerned(), provider=row.provider_id, attempts=row.attempts
            ))  # fmt: skip
        else:
            row.advance("attempts", "error")
    if row.state == DispatchState.QUEUED:
        raise NotTakenError(reason)


def _queue(row: Dispatch, actor: Actor) -> None:
    enqueue_job(SEND, key=f"dispatch:{row.order}:{row.delivery}", dispatch=str(row.id))
    publish(
        events.DispatchQueued(
            subject=row.order, tenant=row.user_id, parties=row.concerned(), provider=row.provider_id
        ),
        actor=actor,
    )


def _call(row: Dispatch) -> str:
    """Why the agent did not take the order; empty where it did."""
    url = callback(row.provider_id)
    if url is None:
        return "no agent is registered"
    document = {
        "order": str(row.order),
        "offer": str(row.offer),
        "quantity": row.quantity,
        "delivery": row.delivery,
        "node": settings.NODE_CODE,
    }
    body = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    try:
        headers = signed_request(method="POST", url=url, body=body)
        status = post(url, body=body, headers=headers, pointer="/callback_url").status
    except (NoAnswerError, Problem) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return "" if status in TAKEN else f"HTTP {status}"


def _end(row: Dispatch, act: str, event: events.ServiceDispatched | events.DispatchFailed) -> None:
    row.state, row.ended_at = LIFE.after(act, row.state), Now()
    row.advance("state", "attempts", "error", "ended_at")
    publish(event, actor=SYSTEM)

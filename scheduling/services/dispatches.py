"""Telling a provider's agent that an order starts, and that it is over: a signed call, repeated until it is taken."""

import json
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from aggregation.selectors.agents import callback
from kernel.actor import SYSTEM, Actor
from kernel.egress import NoAnswerError, post
from kernel.errors import Problem
from kernel.events import Event
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from nodes.services.signing import signed_request
from scheduling.domain.dispatches import LIFE, MAX_ATTEMPTS, DispatchAct, DispatchState
from scheduling.events import dispatches as events
from scheduling.models import Dispatch

SEND = "scheduling.send_dispatch"
TAKEN = range(200, 300)


class NotTakenError(Exception):
    """The agent did not take the call this time; the job tries again."""


@transaction.atomic
def dispatch_order(
    *, order: UUID, offer: UUID, provider: UUID, quantity: int, user: UUID, actor: Actor
) -> Dispatch:
    """Queue an order for its provider's agent; a second call for the same order changes nothing."""
    if known := _locked(order, DispatchAct.START):
        return known
    row = Dispatch.objects.create(
        order=order, offer=offer, provider_id=provider, user_id=user, quantity=quantity
    )
    _queue(row, actor)
    return row


@transaction.atomic
def dispatch_again(*, order: UUID, delivery: int, actor: Actor) -> None:
    """Queue an order anew whose user refused what was delivered: the agent is told that it is the next delivery."""
    row = Dispatch.objects.select_for_update().get(order=order, act=DispatchAct.START)
    row.delivery = delivery
    _requeue(row, "again", actor)


@transaction.atomic
def dispatch_end(*, order: UUID, actor: Actor) -> None:
    """An order is over: its agent is told, whether or not it took the start, since its answer may be what was lost.

    A start that no agent has taken is called no more. An order that was never to start is ended nowhere; once more changes nothing.
    """
    start = _locked(order, DispatchAct.START)
    if start is None or _locked(order, DispatchAct.END):
        return
    if start.state in LIFE.acts["withdraw"][0]:
        start.state = LIFE.after("withdraw", start.state)
        start.advance("state")
    row = Dispatch.objects.create(
        order=order,
        act=DispatchAct.END,
        offer=start.offer,
        provider_id=start.provider_id,
        user_id=start.user_id,
        quantity=start.quantity,
        delivery=start.delivery,
    )
    _queue(row, actor)


@transaction.atomic
def retry_dispatch(*, dispatch: Dispatch, actor: Actor) -> Dispatch:
    """Call the agent anew that took nothing: its provider has mended it. Raises StateConflict."""
    row = Dispatch.objects.select_for_update().get(id=dispatch.id)
    _requeue(row, "retry", actor)
    return row


def send_dispatch(*, dispatch: UUID) -> None:
    """Call the agent once. Raises NotTakenError while tries are left; the last failure is announced instead.

    No transaction is open during the call: the agent knows the order, its delivery and the act, so a repeat is harmless.
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
            _end(row, "answer", _taken(row))
        elif row.attempts >= MAX_ATTEMPTS[DispatchAct(row.act)]:
            _end(row, "give up", events.DispatchFailed(
                subject=row.order, tenant=row.user_id, parties=row.concerned(), provider=row.provider_id, attempts=row.attempts, act=row.act
            ))  # fmt: skip
        else:
            row.advance("attempts", "error")
    if row.state == DispatchState.QUEUED:
        raise NotTakenError(reason)


def _locked(order: UUID, act: DispatchAct) -> Dispatch | None:
    return Dispatch.objects.select_for_update().filter(order=order, act=act).first()


def _requeue(row: Dispatch, act: str, actor: Actor) -> None:
    row.state = LIFE.after(act, row.state)
    row.attempts, row.error, row.ended_at = 0, "", None
    row.advance("state", "delivery", "attempts", "error", "ended_at")
    _queue(row, actor)


def _queue(row: Dispatch, actor: Actor) -> None:
    enqueue_job(SEND, key=f"dispatch:{row.id}:{row.generation}", lane=row.provider_id, dispatch=str(row.id))
    publish(
        events.DispatchQueued(
            subject=row.order,
            tenant=row.user_id,
            parties=row.concerned(),
            provider=row.provider_id,
            act=row.act,
        ),
        actor=actor,
    )


def _taken(row: Dispatch) -> events.ServiceDispatched | events.ServiceEnded:
    """What is announced where the agent took the call."""
    if row.act == DispatchAct.END:
        return events.ServiceEnded(
            subject=row.order, tenant=row.user_id, parties=row.concerned(), provider=row.provider_id
        )
    return events.ServiceDispatched(
        subject=row.order,
        tenant=row.user_id,
        parties=row.concerned(),
        provider=row.provider_id,
        delivery=row.delivery,
    )


def _call(row: Dispatch) -> str:
    """Why the agent did not take the call; empty where it did."""
    url = callback(row.provider_id)
    if url is None:
        return "no agent is registered"
    document = {
        "order": str(row.order),
        "act": row.act,
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


def _end(row: Dispatch, act: str, event: Event) -> None:
    row.state, row.ended_at = LIFE.after(act, row.state), Now()
    row.advance("state", "attempts", "error", "ended_at")
    publish(event, actor=SYSTEM)

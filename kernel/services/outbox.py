"""Publishing events, giving them one order, and delivering them to their subscribers."""

import hashlib
import json
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now

from kernel import events
from kernel.actor import Actor
from kernel.doorbell import ring
from kernel.locks import Lock, try_lock
from kernel.logs import request_id
from kernel.models.outbox import Delivery, EventPosition, EventRecord, PendingEvent
from kernel.questions import run
from kernel.tenancy import as_node

logger = logging.getLogger(__name__)

# The events and that they wait for the relay, in the order in which they are given, by one statement of one value.
WRITE = """
    WITH happened AS (
        SELECT * FROM ROWS FROM (jsonb_to_recordset(%s::jsonb)
            AS (id uuid, name text, subject uuid, tenant_id uuid, actor_user uuid, actor_tenant uuid,
                actor_client uuid, actor_node text, request_id text, payload jsonb, digest text)) WITH ORDINALITY
            AS h(id, name, subject, tenant_id, actor_user, actor_tenant, actor_client, actor_node, request_id,
                 payload, digest, place)
    ),
    written AS (
        INSERT INTO event (id, name, subject, tenant_id, actor_user, actor_tenant, actor_client, actor_node,
                           request_id, payload, digest)
        SELECT id, name, subject, tenant_id, actor_user, actor_tenant, actor_client, actor_node, request_id, payload,
               decode(digest, 'hex')
        FROM happened
        RETURNING occurred_at
    ),
    waiting AS (INSERT INTO event_pending (event_id) SELECT id FROM happened ORDER BY place)
    SELECT occurred_at FROM written LIMIT 1
"""
WRITTEN = (
    "id", "name", "subject", "tenant_id", "actor_user", "actor_tenant", "actor_client", "actor_node", "request_id",
)  # fmt: skip
MAX_ATTEMPTS = 12
SLOWEST_RETRY = timedelta(minutes=10)


def publish(event: events.Event, *, actor: Actor) -> EventRecord:
    """Write the event in the caller's transaction; it is relayed after the commit.

    Raises TransactionManagementError outside a transaction: an event without its act would be a lie.
    """
    (record,) = publish_each([event], actor=actor)
    return record


def publish_each(happened: Iterable[events.Event], *, actor: Actor) -> list[EventRecord]:
    """Write many events as publish() does, by the same number of statements as one."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("publish() needs the transaction of the act")
    records = [_record(event, actor) for event in happened]
    with as_node("what somebody looked at is told too, and told of any tenant"):
        written = run(WRITE, [json.dumps([_written(record) for record in records])])
    for record in records:
        record.occurred_at = written[0][0]  # one statement, one time
    ring()
    return records


def _written(record: EventRecord) -> dict[str, Any]:
    plain = {name: _told(getattr(record, name)) for name in WRITTEN}
    return plain | {"payload": record.payload, "digest": record.digest.hex()}


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _record(event: events.Event, actor: Actor) -> EventRecord:
    payload = event.payload()
    leaf = {
        "name": event.name,
        "subject": str(event.subject),
        "tenant": str(event.tenant or ""),
        "actor_user": str(actor.user_id or ""),
        "actor_tenant": str(actor.tenant_id or ""),
        "actor_client": str(actor.machine or ""),
        "actor_node": actor.node or "",
        "payload": payload,
    }
    canonical = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return EventRecord(
        name=event.name,
        subject=event.subject,
        tenant_id=event.tenant,
        actor_user=actor.user_id,
        actor_tenant=actor.tenant_id,
        actor_client=actor.machine,
        actor_node=actor.node or "",
        request_id=request_id.get(),
        payload=payload,
        digest=hashlib.sha256(canonical.encode()).digest(),
    )


@transaction.atomic
def relay(limit: int = 500) -> int:
    """Give up to `limit` committed events their positions and open their deliveries.

    One relay at a time (advisory lock), so positions are gapless; returns how many were relayed.
    """
    if not try_lock(Lock.RELAY):
        return 0
    pending = list(PendingEvent.objects.select_related("event").order_by("id")[:limit])
    if not pending:
        return 0
    last = EventPosition.objects.aggregate(last=Max("position"))["last"] or 0
    positions, deliveries = [], []
    for position, row in enumerate(pending, start=last + 1):
        positions.append(EventPosition(position=position, event=row.event))
        listeners = events.HANDLERS.get(row.event.name, []) + events.HANDLERS.get(events.ALL_EVENTS, [])
        deliveries += [
            Delivery(event=row.event, handler=name, subject=row.event.subject, position=position)
            for name, _ in listeners
        ]
    EventPosition.objects.bulk_create(positions)
    Delivery.objects.bulk_create(deliveries)
    PendingEvent.objects.filter(event__in=[row.event_id for row in pending]).delete()
    return len(pending)


NEXT_DELIVERY = """
    SELECT d.id FROM delivery d
    WHERE d.done_at IS NULL AND d.dead_at IS NULL AND d.next_at <= statement_timestamp()
      AND NOT EXISTS (SELECT 1 FROM delivery e
                      WHERE e.handler = d.handler AND e.subject = d.subject AND e.position < d.position
                        AND e.done_at IS NULL AND e.dead_at IS NULL)
    ORDER BY d.position LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""


def deliver_one() -> bool:
    """Run the next due delivery in one transaction with the note that it is done; False if none is due."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(NEXT_DELIVERY)
            row = cursor.fetchone()
        if row is None:
            return False
        delivery = Delivery.objects.select_related("event").get(id=row[0])
        delivery.attempts += 1
        try:
            with transaction.atomic():
                _handle(delivery)
        except Exception as error:
            logger.exception(
                "delivery failed", extra={"handler": delivery.handler, "event": str(delivery.event_id)}
            )
            delivery.error = f"{type(error).__name__}: {error}"[:2000]
            if delivery.attempts >= MAX_ATTEMPTS:
                delivery.dead_at = Now()
            else:
                delivery.next_at = Now() + min(timedelta(seconds=2**delivery.attempts), SLOWEST_RETRY)
        else:
            delivery.done_at, delivery.error = Now(), ""
        delivery.save()
    return True


def end_impossible_pauses() -> int:
    """Make due what waits longer than any retry does: its pause was set while the clock was ahead."""
    waiting = Delivery.objects.filter(done_at=None, dead_at=None, next_at__gt=Now() + SLOWEST_RETRY)
    return waiting.update(next_at=Now())


def drain(limit: int = 10_000) -> int:
    """Relay and deliver until nothing is due; returns how many deliveries ran."""
    done = 0
    while done < limit:
        relayed = relay()
        if deliver_one():
            done += 1
        elif not relayed:
            break
    return done


def _handle(delivery: Delivery) -> None:
    record = delivery.event
    for name, function in events.HANDLERS.get(events.ALL_EVENTS, []):
        if name == delivery.handler:
            function(record.id)
            return
    for name, function in events.HANDLERS.get(record.name, []):
        if name == delivery.handler:
            kind = events.EVENTS[record.name]
            function(kind.restore(subject=record.subject, tenant=record.tenant_id, payload=record.payload))
            return
    logger.warning("subscriber is gone", extra={"handler": delivery.handler})

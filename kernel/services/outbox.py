"""Publishing events, giving them one order, and delivering them to their subscribers."""

import hashlib
import json
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from kernel import events
from kernel.actor import Actor
from kernel.doorbell import ring
from kernel.locks import Lock, try_lock
from kernel.logs import request_id
from kernel.models.outbox import Delivery, EventRecord
from kernel.objects import canonical_json
from kernel.questions import ask, run
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
    canonical = canonical_json(leaf)
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


WAITING = "SELECT EXISTS (SELECT FROM event_pending)"
NEXT_EVENTS = """
    SELECT e.id, e.name, e.subject FROM event_pending p JOIN event e ON e.id = p.event_id ORDER BY p.id LIMIT %s
"""
# The positions that follow the last one, and what each subscriber is to be told, by one statement.
PLACE = """
    WITH last AS (SELECT coalesce(max(position), 0) AS position FROM event_position),
    placed AS (
        INSERT INTO event_position (position, event_id)
        SELECT last.position + e.place, e.id FROM last, unnest(%(events)s::uuid[]) WITH ORDINALITY AS e(id, place)
    ),
    opened AS (
        INSERT INTO delivery (event_id, handler, subject, position, attempts, error)
        SELECT d.event, d.handler, d.subject, last.position + d.place, 0, ''
        FROM last, unnest(%(told)s::uuid[], %(handlers)s::text[], %(subjects)s::uuid[], %(places)s::bigint[])
            WITH ORDINALITY AS d(event, handler, subject, place, number)
        ORDER BY d.number
    )
    DELETE FROM event_pending WHERE event_id = ANY(%(events)s::uuid[])
"""


def relay(limit: int = 500) -> int:
    """Give up to `limit` committed events their positions and open their deliveries.

    One relay at a time (advisory lock), so positions are gapless; returns how many were relayed.
    """
    ((waiting,),) = ask(WAITING, [])
    return _relay(limit) if waiting else 0


@transaction.atomic
def _relay(limit: int) -> int:
    if not try_lock(Lock.RELAY):
        return 0
    pending = run(NEXT_EVENTS, [limit])
    opened = [
        (event, handler, subject, place)
        for place, (event, name, subject) in enumerate(pending, start=1)
        for handler, _ in events.HANDLERS.get(name, []) + events.HANDLERS.get(events.ALL_EVENTS, [])
    ]
    values = {
        "events": [event for event, _, _ in pending],
        "told": [event for event, _, _, _ in opened],
        "handlers": [handler for _, handler, _, _ in opened],
        "subjects": [subject for _, _, subject, _ in opened],
        "places": [place for _, _, _, place in opened],
    }
    run(PLACE, values)
    return len(pending)


# The first due delivery of which no earlier one of the same subject waits, and its event.
NEXT_DELIVERY = """
    SELECT d.id, d.attempts, d.handler, e.id, e.name, e.subject, e.tenant_id, e.payload
    FROM delivery d JOIN event e ON e.id = d.event_id
    WHERE d.done_at IS NULL AND d.dead_at IS NULL AND d.next_at <= statement_timestamp()
      AND NOT EXISTS (SELECT FROM delivery b
                      WHERE b.handler = d.handler AND b.subject = d.subject AND b.position < d.position
                        AND b.done_at IS NULL AND b.dead_at IS NULL)
    ORDER BY d.position LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""


class Happened(NamedTuple):
    """An event as NEXT_DELIVERY gives it; the payload is JSON."""

    id: UUID
    name: str
    subject: UUID
    tenant: UUID | None
    payload: str


DELIVERED = (
    "UPDATE delivery SET done_at = statement_timestamp(), attempts = attempts + 1, error = '' WHERE id = %s"
)


def deliver_one() -> bool:
    """Run the next due delivery in one transaction with the note that it is done; False if none is due."""
    with transaction.atomic():
        found = run(NEXT_DELIVERY, [])
        if not found:
            return False
        ((delivery, attempts, handler, *event),) = found
        happened = Happened(*event)
        try:
            with transaction.atomic():
                _handle(handler, happened)
        except Exception as error:
            logger.exception("delivery failed", extra={"handler": handler, "event": str(happened.id)})
            _note_failure(delivery, attempts + 1, f"{type(error).__name__}: {error}"[:2000])
        else:
            run(DELIVERED, [delivery])
    return True


def _note_failure(delivery: int, attempts: int, error: str) -> None:
    pause = min(timedelta(seconds=2**attempts), SLOWEST_RETRY)
    then = {"dead_at": Now()} if attempts >= MAX_ATTEMPTS else {"next_at": Now() + pause}
    Delivery.objects.filter(id=delivery).update(attempts=attempts, error=error, **then)


def end_impossible_pauses() -> int:
    """Make due what waits longer than any retry does: its pause was set while the clock was ahead."""
    waiting = Delivery.objects.filter(done_at=None, dead_at=None, next_at__gt=Now() + SLOWEST_RETRY)
    return waiting.update(next_at=Now())


def drain(limit: int = 10_000) -> int:
    """Relay all that waits, and deliver and relay again until nothing is due; returns how many deliveries ran.

    Whoever asks for the newest supply looks at everything that has no position yet, so none waits for deliveries.
    """
    while relay():
        pass
    done = 0
    while done < limit:
        if deliver_one():
            done += 1
        elif not relay():
            break
    return done


def _handle(handler: str, happened: Happened) -> None:
    for name, tell in events.HANDLERS.get(events.ALL_EVENTS, []):
        if name == handler:
            tell(happened.id)
            return
    for name, act in events.HANDLERS.get(happened.name, []):
        if name == handler:
            kind, payload = events.EVENTS[happened.name], json.loads(happened.payload)
            act(kind.restore(subject=happened.subject, tenant=happened.tenant, payload=payload))
            return
    logger.warning("subscriber is gone", extra={"handler": handler})

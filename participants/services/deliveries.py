"""Bringing events to their subscribers: noted when they happen, sent under a lease, tried again, never lost in silence."""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from standardwebhooks import Webhook as Signer

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.egress import NoAnswerError, post
from kernel.errors import CallbackRefused
from kernel.locks import Lock, sole
from kernel.models import EventRecord
from kernel.questions import question
from kernel.services.outbox import publish
from participants import events
from participants.domain.mail import WEBHOOK_PAUSED
from participants.domain.webhooks import (
    DELIVERY_LIFE,
    GONE,
    KEPT,
    LIFE,
    MOST_TRIES,
    OPEN,
    DeliveryState,
    PauseReason,
    WebhookState,
    cloud_event,
    wait_after,
)
from participants.errors import RecoveryTooLarge, WebhookNotEnabled
from participants.models import Webhook, WebhookAttempt, WebhookDelivery
from participants.selectors.webhooks import events_for, leaving, subscribers_of
from participants.services.mail import write_to_administrators
from participants.services.webhooks import secrets_in_force

AT_ONCE = 16  # receivers that are being called
AT_ONCE_A_TENANT = 2  # so that nobody's slow receivers take all places
LEASE = timedelta(seconds=60)  # longer than any call: a dead worker's deliveries are sent again after it
SECONDS_A_ROUND = 20.0
LOOK_AGAIN = 0.5
KEPT_BYTES = 500  # of an answer
MOST_RECOVERED = 5_000
TAKEN = range(200, 300)
chance = SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one call needs: nothing of it is read from the database again."""

    webhook: UUID
    delivery: UUID
    fence: UUID
    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one call; `error` says why it failed, empty where it was taken."""

    status: int | None
    duration_ms: int
    error: str
    answer: str


@transaction.atomic(savepoint=False)
def note_event(*, event: UUID) -> None:
    """Note an event for everybody who is to be told of it; once more changes nothing."""
    (record,) = _recorded(event=event)
    if record.name not in leaving():
        return
    parties = [UUID(each) for each in record.payload.get("parties", ())]
    if webhooks := subscribers_of(record.name, tenant=record.tenant_id, parties=parties):
        _note(record, webhooks)


def deliver_due(*, seconds: float = SECONDS_A_ROUND) -> int:
    """Send what is due, many receivers at once and one delivery at a time to each; how many calls were made.

    Threads only speak to receivers; what comes of it is noted here, so that no transaction is open during a call.
    One round at a time runs on the node: a second returns at once.
    """
    done, end = 0, time.monotonic() + seconds
    with sole(Lock.WEBHOOKS) as mine, ThreadPoolExecutor(AT_ONCE) as threads:
        running: dict[Future[Outcome], Parcel] = {}
        while mine:
            while len(running) < AT_ONCE and time.monotonic() < end and (parcel := claim_next()):
                running[threads.submit(send, parcel)] = parcel
            if not running:
                break
            for each in wait(running, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED).done:
                note_outcome(running.pop(each), each.result())
                done += 1
    return done


CLAIM = """
    UPDATE webhook SET fence = %(fence)s, lease_until = statement_timestamp() + make_interval(secs => %(lease)s), served_at = statement_timestamp()
    WHERE id = (SELECT w.id FROM webhook w
                WHERE w.state = 'enabled' AND w.next_at <= statement_timestamp()
                  AND (w.lease_until IS NULL OR w.lease_until < statement_timestamp())
                  AND EXISTS (SELECT FROM webhook_delivery d WHERE d.webhook_id = w.id
                              AND d.state IN ('pending', 'failed') AND d.next_at <= statement_timestamp())
                  AND (SELECT count(*) FROM webhook o WHERE o.organisation_id = w.organisation_id
                       AND o.lease_until >= statement_timestamp()) < %(most)s
                ORDER BY w.served_at NULLS FIRST, w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
"""


@transaction.atomic
def claim_next() -> Parcel | None:
    """Lease the subscription that has waited longest and has something due, and sign its oldest delivery."""
    fence = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"fence": fence, "lease": LEASE.total_seconds(), "most": AT_ONCE_A_TENANT})
        found = cursor.fetchone()
    if found is None:
        return None
    webhook = Webhook.objects.get(id=found[0])
    delivery = webhook.deliveries.filter(state__in=OPEN, next_at__lte=Now()).order_by("next_at", "id").first()
    assert delivery is not None  # noqa: S101 - the claim asked, and the lease is ours
    body, message, at = bytes(delivery.body), str(delivery.event), now()
    signatures = [Signer(secret).sign(message, at, body.decode()) for secret in secrets_in_force(webhook, at)]
    headers = {
        "Content-Type": "application/cloudevents+json",
        "User-Agent": f"compute-interconnection-node/{settings.VERSION}",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return Parcel(
        webhook=webhook.id, delivery=delivery.id, fence=fence, url=webhook.url, body=body, headers=headers
    )


def send(parcel: Parcel) -> Outcome:
    """Call the receiver once; asks nothing of the database."""
    begin, status, answer = time.monotonic(), None, ""
    try:
        came = post(parcel.url, body=parcel.body, headers=parcel.headers, pointer="/url", keep=KEPT_BYTES)
        status, answer = came.status, came.head.decode(errors="replace").replace("\0", "�")
        error = "" if status in TAKEN else f"HTTP {status}"
    except (NoAnswerError, CallbackRefused) as reason:
        error = str(reason)
    took = int((time.monotonic() - begin) * 1000)
    return Outcome(status=status, duration_ms=took, error=error[:300], answer=answer)


@transaction.atomic
def note_outcome(parcel: Parcel, outcome: Outcome) -> None:
    """Write down what came of a call and when to try again; a failure noted after the lease changes no state."""
    webhook = Webhook.objects.select_for_update().filter(id=parcel.webhook).first()
    delivery = WebhookDelivery.objects.select_for_update().filter(id=parcel.delivery).first()
    if webhook is None or delivery is None:
        return  # removed meanwhile
    WebhookAttempt.objects.create(
        delivery=delivery,
        status=outcome.status,
        duration_ms=outcome.duration_ms,
        error=outcome.error,
        answer=outcome.answer,
    )
    ours = webhook.fence == parcel.fence
    if ours:
        webhook.fence = webhook.lease_until = None
    if not outcome.error:
        _taken(webhook, delivery, outcome)
    elif ours and delivery.state in OPEN:
        _failed(webhook, delivery, outcome)
    webhook.save()
    delivery.save()


@transaction.atomic
def redeliver(*, delivery: WebhookDelivery, actor: Actor) -> WebhookDelivery:
    """Send a delivery once more, now, under its own id. Raises StateConflict while it waits, WebhookNotEnabled."""
    webhook = _enabled(delivery.webhook_id)
    row = WebhookDelivery.objects.select_for_update().get(id=delivery.id)
    row.state, row.tries, row.next_at = DELIVERY_LIFE.after("redeliver", row.state).value, 0, now()
    row.advance("state", "tries", "next_at")
    _serve_now(webhook)
    publish(events.DeliveryRedelivered(subject=row.id, tenant=webhook.organisation_id), actor=actor)
    return row


@transaction.atomic
def recover(*, webhook: Webhook, since: datetime, actor: Actor) -> int:
    """Send everything since a time that was not delivered, be it noted or missed; how many.

    Raises RecoveryTooLarge, WebhookNotEnabled.
    """
    row = _enabled(webhook.id)
    records = events_for(row, since=since, limit=MOST_RECOVERED + 1)
    if len(records) > MOST_RECOVERED:
        raise RecoveryTooLarge(pointer="/since", most=MOST_RECOVERED)
    for record in records:
        _note(record, [row])
    waiting = WebhookDelivery.objects.filter(webhook=row, event__in=[record.id for record in records])
    count = waiting.exclude(state=DeliveryState.DELIVERED).update(
        state=DeliveryState.PENDING, tries=0, next_at=Now()
    )
    _serve_now(row)
    publish(
        events.DeliveriesRecovered(subject=row.id, tenant=row.organisation_id, since=since, deliveries=count),
        actor=actor,
    )
    return count


@transaction.atomic
def ping(*, webhook: Webhook, actor: Actor) -> WebhookDelivery:
    """Send the subscription an event of its own, `participants.webhook_tested`. Raises WebhookNotEnabled."""
    row = _enabled(webhook.id)
    record = publish(events.WebhookTested(subject=row.id, tenant=row.organisation_id), actor=actor)
    _note(record, [row])
    _serve_now(row)
    return WebhookDelivery.objects.get(webhook=row, event=record.id)


def forget_deliveries() -> int:
    """Forget deliveries that are older than 30 days, whatever became of them; how many."""
    _, counts = WebhookDelivery.objects.filter(created_at__lt=Now() - KEPT).delete()
    return counts.get("participants.WebhookDelivery", 0)


@question
def _recorded(*, event: UUID) -> QuerySet[EventRecord]:
    return EventRecord.objects.filter(id=event)


def _note(record: EventRecord, webhooks: list[Webhook]) -> None:
    body = cloud_event(
        id=record.id,
        name=record.name,
        source=settings.NODE_URL,
        subject=record.subject,
        tenant=record.tenant_id,
        at=record.occurred_at,
        payload=record.payload,
    )
    rows = [
        WebhookDelivery(webhook=webhook, event=record.id, event_type=record.name, body=body)
        for webhook in webhooks
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)


def _taken(webhook: Webhook, delivery: WebhookDelivery, outcome: Outcome) -> None:
    delivery.state = DELIVERY_LIFE.after("deliver", delivery.state).value
    delivery.delivered_at, delivery.last_status, delivery.last_error = now(), outcome.status, ""
    delivery.tries += 1
    delivery.generation += 1
    webhook.failures, webhook.last_error, webhook.next_at = 0, "", now()


def _failed(webhook: Webhook, delivery: WebhookDelivery, outcome: Outcome) -> None:
    """Wait, as a whole: while its receiver fails, a subscription costs one call for each wait, however much is due."""
    at = now()
    delivery.tries += 1
    delivery.generation += 1
    delivery.last_status, delivery.last_error = outcome.status, outcome.error
    if delivery.tries >= MOST_TRIES:
        delivery.state = DELIVERY_LIFE.after("abandon", delivery.state).value
        publish(
            events.DeliveryAbandoned(
                subject=delivery.id, tenant=webhook.organisation_id, webhook=webhook.id, tries=delivery.tries
            ),
            actor=SYSTEM,
        )
    else:
        delivery.state = DELIVERY_LIFE.after("fail", delivery.state).value
        delivery.next_at = at + wait_after(delivery.tries, chance.random())
    webhook.failures += 1
    webhook.last_error = outcome.error
    webhook.next_at = at + wait_after(webhook.failures, chance.random())
    gone = outcome.status == GONE
    if webhook.state == WebhookState.ENABLED and (gone or webhook.failures >= MOST_TRIES):
        webhook.state = LIFE.after("pause", webhook.state).value
        webhook.reason = (PauseReason.GONE if gone else PauseReason.FAILING).value
        webhook.generation += 1
        _write_of_pause(webhook)
        publish(
            events.WebhookPaused(
                subject=webhook.id,
                tenant=webhook.organisation_id,
                reason=webhook.reason,
                failures=webhook.failures,
            ),
            actor=SYSTEM,
        )


def _write_of_pause(webhook: Webhook) -> None:
    """A mail to every administrator of the organisation, so that the pause is not seen only by who looks."""
    label = PauseReason(webhook.reason).label
    write_to_administrators(
        organisation=webhook.organisation_id,
        letter=WEBHOOK_PAUSED,
        url=webhook.url,
        webhook=webhook.id,
        error=webhook.last_error,
        reason_zh=label.zh,
        reason_en=label.en,
    )


def _enabled(webhook: UUID) -> Webhook:
    row = Webhook.objects.select_for_update().get(id=webhook)
    if row.state != WebhookState.ENABLED:
        raise WebhookNotEnabled
    return row


def _serve_now(webhook: Webhook) -> None:
    Webhook.objects.filter(id=webhook.id).update(next_at=Now())

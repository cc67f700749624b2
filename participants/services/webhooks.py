"""Subscribing to events: where, to which, under which secret; enabling, disabling, rotating, removing."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.clock import now
from kernel.egress import check_url
from kernel.services.outbox import publish
from participants import events
from participants.domain.webhooks import LIFE, OPEN, OVERLAP
from participants.errors import EventTypeUnknown, TooManyWebhooks
from participants.models import Organisation, Webhook
from participants.selectors.webhooks import beyond, open_to

MOST_WEBHOOKS = 10
SALT_BYTES = 16


@transaction.atomic
def create_webhook(
    *, url: str, event_types: Sequence[str], description: str, actor: Actor
) -> tuple[Webhook, str]:
    """Subscribe the caller's organisation; returns the row and the secret, which nobody is shown again.

    Raises CallbackRefused for an address that the node does not call, EventTypeUnknown for an event that the caller's
    roles and key are not told of, TooManyWebhooks.
    """
    check_url(url, pointer="/url")
    _require_open(event_types, actor)
    assert actor.tenant_id is not None  # noqa: S101 - members subscribe
    house = Organisation.objects.select_for_update().get(id=actor.tenant_id)
    if house.webhooks.count() >= MOST_WEBHOOKS:
        raise TooManyWebhooks(most=MOST_WEBHOOKS)
    row = Webhook.objects.create(
        organisation=house,
        url=url,
        description=description,
        event_types=list(dict.fromkeys(event_types)),
        roles=sorted(actor.roles),
        scopes=sorted(actor.scopes),
        salt=secrets.token_bytes(SALT_BYTES),
    )
    publish(events.WebhookCreated(subject=row.id, tenant=house.id), actor=actor)
    return row, secret_of(row, row.salt)


@transaction.atomic
def change_webhook(
    *,
    webhook: Webhook,
    actor: Actor,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    description: str | None = None,
) -> Webhook:
    """Change what is given; deliveries that wait go to the new address. Raises as create_webhook does.

    Nobody leads elsewhere what it may not be told itself: EventTypeUnknown for that too.
    """
    row = _locked(webhook)
    if url is not None or event_types is not None:
        _require_told(row, actor, pointer="/url" if url is not None else "/event_types")
    if url is not None:
        check_url(url, pointer="/url")
        row.url = url
    if event_types is not None:
        _require_open(event_types, actor)
        row.event_types = list(dict.fromkeys(event_types))
        row.roles, row.scopes = sorted(actor.roles), sorted(actor.scopes)
    if description is not None:
        row.description = description
    row.advance("url", "event_types", "roles", "scopes", "description")
    publish(events.WebhookChanged(subject=row.id, tenant=row.organisation_id), actor=actor)
    return row


@transaction.atomic
def enable_webhook(*, webhook: Webhook, actor: Actor) -> Webhook:
    """Serve it from now on; what waits is sent at once, and failures are counted anew."""
    row = _locked(webhook)
    row.state, row.reason = LIFE.after("enable", row.state).value, ""
    row.failures, row.last_error, row.next_at = 0, "", now()
    row.advance("state", "reason", "failures", "last_error", "next_at")
    row.deliveries.filter(state__in=OPEN).update(next_at=Now())
    publish(events.WebhookEnabled(subject=row.id, tenant=row.organisation_id), actor=actor)
    return row


@transaction.atomic
def disable_webhook(*, webhook: Webhook, actor: Actor) -> Webhook:
    """Send nothing and note nothing until it is enabled; what was missed can be recovered for 30 days."""
    row = _locked(webhook)
    row.state, row.reason = LIFE.after("disable", row.state).value, ""
    row.advance("state", "reason")
    publish(events.WebhookDisabled(subject=row.id, tenant=row.organisation_id), actor=actor)
    return row


@transaction.atomic
def rotate_secret(*, webhook: Webhook, actor: Actor) -> tuple[Webhook, str]:
    """Give it a new secret, shown once; for a day the one before signs beside it, so a receiver need not pause.

    Raises EventTypeUnknown where it is told of what the caller is not.
    """
    row = _locked(webhook)
    _require_told(row, actor)
    row.old_salt, row.old_until, row.salt = row.salt, now() + OVERLAP, secrets.token_bytes(SALT_BYTES)
    row.advance("old_salt", "old_until", "salt")
    publish(
        events.WebhookSecretRotated(subject=row.id, tenant=row.organisation_id, until=row.old_until),
        actor=actor,
    )
    return row, secret_of(row, row.salt)


@transaction.atomic
def remove_webhook(*, webhook: Webhook, actor: Actor) -> None:
    """End the subscription and forget its log."""
    row = _locked(webhook)
    publish(events.WebhookRemoved(subject=row.id, tenant=row.organisation_id), actor=actor)
    row.delete()


def secret_of(webhook: Webhook, salt: bytes | memoryview) -> str:
    """The secret under a salt, as receivers' libraries read it: derived, so that no table and no dump holds it."""
    words = b"webhook secret" + webhook.id.bytes + bytes(salt)
    key = hmac.digest(settings.SECRET_KEY.encode(), words, hashlib.sha256)
    return "whsec_" + base64.b64encode(key).decode()


def secrets_in_force(webhook: Webhook, at: datetime) -> list[str]:
    """The secrets that sign at this time, the newest first."""
    found = [secret_of(webhook, webhook.salt)]
    if webhook.old_salt is not None and webhook.old_until is not None and at < webhook.old_until:
        found.append(secret_of(webhook, webhook.old_salt))
    return found


def _locked(webhook: Webhook) -> Webhook:
    return Webhook.objects.select_for_update().get(id=webhook.id)


def _require_told(webhook: Webhook, actor: Actor, pointer: str | None = None) -> None:
    for name in beyond(webhook, actor):
        raise EventTypeUnknown(pointer=pointer, written=name)


def _require_open(event_types: Sequence[str], actor: Actor) -> None:
    for place, asked in enumerate(event_types):
        if not open_to(asked, actor):
            raise EventTypeUnknown(pointer=f"/event_types/{place}", written=asked)

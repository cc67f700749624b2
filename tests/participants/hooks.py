"""Subscribing and being told, for the tests of webhooks."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.events import Event
from kernel.ids import new_id
from kernel.services.outbox import drain, publish
from marketplace.events import OrderCancelled
from participants.domain.webhooks import OPEN
from participants.models import Webhook, WebhookDelivery
from participants.services.deliveries import deliver_due
from tests.aggregation.supply import made
from tests.support.cast import Person
from tests.support.wire import Receiver, Wire


def subscribed(person: Person, url: str, *types: str) -> tuple[str, str]:
    """A subscription of somebody's; its address and its secret."""
    body = {"url": url, "event_types": list(types or ("marketplace.*",))}
    answer = made(person.post("/api/v1/webhooks", body))
    return f"/api/v1/webhooks/{answer['webhook']['id']}", answer["secret"]


def listening(
    wire: Wire, person: Person, *types: str, name: str = "hooks.example.com"
) -> tuple[Receiver, str, str]:
    """A receiver that somebody has subscribed; with the address of the subscription and its secret."""
    receiver, url = wire.receiver(name)
    return receiver, *subscribed(person, url, *types)


def announce(event: Event) -> UUID:
    """Let something happen, and its subscribers be noted."""
    with transaction.atomic():
        record = publish(event, actor=SYSTEM)
    drain()
    return record.id


def cancelled(person: Person, *parties: Person) -> UUID:
    """An order of somebody's is cancelled, to which others are a party; the event's id."""
    concerned = tuple(each.organisation.id for each in parties)
    return announce(OrderCancelled(subject=new_id(), tenant=person.organisation.id, parties=concerned))


def later() -> int:
    """Do what is due as if every wait had passed."""
    WebhookDelivery.objects.filter(state__in=OPEN).update(next_at=Now())
    Webhook.objects.update(next_at=Now())
    return deliver_due()


def rows(**filters: Any) -> list[WebhookDelivery]:
    return list(WebhookDelivery.objects.filter(**filters).order_by("id"))


def age(webhook: str) -> None:
    """Let the lease of whoever sends now have run out."""
    Webhook.objects.filter(id=webhook.rsplit("/", 1)[1]).update(lease_until=now())

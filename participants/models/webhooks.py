"""Webhooks: subscriptions, each event on its way to one, and every attempt to bring it there."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from kernel.models.base import Entity
from participants.domain.webhooks import (
    DELIVERY_LIFE,
    LIFE,
    OPEN,
    DeliveryState,
    PauseReason,
    WebhookState,
)
from participants.models.organisations import Organisation


class Webhook(Entity):
    """One subscription. Its secret is derived from the node's secret key and `salt`: no table holds it.

    `roles` and `scopes` are those with which it was subscribed: with them the permission table says what it may be told.
    `lease_until` and `fence` say who is sending now, one at a time; `next_at` is when the receiver may be called again.
    """

    tenant_field: ClassVar[str] = "organisation_id"
    few: ClassVar[bool] = True

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    event_types = ArrayField(models.CharField(max_length=100))
    roles = ArrayField(models.CharField(max_length=40))
    scopes = ArrayField(models.CharField(max_length=80))
    state = models.CharField(max_length=10, choices=WebhookState.choices(), default=LIFE.initial.value)
    reason = models.CharField(max_length=10, choices=PauseReason.choices(), blank=True)
    salt = models.BinaryField(max_length=16)
    old_salt = models.BinaryField(max_length=16, null=True)
    old_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    next_at = models.DateTimeField(db_default=Now())
    served_at = models.DateTimeField(null=True)
    fence = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=WebhookState.codes()), name="webhook_state_is_listed"
            ),
            models.CheckConstraint(
                condition=Q(state=WebhookState.PAUSED.value, reason__gt="")
                | (~Q(state=WebhookState.PAUSED.value) & Q(reason="")),
                name="webhook_paused_for_a_reason",
            ),
        ]


class WebhookDelivery(Entity):
    """One event on its way to one subscription; `body` are the bytes that are signed and sent, each time the same."""

    tenant_field: ClassVar[str] = "webhook__organisation_id"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.UUIDField()
    event_type = models.CharField(max_length=100)
    body = models.BinaryField()
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices(), default=DELIVERY_LIFE.initial.value
    )
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "webhook_delivery"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="webhook_delivery_once_an_event"),
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.codes()), name="webhook_delivery_state_is_listed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "next_at"], condition=Q(state__in=OPEN), name="webhook_delivery_open"
            ),
            models.Index(F("webhook"), F("id").desc(), name="webhook_delivery_log"),
        ]


class WebhookAttempt(Entity):
    """One call of a receiver: what it answered, how long it took, or why nobody answered."""

    tenant_field: ClassVar[str] = "delivery__webhook__organisation_id"

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="attempts")
    status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField()
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "webhook_attempt"

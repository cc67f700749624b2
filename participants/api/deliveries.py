"""The log of webhooks over HTTP: what was sent to whom, what came of it, and sending once more."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.api.webhook_events import CloudEventOut
from participants.domain.webhooks import DELIVERY_LIFE, DeliveryState
from participants.models import Webhook, WebhookAttempt, WebhookDelivery
from participants.selectors.webhooks import is_beyond
from participants.services import deliveries as services

MOST_ATTEMPTS = 50


class DeliveryOut(serializers.ModelSerializer[WebhookDelivery]):
    """One event on its way to a subscription; `event` is the webhook-id that its receiver sees."""

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "webhook",
            "event",
            "event_type",
            "state",
            "tries",
            "next_at",
            "delivered_at",
            "last_status",
            "last_error",
            "created_at",
            "generation",
        )


class AttemptOut(serializers.ModelSerializer[WebhookAttempt]):
    """One call of the receiver; `answer` has the first bytes of what it said."""

    class Meta:
        model = WebhookAttempt
        fields = ("id", "status", "duration_ms", "error", "answer", "created_at")


class DeliveryLogOut(DeliveryOut):
    """A delivery with the document that is sent and its latest attempts, newest first."""

    document = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()

    class Meta(DeliveryOut.Meta):
        fields = (*DeliveryOut.Meta.fields, "document", "attempts")  # type: ignore[assignment] # more of them

    @extend_schema_field(CloudEventOut(allow_null=True))
    def get_document(self, row: WebhookDelivery) -> Any:
        """The body as it is sent; null where the caller's own role or key is not told of such an event."""
        hidden = is_beyond(row.event_type, row.webhook, self.context["view"].actor)
        return None if hidden else json.loads(bytes(row.body))

    @extend_schema_field(AttemptOut(many=True))
    def get_attempts(self, row: WebhookDelivery) -> Any:
        """The latest, newest first."""
        return AttemptOut(row.attempts.order_by("-id")[:MOST_ATTEMPTS], many=True).data


class DeliveryQuery(PageQuery):
    """Filters of the log."""

    state = serializers.ChoiceField(DeliveryState.choices(), required=False)
    event_type = serializers.CharField(max_length=100, required=False)
    event = serializers.UUIDField(required=False)


class DeliveriesView(HouseView):
    """`/api/v1/webhooks/{id}/deliveries`."""

    operations = {"GET": "participants.list_webhook_deliveries"}
    queryset = Webhook.objects.all()
    visible_by = "participants.read_webhook"

    @extend_schema(parameters=[DeliveryQuery], responses=page_of(DeliveryOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List what was sent to a subscription and what waits, of the last 30 days."""
        return self.page(WebhookDelivery.objects.filter(webhook=self.subject), DeliveryOut, DeliveryQuery)


class DeliveryView(HouseView):
    """`/api/v1/webhook-deliveries/{id}`."""

    operations = {"GET": "participants.read_webhook_delivery"}
    queryset = WebhookDelivery.objects.select_related("webhook")

    @extend_schema(responses=DeliveryLogOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read a delivery with its body and its attempts."""
        return self.show(self.subject, DeliveryLogOut)


class RedeliverView(HouseView):
    """`/api/v1/webhook-deliveries/{id}:redeliver`."""

    operations = {"POST": "participants.redeliver_webhook"}
    queryset = WebhookDelivery.objects.select_related("webhook")
    visible_by = "participants.read_webhook_delivery"
    acts = {"POST": (DELIVERY_LIFE, "redeliver")}

    @without_body(responses={202: DeliveryOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Send a delivery once more, now, with the same webhook-id."""
        return self.show(services.redeliver(delivery=self.subject, actor=self.actor), DeliveryOut, status=202)

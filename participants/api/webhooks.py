"""Webhooks over HTTP: the caller's subscriptions to the events that may leave."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.api.deliveries import DeliveryOut
from participants.domain.webhooks import LIFE, WebhookState
from participants.models import Webhook
from participants.services import deliveries as sending
from participants.services import webhooks as services

TYPES = 'names of events, or "marketplace.*" for all of a floor; see /api/v1/webhook-events'


class WebhookIn(serializers.Serializer[Any]):
    """Where to send, and which events."""

    url = serializers.CharField(
        max_length=2000, help_text="https, at a public address; redirects are not followed"
    )
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=100), min_length=1, max_length=100, help_text=TYPES
    )
    description = serializers.CharField(max_length=200, allow_blank=True, default="")


class WebhookChange(serializers.Serializer[Any]):
    """What is to be another; what is left out stays."""

    url = serializers.CharField(max_length=2000, required=False)
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=100),
        min_length=1,
        max_length=100,
        required=False,
        help_text=TYPES,
    )
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)


class WebhookOut(serializers.ModelSerializer[Webhook]):
    """A subscription, without its secret; `failures` in a row, and when its receiver is called again after them."""

    class Meta:
        model = Webhook
        fields = (
            "id",
            "organisation",
            "url",
            "description",
            "event_types",
            "state",
            "reason",
            "failures",
            "last_error",
            "next_at",
            "served_at",
            "old_until",
            "created_at",
            "generation",
        )


class WebhookSecretOut(serializers.Serializer[Any]):
    """A subscription with its secret, shown once."""

    webhook = WebhookOut()
    secret = serializers.CharField(help_text="shown once; give it to a Standard Webhooks library")


class WebhookQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(WebhookState.choices(), required=False)


class RecoveryIn(serializers.Serializer[Any]):
    """From when."""

    since = InstantField()


class RecoveryOut(serializers.Serializer[Any]):
    """How much is sent again."""

    deliveries = serializers.IntegerField()


class WebhooksView(HouseView):
    """`/api/v1/webhooks`."""

    operations = {"GET": "participants.list_webhooks", "POST": "participants.create_webhook"}
    secrets = ("secret",)

    @extend_schema(parameters=[WebhookQuery], responses=page_of(WebhookOut))
    def get(self, request: Request) -> Response:
        """List the subscriptions of the caller's organisation."""
        return self.page(Webhook.objects.visible_to(self.actor), WebhookOut, WebhookQuery)

    @extend_schema(request=WebhookIn, responses={201: WebhookSecretOut})
    def post(self, request: Request) -> Response:
        """Subscribe to events; the secret that signs them is shown once."""
        data = self.read(WebhookIn)
        row, secret = services.create_webhook(
            url=data["url"],
            event_types=data["event_types"],
            description=data["description"],
            actor=self.actor,
        )
        response = Response(WebhookSecretOut({"webhook": row, "secret": secret}).data, 201)
        response["Location"] = f"/api/v1/webhooks/{row.id}"
        return response


class WebhookView(HouseView):
    """`/api/v1/webhooks/{id}`."""

    operations = {
        "GET": "participants.read_webhook",
        "PATCH": "participants.change_webhook",
        "DELETE": "participants.remove_webhook",
    }
    queryset = Webhook.objects.all()
    visible_by = "participants.read_webhook"
    if_match = frozenset({"PATCH"})

    @extend_schema(responses=WebhookOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read a subscription: whether it is served, and if not, why."""
        return self.show(self.subject, WebhookOut)

    @extend_schema(request=WebhookChange, responses={200: WebhookOut})
    def patch(self, request: Request, **_: Any) -> Response:
        """Change where to send, which events, or the description."""
        data = self.read(WebhookChange)
        row = services.change_webhook(
            webhook=self.subject,
            url=data.get("url"),
            event_types=data.get("event_types"),
            description=data.get("description"),
            actor=self.actor,
        )
        return self.show(row, WebhookOut)

    @without_body(responses={204: None})
    def delete(self, request: Request, **_: Any) -> Response:
        """End a subscription and forget its log."""
        services.remove_webhook(webhook=self.subject, actor=self.actor)
        return Response(status=204)


class EnableWebhookView(HouseView):
    """`/api/v1/webhooks/{id}:enable`."""

    operations = {"POST": "participants.enable_webhook"}
    queryset = Webhook.objects.all()
    visible_by = "participants.read_webhook"
    acts = {"POST": (LIFE, "enable")}

    @without_body(responses={200: WebhookOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Serve a disabled or paused subscription again; what waited is sent at once."""
        return self.show(services.enable_webhook(webhook=self.subject, actor=self.actor), WebhookOut)


class DisableWebhookView(HouseView):
    """`/api/v1/webhooks/{id}:disable`."""

    operations = {"POST": "participants.disable_webhook"}
    queryset = Webhook.objects.all()
    visible_by = "participants.read_webhook"
    acts = {"POST": (LIFE, "disable")}

    @without_body(responses={200: WebhookOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Send nothing until it is enabled again; what is missed can be recovered for 30 days."""
        return self.show(services.disable_webhook(webhook=self.subject, actor=self.actor), WebhookOut)


class RotateSecretView(HouseView):
    """`/api/v1/webhooks/{id}:rotate-secret`."""

    operations = {"POST": "participants.rotate_webhook_secret"}
    queryset = Webhook.objects.all()
    visible_by = "participants.read_webhook"
    secrets = ("secret",)

    @without_body(responses={200: WebhookSecretOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Make a new secret, shown once; for a day the one before signs too."""
        row, secret = services.rotate_secret(webhook=self.subject, actor=self.actor)
        return Response(WebhookSecretOut({"webhook": row, "secret": secret}).data)


class TestWebhookView(HouseView):
    """`/api/v1/webhooks/{id}:test`."""

    operations = {"POST": "participants.test_webhook"}
    queryset = Webhook.objects.all()
    visible_by = "participants.read_webhook"

    @without_body(responses={202: DeliveryOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Send a ping, an event `participants.webhook_tested`; its delivery says what came of it."""
        return self.show(sending.ping(webhook=self.subject, actor=self.actor), DeliveryOut, status=202)


class RecoverWebhookView(HouseView):
    """`/api/v1/webhooks/{id}:recover`."""

    operations = {"POST": "participants.recover_webhook"}
    queryset = Webhook.objects.all()
    visible_by = "participants.read_webhook"

    @extend_schema(request=RecoveryIn, responses={202: RecoveryOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Send every event since a time that was not delivered, whether it was noted or missed."""
        since = self.read(RecoveryIn)["since"]
        count = sending.recover(webhook=self.subject, since=since, actor=self.actor)
        return Response(RecoveryOut({"deliveries": count}).data, 202)

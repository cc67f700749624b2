"""The events that may leave the node: their list over HTTP, and each as a webhook of the contract."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.views import HouseView
from kernel.events import EVENTS, Event
from kernel.text import Text
from participants.domain.webhooks import PING, Leaving
from participants.selectors.webhooks import leaving

PINGED = Leaving(
    PING, "participants.test_webhook", Text("应 :test 请求发出的测试事件", "A ping, asked for by :test")
)
NOT_SENT = {"subject", "parties"}  # the one is in the envelope, the others are told nothing of each other
JSON_TYPES: dict[Any, dict[str, str]] = {
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
}
HEADERS = {
    "webhook-id": "事件编号，重投不变 / the event's id, the same at every redelivery",
    "webhook-timestamp": "发送时间，Unix 秒 / when it is sent, in seconds of Unix time",
    "webhook-signature": "v1,… 以空格分隔 / Standard Webhooks: v1,…, two while a secret is rotated",
}
ANSWERS = {
    "2XX": "已收到 / Taken",
    "410": "不再接收；订阅随即暂停 / No more: the subscription is paused",
    "default": "失败，稍后重试 / A failure; it is tried again",
}


class CloudEventOut(serializers.Serializer[Any]):
    """The body of a webhook: a CloudEvents 1.0 JSON document (application/cloudevents+json).

    `data` has the event's ids, codes, numbers and times, and never personal data.
    """

    specversion = serializers.CharField(help_text="1.0")
    id = serializers.UUIDField(
        help_text="the event's; the header webhook-id has it too, the same at every redelivery"
    )
    source = serializers.CharField(help_text="the URL of the node")  # type: ignore[assignment] # CloudEvents names it
    type = serializers.CharField(help_text="the event's name, as in /api/v1/webhook-events")
    subject = serializers.UUIDField(help_text="the object that it happened to")
    time = serializers.DateTimeField()
    datacontenttype = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment] # CloudEvents names it


class WebhookEventOut(serializers.Serializer[Any]):
    """An event that may leave the node; who may do `read` to its subject may be told of it."""

    name = serializers.CharField()
    read = serializers.CharField(help_text="operation id")
    zh = serializers.CharField(source="label.zh")
    en = serializers.CharField(source="label.en")


class WebhookEventsView(HouseView):
    """`/api/v1/webhook-events`."""

    operations = {"GET": "participants.list_webhook_events"}

    @extend_schema(responses=WebhookEventOut(many=True))
    def get(self, request: Request) -> Response:
        """List the events that may leave the node, with what each says in both languages."""
        return Response(WebhookEventOut(leaving().values(), many=True).data)


def describe_webhooks(result: Any, **_: Any) -> Any:
    """Add to the contract what the node sends: one webhook for each event that may leave it, with its members."""
    components = result["components"]
    components["parameters"] = {
        name: {
            "in": "header",
            "name": name,
            "required": True,
            "schema": {"type": "string"},
            "description": text,
        }
        for name, text in HEADERS.items()
    }
    result["webhooks"] = {each.name: {"post": _sent(each)} for each in (*leaving().values(), PINGED)}
    return result


def data_schema(kind: type[Event]) -> dict[str, Any]:
    """The schema of `data` in what is sent of an event."""
    members = dict(_members(kind))
    return {"type": "object", "properties": members, "required": sorted(members)}


def _members(kind: type[Event]) -> Iterator[tuple[str, dict[str, Any]]]:
    hints = get_type_hints(kind)
    for field in fields(kind):
        if field.name not in NOT_SENT:
            yield field.name, _schema_of(hints[field.name])


def _schema_of(hint: Any) -> dict[str, Any]:
    if isinstance(hint, UnionType):  # always of one type and None
        (inner,) = (each for each in get_args(hint) if each is not type(None))
        return {**_schema_of(inner), "type": [_schema_of(inner)["type"], "null"]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of(get_args(hint)[0])}
    return dict(JSON_TYPES[hint])


def _sent(event: Leaving) -> dict[str, Any]:
    own = {"properties": {"type": {"const": event.name}, "data": data_schema(EVENTS[event.name])}}
    schema = {"allOf": [{"$ref": "#/components/schemas/CloudEventOut"}, own]}
    return {
        "summary": f"{event.label.zh} / {event.label.en}",
        "description": f"Told to those whom `{event.read}` shows its subject.",
        "tags": [event.name.split(".", 1)[0]],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in HEADERS],
        "requestBody": {"required": True, "content": {"application/cloudevents+json": {"schema": schema}}},
        "responses": {status: {"description": text} for status, text in ANSWERS.items()},
    }

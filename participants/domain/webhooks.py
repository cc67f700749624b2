"""Webhooks: which events may leave the node, the life of a subscription and of a delivery, and when to try again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kernel.states import StateTable
from kernel.text import Text, Vocabulary

PING = "participants.webhook_tested"
EVERY = ".*"  # "marketplace.*": every event of that floor
KEPT = timedelta(days=30)
OVERLAP = timedelta(hours=24)  # for which the old secret signs beside the new one
# How long to wait after the first, second, … failure, as the Standard Webhooks specification suggests.
BACK_OFF = [
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=10),
]  # fmt: skip
MOST_TRIES = len(BACK_OFF) + 1
JITTER = 0.2
GONE = 410


class WebhookState(Vocabulary):
    """Whether a subscription is served; only its owner disables it, only the node pauses it."""

    ENABLED = "enabled", "启用", "Enabled"
    DISABLED = "disabled", "停用", "Disabled"
    PAUSED = "paused", "因投递失败暂停", "Paused after failures"


class PauseReason(Vocabulary):
    """Why the node paused a subscription."""

    FAILING = "failing", "连续多次投递失败", "Many deliveries in a row failed"
    GONE = "gone", "接收方答复 410，表示不再接收", "The receiver answered 410: it takes no more"


class DeliveryState(Vocabulary):
    """The life of one event on its way to one subscription."""

    PENDING = "pending", "待投递", "Pending"
    DELIVERED = "delivered", "已投递", "Delivered"
    FAILED = "failed", "上次失败，将重试", "Failed, will be tried again"
    ABANDONED = "abandoned", "已放弃，可重投", "Given up, may be redelivered"


W, D = WebhookState, DeliveryState
LIFE = StateTable(
    states=WebhookState,
    initial=W.ENABLED,
    acts={
        "enable": (frozenset({W.DISABLED, W.PAUSED}), W.ENABLED),
        "disable": (frozenset({W.ENABLED, W.PAUSED}), W.DISABLED),
        "pause": (frozenset({W.ENABLED}), W.PAUSED),
    },
)
DELIVERY_LIFE = StateTable(
    states=DeliveryState,
    initial=D.PENDING,
    acts={
        "deliver": (frozenset(D), D.DELIVERED),  # an answer that comes late still counts
        "fail": (frozenset({D.PENDING, D.FAILED}), D.FAILED),
        "abandon": (frozenset({D.PENDING, D.FAILED}), D.ABANDONED),
        "redeliver": (frozenset({D.DELIVERED, D.FAILED, D.ABANDONED}), D.PENDING),
    },
)
OPEN = (D.PENDING.value, D.FAILED.value)


@dataclass(frozen=True, slots=True)
class Leaving:
    """An event that may leave the node: who may read its subject may be told of it."""

    name: str
    read: str
    label: Text


def covers(asked: str, name: str) -> bool:
    """Whether an asked event type, a name or `floor.*`, is or covers an event of this name."""
    return asked == name or (asked.endswith(EVERY) and name.startswith(asked.removesuffix("*")))


def wait_after(failures: int, dice: float) -> timedelta:
    """How long to wait after so many failures in a row; `dice` from 0 to 1 moves it by up to a tenth either way."""
    wait = BACK_OFF[min(failures, len(BACK_OFF)) - 1]
    return wait * (1 + JITTER * (dice - 0.5))


def cloud_event(
    *,
    id: UUID,  # noqa: A002 - CloudEvents names it
    name: str,
    source: str,
    subject: UUID,
    tenant: UUID | None,
    at: datetime,
    payload: Mapping[str, Any],
) -> bytes:
    """The bytes of one event as a CloudEvents 1.0 JSON document: signed as they are, sent as they are.

    Who else is told is not told.
    """
    data = {key: value for key, value in payload.items() if key != "parties"}
    document = {
        "specversion": "1.0",
        "id": str(id),
        "source": source,
        "type": name,
        "subject": str(subject),
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": data | {"tenant": str(tenant) if tenant else None},
    }
    return json.dumps(document, separators=(",", ":")).encode()

"""The receiver of docs/webhooks.md, run as it stands against what a node signs."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from participants.domain.webhooks import cloud_event
from tests.laws.house import ROOT

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="


def test_the_documented_receiver_takes_an_event_once_and_refuses_another_s(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    receiver: dict[str, Any] = {}
    exec(code, receiver)  # noqa: S102 - our own page
    event, at = uuid4(), datetime.now(UTC)
    body = cloud_event(
        id=event, name="marketplace.order_placed", source="https://node.example", subject=uuid4(),
        tenant=uuid4(), at=at, payload={"total_fen": 1},
    )  # fmt: skip
    headers = {
        "webhook-id": str(event),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(str(event), at, body.decode()),
    }
    assert [receiver["receive"](headers, body) for _ in range(2)] == [204, 204]
    assert capsys.readouterr().out.count("marketplace.order_placed") == 1
    assert receiver["receive"](headers, body.replace(b":1", b":2")) == 401

"""The demo's agent believes what its node signed and nothing else, and counts the machines that it put to work, once."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from demo.agent import ProviderAgent
from demo.client import Client
from kernel.crypto.messages import Request, sign_request
from kernel.crypto.suite import INTERNATIONAL

CALL = {"order": "o-1", "offer": "f-1", "quantity": 3, "delivery": 1, "node": "320000"}
KEY = INTERNATIONAL.new_private_key()


class Node:
    """Stands for the client of a node that publishes KEY, and knows one offer; keeps what was reported."""

    base = "http://node.example"

    def __init__(self) -> None:
        self.heartbeats: list[Any] = []

    def get(self, path: str) -> Any:
        if path == "/api/v1/node-key":
            return {"jwk": INTERNATIONAL.jwk(INTERNATIONAL.public_key(KEY))}
        return {"/api/v1/offers/f-1": {"pool": "p-1"}}[path]

    def post(self, path: str, body: Any) -> None:
        if path.endswith("/heartbeats"):
            self.heartbeats.append(body)


@pytest.fixture
def agent() -> Iterator[ProviderAgent]:
    made = ProviderAgent("agent", cast("Client", Node()), {"p-1": 10, "p-2": 4})
    yield made
    made.close()


def call(agent: ProviderAgent, key: bytes | None, **changes: Any) -> int:
    """The status that a call gets, signed by the key or by none."""
    body = json.dumps(CALL | changes).encode()
    headers = {"Content-Type": "application/json"}
    if key:
        asked = Request("POST", agent.callback_url, headers, body)
        nonce = secrets.token_urlsafe(24)
        headers = sign_request(
            asked, suite=INTERNATIONAL, private_key=key, now=datetime.now(UTC), nonce=nonce
        )
    return httpx.post(agent.callback_url, content=body, headers=headers).status_code


def reported(agent: ProviderAgent) -> dict[str, tuple[int, int]]:
    """Pool → machines idle and machines serving, as the agent reports them."""
    agent.report()
    pools = cast("Any", agent.client).heartbeats[-1]["pools"]
    return {each["pool"]: (each["machines_free"], each["machines_serving"]) for each in pools}


@pytest.mark.parametrize("key", [None, INTERNATIONAL.new_private_key()], ids=["unsigned", "another key"])
def test_what_the_node_has_not_signed_starts_nothing_from_the_first_call_on(
    agent: ProviderAgent, key: bytes | None
) -> None:
    assert call(agent, key) == 401
    assert (len(agent.refused), agent.calls) == (1, {})
    assert reported(agent) == {"p-1": (10, 0), "p-2": (4, 0)}


def test_dispatched_machines_go_from_idle_to_serving_and_a_repeated_call_changes_nothing(
    agent: ProviderAgent,
) -> None:
    assert [call(agent, KEY), call(agent, KEY)] == [200, 200]
    assert reported(agent) == {"p-1": (7, 3), "p-2": (4, 0)}
    assert call(agent, KEY, order="o-2", quantity=1) == 200
    assert reported(agent) == {"p-1": (6, 4), "p-2": (4, 0)}
    assert [call(agent, KEY, delivery=each) for each in (2, 1)] == [
        200,
        200,
    ]  # refused and delivered anew; a late repeat
    assert agent.calls["o-1"]["delivery"] == 2
    assert reported(agent) == {"p-1": (6, 4), "p-2": (4, 0)}
    assert agent.refused == []

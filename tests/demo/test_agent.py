"""The demo's agent believes what its node signed and nothing else, and counts the machines that serve, each order once."""

import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from demo import agent as agents
from demo.agent import ProviderAgent
from demo.client import Client, StepFailedError
from kernel.crypto.messages import Request, sign_request
from kernel.crypto.suite import INTERNATIONAL

CALL = {"order": "o-1", "act": "start", "offer": "f-1", "quantity": 3, "delivery": 1, "node": "320000"}
KEY = INTERNATIONAL.new_private_key()


class Node:
    """Stands for the client of a node that publishes KEY, and knows one offer; keeps what was reported."""

    base = "http://node.example"

    def __init__(self) -> None:
        self.heartbeats: list[Any] = []
        self.refusing = 0

    def get(self, path: str) -> Any:
        if path == "/api/v1/node-key":
            return {"jwk": INTERNATIONAL.jwk(INTERNATIONAL.public_key(KEY))}
        return {"/api/v1/offers/f-1": {"pool": "p-1"}}[path]

    def post(self, path: str, body: Any) -> None:
        if path.endswith("/heartbeats"):
            if self.refusing:
                self.refusing -= 1
                raise StepFailedError("400")
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


def test_what_an_order_that_is_over_held_is_idle_again_and_a_late_start_starts_nothing(
    agent: ProviderAgent,
) -> None:
    for _ in range(4):  # 12 machines in all, of 10
        assert call(agent, KEY) == 200
        assert [call(agent, KEY, act="end"), call(agent, KEY, act="end"), call(agent, KEY)] == [200] * 3
        assert reported(agent) == {"p-1": (10, 0), "p-2": (4, 0)}
    assert call(agent, KEY, order="o-2", act="end") == 200
    assert call(agent, KEY, order="o-2") == 200
    assert reported(agent) == {"p-1": (10, 0), "p-2": (4, 0)}, "its end overtook its start"


def test_more_than_is_idle_is_not_taken_until_it_is(agent: ProviderAgent) -> None:
    assert call(agent, KEY, quantity=8) == 200
    assert call(agent, KEY, order="o-2") == 503
    assert reported(agent)["p-1"] == (2, 8)
    assert call(agent, KEY, act="end") == 200
    assert call(agent, KEY, order="o-2") == 200
    assert reported(agent)["p-1"] == (7, 3)


def test_a_refused_report_is_noted_and_the_next_one_goes_out(
    agent: ProviderAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents, "EVERY_SECONDS", 0.01)
    node = cast("Any", agent.client)
    agent.start()
    node.refusing = 2
    until = time.monotonic() + 5
    while (node.refusing or len(node.heartbeats) < 3) and time.monotonic() < until:
        time.sleep(0.01)
    assert (agent.unheard, len(node.heartbeats) >= 3) == (["400", "400"], True)

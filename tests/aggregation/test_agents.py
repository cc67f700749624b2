"""Agents: where the node calls a provider back; which addresses it never calls: tests/kernel/test_egress.py."""

from typing import Any

import pytest

from aggregation.selectors.agents import callback
from tests.aggregation.supply import enrol, made
from tests.support.cast import World

PUBLIC = "https://agent.example.com:8443/dispatch?pool=1"


@pytest.mark.django_db
def test_the_newest_agent_takes_the_dispatches_and_may_move(world: World) -> None:
    provider = world.ada.organisation.id
    assert callback(provider) is None
    row = enrol(world.ada)
    assert callback(provider) == "https://agent.example.com/dispatch"
    address = f"/api/v1/agents/{row['id']}"
    assert world.ada.patch(address, {"callback_url": PUBLIC}).status_code == 428
    moved = made(world.ada.patch(address, {"callback_url": PUBLIC}, If_Match='"1"'))
    assert (moved["callback_url"], moved["generation"]) == (PUBLIC, 2)
    assert callback(provider) == PUBLIC


@pytest.mark.django_db
def test_an_inner_address_is_refused_over_http_too(world: World) -> None:
    row = enrol(world.ada)
    inner = {"callback_url": "https://10.0.0.1/x"}
    for answer in (
        world.ada.post("/api/v1/agents", {"agent": "agent-2", **inner}),
        world.ada.patch(f"/api/v1/agents/{row['id']}", inner, If_Match='"1"'),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "callback_refused")
        assert answer.json()["errors"][0]["pointer"] == "/callback_url"


@pytest.mark.django_db
def test_agents_are_their_providers_own(world: World) -> None:
    row = enrol(world.ada)
    assert world.ada.post("/api/v1/agents", {"agent": "agent-1", "callback_url": PUBLIC}).status_code == 409
    assert enrol(world.cleo)["agent"] == "agent-1", "each provider names its own"
    assert world.cleo.get(f"/api/v1/agents/{row['id']}").status_code == 404
    change: dict[str, Any] = {"callback_url": PUBLIC}
    assert world.cleo.patch(f"/api/v1/agents/{row['id']}", change, If_Match="*").status_code == 404
    assert world.rhea.patch(f"/api/v1/agents/{row['id']}", change, If_Match="*").status_code == 403
    assert world.lin.post("/api/v1/agents", change).status_code == 403
    assert world.nobody.get("/api/v1/agents").status_code == 401

"""Agents: where the node calls a provider back, and the addresses that it never calls."""

from typing import Any

import pytest

from aggregation.adapters.dns import client
from aggregation.domain.callbacks import check_addresses, check_callback
from aggregation.errors import CallbackRefused
from aggregation.selectors.agents import callback
from aggregation.services import agents
from aggregation.services.agents import check_reachable
from tests.aggregation.supply import enrol, made
from tests.support.cast import World

PUBLIC = "https://agent.example.com:8443/dispatch?pool=1"
INNER = [
    "http://agent.example.com/dispatch",
    "ftp://agent.example.com/",
    "https://127.0.0.1/x",
    "https://10.1.2.3/x",
    "https://192.168.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/x",
    "https://[::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:10.0.0.1]/x",
    "https://0.0.0.0/x",
    "https://localhost/x",
    "https://node.internal/x",
    "https://intranet/x",
    "https://user:word@agent.example.com/x",
    "https://agent.example.com/x#y",
    "https://agent.example.com:99999/x",
    "https:///x",
    "agent.example.com",
    "https://agent.example.com/a b",
    "https://示范.example.com/x",
]


@pytest.mark.parametrize("url", INNER)
def test_an_address_that_is_not_public_https_is_refused(url: str) -> None:
    with pytest.raises(CallbackRefused):
        check_callback(url, allow_private=False)


@pytest.mark.parametrize("url", [PUBLIC, "https://203.0.114.9/x", "https://[2606:4700::1111]/x"])
def test_a_public_address_is_taken(url: str) -> None:
    check_callback(url, allow_private=False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/dispatch", "http://localhost:9000/x"])
def test_a_demonstration_on_one_machine_may_call_itself(url: str) -> None:
    check_callback(url, allow_private=True)
    check_addresses(["127.0.0.1"], allow_private=True)
    with pytest.raises(CallbackRefused):
        check_callback("ftp://localhost/x", allow_private=True)


@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [(["8.8.8.8"], True), (["8.8.8.8", "10.0.0.1"], False), (["::1"], False), ([], False)],
)
def test_a_name_is_resolved_again_before_each_call(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], *, allowed: bool
) -> None:
    def resolve(host: str, port: int) -> list[str]:
        assert (host, port) == ("agent.example.com", 8443)
        return addresses

    monkeypatch.setattr(agents, "addresses_of", resolve)
    if allowed:
        assert check_reachable(PUBLIC) == addresses[0]
    else:
        with pytest.raises(CallbackRefused):
            check_reachable(PUBLIC)


def test_a_literal_address_resolves_to_itself_and_nonsense_to_nothing() -> None:
    assert client.addresses_of("127.0.0.1", 80) == ["127.0.0.1"]
    assert client.addresses_of("a" * 300, 80) == []


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
    body = {"agent": "agent-2", "callback_url": "https://10.0.0.1/x"}
    for answer in (
        world.ada.post("/api/v1/agents", body),
        world.ada.patch(f"/api/v1/agents/{row['id']}", body, If_Match='"1"'),
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

"""Two real nodes, each in its own processes, with a proxy between them that loses what it is told to lose."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from config.embedded.nodes import NATIONAL, REGIONAL, running_nodes
from config.embedded.stack import private_stack
from demo.founding import found
from demo.proxy import FaultProxy
from demo.steps import attach
from demo.verify_federation import verify
from demo.world import World
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.searches import Question, open_found
from nodes.domain.statements import from_wire
from tests.nodes.far import FEDERATION, FarNode

NAMED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL")


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[World]:
    """Jiangsu behind the proxy, and the national node; both with their first people, attached."""
    proxy = FaultProxy()
    region = replace(REGIONAL, port=0, extra={"EGRESS_PROXY": proxy.url})
    with pytest.MonkeyPatch.context() as own:
        for name in NAMED:  # services of its own: the suite's databases are not a node's
            own.delenv(name, raising=False)
        try:
            with (
                private_stack("two-nodes", durable=False) as stack,
                running_nodes([region, replace(NATIONAL, port=0)], stack) as (regional, national),
            ):
                world = World(regional, national, proxy)
                world.clients |= found(regional)
                theirs = found(national)
                world.clients |= {f"national-{name}": client for name, client in theirs.items()}
                attach.run(world)
                yield world
        finally:
            proxy.close()


def report(world: World, section: str, start: str, end: str) -> Any:
    """Draft and review one report."""
    drafted = world.clients["operator-system"].post(
        "/api/v1/reports", {"section": section, "start": start, "end": end}
    )
    return world.clients["regulator-one"].post(f"/api/v1/reports/{drafted['id']}:review")


@pytest.mark.slow
def test_a_batch_lost_between_two_nodes_is_found_sent_again_and_proved(
    two_nodes: World, tmp_path: Path
) -> None:
    world = two_nodes
    operator, nation = world.clients["operator-system"], world.clients["national-operator-system"]
    hours = [datetime(2026, 6, 1, hour, tzinfo=UTC).isoformat() for hour in range(5)]
    reports = [report(world, "nodes.traffic", start, end) for start, end in pairwise(hours)]
    lost = world.proxy.lost
    world.proxy.lose(1, "/messages")
    for each in reports:
        operator.post(f"/api/v1/reports/{each['id']}:send")
    world.until(
        "every report is receipted",
        lambda: len(operator.get("/api/v1/reports", state="receipted")["items"]) == len(reports),
        seconds=30,
    )
    assert world.proxy.lost == lost + 1
    ours, theirs = (client.get("/api/v1/federation/totals")["items"] for client in (operator, nation))
    assert ours == theirs
    assert ours[0]["reports"] == len(reports)
    (pair,) = operator.post("/api/v1/manifests:exchange")["items"]
    assert pair["agreed"]
    assert pair["root"] == nation.get("/api/v1/manifests")["items"][0]["root"]
    folder = tmp_path / "export"
    world.regional.manage("export_stream", "--peer", "000000", "--stream", "reports.platform", str(folder))
    assert verify(folder).failures == []


@pytest.mark.slow
def test_a_real_node_answers_a_search_with_its_own_signed_word(two_nodes: World) -> None:
    pem = (two_nodes.regional.folder / "node.pem").read_bytes()
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, Ed25519PrivateKey)
    region = FarNode("320000", ours=two_nodes.national.url, private_key=key.private_bytes_raw())
    question = Question("0" * 32, ("320000",), 2, 1500, {"quantity": 1, "bandwidth_mbps": 1000})
    path, body = f"{FEDERATION}/searches", question.encode()
    answer = httpx.post(
        two_nodes.national.url + path, content=body, headers=region.signed("POST", path, body)
    )
    jwk = two_nodes.clients["national-operator-system"].get("/api/v1/node-key")["jwk"]
    found = open_found(
        from_wire(answer.content),
        question,
        node="000000",
        suite=SUITE,
        public_key=SUITE.public_key_of(jwk),
        at=datetime.now(UTC),
    )
    assert (found.bundles, found.passed) == ([], [])  # it sells nothing, and nobody else is attached

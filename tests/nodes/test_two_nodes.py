"""Two real nodes, each in its own processes, with a proxy between them that loses what it is told to lose."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from config.embedded.nodes import NATIONAL, REGIONAL, running_nodes
from config.embedded.stack import private_stack
from demo.founding import found
from demo.proxy import FaultProxy
from demo.steps import attach
from demo.verify_federation import verify
from demo.world import World

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
                world.clients |= found(regional, operator="示范省级运营公司", regulator="示范省通信管理局")
                theirs = found(national, operator="示范国家运营公司", regulator="示范国家主管部门")
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

"""A region that sells: the parties, supply, identifiers and lines of the demo, and one order more."""

from collections.abc import Sequence
from typing import Any

from config.embedded.nodes import Node
from demo.agent import ProviderAgent
from demo.client import Client
from demo.founding import found
from demo.proxy import FaultProxy
from demo.steps import identify, lines, supply
from demo.steps.register import register, upload
from demo.world import World

PARTIES = ("compute-jia", "compute-yi", "line-jia", "line-yi", "imaging")


def open_region(node: Node, national: Node, nation: Client, proxy: FaultProxy) -> World:
    """Found a region, attach it to the nation, whose operator invites it, and open its market."""
    world = World(node, national, proxy)
    world.clients |= found(node)
    invited = nation.post("/api/v1/node-invitations", {"code": node.spec.code, "role": node.spec.role})
    wish = {"url": national.url, "token": invited["token"]}
    world.clients["operator-system"].post("/api/v1/upstreams", wish)
    for party in world.load("organisations.json")["organisations"]:
        if party["key"] in PARTIES:
            certify(world, party)
    for step in (supply, identify, lines):
        step.run(world)
    pools = world.load("pools.json")["pools"]
    for provider in PARTIES[:2]:
        installed = {pool["pool"]: pool["machines"] for pool in pools if pool["provider"] == provider}
        agent = ProviderAgent(f"agent-{provider}", world.clients[provider], installed)
        world.closing.append(agent.close)
        world.agents[provider] = agent
    return world


def certify(world: World, party: dict[str, Any]) -> None:
    """Register a party, and let two people certify it."""
    joined = register(Client(world.regional.url), party)
    client = Client(world.regional.url, joined["api_key"])
    world.clients[party["key"]], world.facts[party["key"]] = client, joined["organisation"]["id"]
    here = f"/api/v1/organisations/{joined['organisation']['id']}"
    case = f"/api/v1/cases/{client.get(f'{here}/standing')['case']}"
    checker = world.clients["operator-system"]
    checker.post(f"{case}:assign", {})
    for document in party["documents"]:
        upload(client, here, document)
    checker.post(f"{case}:check")
    world.clients["operator-security"].post(f"{case}:certify")


def order(world: World, selection: str, bundle: int, reference: str) -> Any:
    """Quote and order one bundle of a selection, and let both its providers take it on; the order."""
    firm = world.clients["imaging"]
    quote = firm.post("/api/v1/quotes", {"selection": selection, "bundle": bundle})
    made = firm.post("/api/v1/orders", {"quote": quote["id"], "client_ref": reference})
    names = {world.facts[name]: name for name in PARTIES}
    for party in (made["compute_provider"], made["line_provider"]):
        world.clients[names[party]].post(f"/api/v1/orders/{made['id']}:accept")
    return firm.get(f"/api/v1/orders/{made['id']}")


def refresh(world: World) -> None:
    """Let the providers' agents report, so that nothing is stale however slow the machine is."""
    for agent in world.agents.values():
        agent.report()


def sell(world: World, reference: str) -> Any:
    """Select with the demo's main demand, and order the best bundle."""
    refresh(world)
    demand = world.load("demand.json")["main"]

    def found() -> Any:
        selected = world.clients["imaging"].post("/api/v1/selections", demand)
        return selected if selected["answer"]["bundles"] else None

    selected = world.until("something is on sale", found)
    return order(world, selected["id"], 0, reference)


def issue(world: World, subjects: Sequence[str]) -> list[str]:
    """Apply for an identifier of each subject, let the supervision decide, wait for the filing; the codes."""
    asked = [
        world.clients["compute-jia"].post(
            "/api/v1/identifiers",
            {"kind": "organisation", "subject": each, "attributes": {"name": "示范算力商甲"}},
        )["id"]
        for each in subjects
    ]
    return identify.approve(world, asked)

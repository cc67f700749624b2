"""The first people of a node: `create_node` makes their seats, each person takes one and holds only a key."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from config.embedded.nodes import INDUSTRY, NATIONAL, NEIGHBOUR, REGIONAL, Node, NodeSpec, running_nodes
from config.embedded.stack import ROOT, Stack
from demo.client import Client, StepFailedError

# the operator and the regulator of each node, by its code
HOUSES = {
    NATIONAL.code: ("示范国家节点运营方", "示范国家主管部门"),
    REGIONAL.code: ("示范省级运营公司", "示范省通信管理局"),
    NEIGHBOUR.code: ("示范邻省运营公司", "示范邻省通信管理局"),
    INDUSTRY.code: ("示范行业运营公司", "示范行业主管部门"),
}
# the seats of a new node, in the order create_node makes them, and what the demo calls who takes them
SEATS = {
    "operator_system": ["operator-system"],
    "operator_security": ["operator-security"],
    "operator_audit": ["operator-audit"],
    "regulator": ["regulator-one", "regulator-two"],
}


@contextmanager
def founded_nodes(
    specs: Sequence[NodeSpec], stack: Stack, say: Callable[[str, float], None]
) -> Iterator[list[tuple[Node, dict[str, Client]]]]:
    """Running nodes in the order of `specs`, founded while they start, each with its first people."""
    seats: dict[str, list[dict[str, Any]]] = {}

    def meanwhile(node: Node) -> None:
        seats[node.spec.code] = invite(node)

    with running_nodes(specs, stack, say, meanwhile) as nodes:
        yield [(node, take_seats(node, seats[node.spec.code])) for node in nodes]


def found(node: Node) -> dict[str, Client]:
    """Found a running node and take every seat; the clients by the names of SEATS."""
    return take_seats(node, invite(node))


def invite(node: Node) -> list[dict[str, Any]]:
    """Found the node, whose database is there; an invitation for each seat."""
    operator, regulator = HOUSES[node.spec.code]
    command = [sys.executable, "manage.py", "create_node", "--json"]
    command += ["--operator-name", operator, "--regulator-name", regulator]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=node.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StepFailedError(f"create_node: {done.stderr[-800:]}")
    return list(json.loads(done.stdout)["invitations"])


def take_seats(node: Node, invitations: list[dict[str, Any]]) -> dict[str, Client]:
    """Take every seat of a running node; the clients by the names of SEATS."""
    nobody = Client(node.url)
    waiting = {role: list(names) for role, names in SEATS.items()}
    clients = {}
    for seat in invitations:
        name = waiting[seat["role"]].pop(0)
        person = {"name": f"演示{name}", "email": f"{name}@{node.spec.code}.example"}
        joined = nobody.post(f"/api/v1/invitations/{seat['token']}:accept", person)
        clients[name] = Client(node.url, joined["api_key"])
    return clients

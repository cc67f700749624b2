"""The first people of a node: `create_node` makes their seats, each person takes one and holds only a key."""

import json
import subprocess
import sys

from config.embedded.nodes import Node
from config.embedded.stack import ROOT
from demo.client import Client, StepFailedError

# the seats of a new node, in the order create_node makes them, and what the demo calls who takes them
SEATS = {
    "operator_system": ["operator-system"],
    "operator_security": ["operator-security"],
    "operator_audit": ["operator-audit"],
    "regulator": ["regulator-one", "regulator-two"],
}


def found(node: Node, *, operator: str, regulator: str) -> dict[str, Client]:
    """Found the node and take every seat; the clients by the names of SEATS."""
    command = [sys.executable, "manage.py", "create_node", "--json"]
    command += ["--operator-name", operator, "--regulator-name", regulator]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=node.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StepFailedError(f"create_node: {done.stderr[-800:]}")
    nobody = Client(node.url)
    waiting = {role: list(names) for role, names in SEATS.items()}
    clients = {}
    for seat in json.loads(done.stdout)["invitations"]:
        name = waiting[seat["role"]].pop(0)
        person = {"name": f"演示{name}", "email": f"{name}@{node.spec.code}.example"}
        joined = nobody.post(f"/api/v1/invitations/{seat['token']}:accept", person)
        clients[name] = Client(node.url, joined["api_key"])
    return clients

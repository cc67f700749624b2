"""`./dev demo --federation`: one national, two regional and one industry node on one machine, each with its own database and key."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from config.embedded.nodes import INDUSTRY, NATIONAL, NEIGHBOUR, REGIONAL, Node, NodeSpec
from config.embedded.stack import Stack
from demo.client import Client
from demo.founding import founded_nodes
from demo.proxy import FaultProxy
from demo.steps import Step
from kernel.crypto.keys import write_key
from kernel.crypto.suite import GM, INTERNATIONAL

NATION, JIANGSU, ZHEJIANG, IMAGING = (spec.code for spec in (NATIONAL, REGIONAL, NEIGHBOUR, INDUSTRY))
NAMES = (
    ("attach", "三级节点接入，两种密码套件 Attach the nodes, in two suites"),
    ("identify", "行业节点的标识由区域节点签发 Identifiers of the industry node, issued by its region"),
    ("monitor", "行业节点的监测数据上报区域节点 Monitoring data of the industry node"),
    ("add", "区域节点汇总行业节点的报表，逐家分列 A region adds its industry node's report, told apart"),
    ("rotate", "更换节点密钥 Change a node's key"),
    ("outage", "断网后续传 A partition, and what waited arrives"),
    ("instruct", "监管指令逐级下达 Instructions, one step down and two"),
    ("part", "脱离与重新接入 Detach and attach again"),
    ("restore", "恢复备份后向上级取回所忘 A restored region learns from the nation what it forgot"),
)


@dataclass
class Nation:
    """Four running nodes by code, the proxy through which those below go out, and everybody's clients by node and name."""

    nodes: dict[str, Node]
    proxy: FaultProxy
    people: dict[str, dict[str, Client]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def who(self, node: str, name: str) -> Client:
        """Somebody of a node: `operator-system`, `operator-security`, `regulator-one` …, or a party by its key."""
        return self.people[node][name]

    def approve(self, node: str, proposal: str, by: str = "regulator-two") -> Any:
        """Let a second person of the node approve."""
        return self.who(node, by).post(f"/api/v1/proposals/{proposal}:approve")

    def stream(self, node: str, name: str, peer: str) -> dict[str, Any]:
        """How a stream of a node to a peer stands; empty while there is none."""
        rows = self.who(node, "operator-system").get("/api/v1/streams", limit=200)["items"]
        return next((row for row in rows if (row["name"], row["peer"]) == (name, peer)), {})


def specs(proxy: FaultProxy, extra: dict[str, str]) -> list[NodeSpec]:
    """The four nodes: few processes each, and those below the nation behind the proxy."""
    below = {**extra, "EGRESS_PROXY": proxy.url}
    few = [
        replace(spec, job_workers=1) for spec in (REGIONAL, NATIONAL, NEIGHBOUR, INDUSTRY)
    ]  # the database of the first is there
    return [replace(spec, extra=extra if spec.code == NATION else below) for spec in few]


def steps() -> list[Step]:
    """All steps in order; one module for each."""
    return [Step(name, title, import_module(f"{__name__}.{name}").run) for name, title in NAMES]


def give_keys(run: Path) -> str:
    """Write the keys of the nodes that need more than one, as `new_node_key` does; the id of Jiangsu's next one."""
    kinds = {
        NATION: (INTERNATIONAL, GM),
        ZHEJIANG: (INTERNATIONAL, GM),
        JIANGSU: (INTERNATIONAL, INTERNATIONAL),
    }
    for code, suites in kinds.items():
        made = [(suite, suite.new_private_key()) for suite in suites]
        file = run / code / "node.pem"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("".join(write_key(*each) for each in made))
    suite, private_key = made[-1]
    return suite.key_id(suite.public_key(private_key))


@contextlib.contextmanager
def nation(
    stack: Stack, proxy: FaultProxy, extra: dict[str, str], say: Callable[[str, float], None]
) -> Iterator[Nation]:
    """The four nodes, ready, with their first people."""
    next_key = give_keys(stack.place.run)
    with founded_nodes(specs(proxy, extra), stack, say) as founded:
        nodes = {node.spec.code: node for node, _ in founded}
        people = {node.spec.code: theirs for node, theirs in founded}
        yield Nation(nodes, proxy, people, {"next_key": next_key})

"""The national node that the attacks on streams meet: its own processes and services, its database open to its owner."""

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString

import httpx
import psycopg

from config.embedded.nodes import NATIONAL, REGIONAL, Node
from demo.client import Client
from demo.founding import found
from tests.attacks._two_nodes import nodes_of_our_own
from tests.support.processes import UNTHROTTLED

AT_ONCE = 4  # requests on the wire: as many as a web worker has threads


@dataclass(frozen=True)
class Nation:
    """The running node: what peers ask of it over HTTP, and what its owner reads and does behind its back."""

    node: Node
    operator: Client
    peers: httpx.Client
    owner: psycopg.Connection[Any]

    @property
    def url(self) -> str:
        """Its own address, which signatures are over."""
        return self.node.url

    def invite(self, code: str) -> str:
        """The token with which the region of this code attaches."""
        asked = {"code": code, "role": "regional"}
        return str(self.operator.post("/api/v1/node-invitations", asked)["token"])

    def post(self, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of one request of a peer's, on a connection that is kept."""
        answer = self.peers.post(self.url + target, headers=headers, content=body)
        return answer.status_code, answer.content

    def rows(self, query: LiteralString, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """What a statement gives, as the owner of the database."""
        done = self.owner.execute(query, values)
        return done.fetchall() if done.description else []


@contextlib.contextmanager
def nation() -> Iterator[Nation]:
    """The national node with its first people, ended on the way out."""
    # alone on its services, it has the database that is made first
    spec = replace(NATIONAL, port=0, place=REGIONAL.databases, extra={"THROTTLE_RATE": UNTHROTTLED})
    with nodes_of_our_own("streams", [spec]) as (node,):
        people = found(node)
        limits = httpx.Limits(max_keepalive_connections=AT_ONCE)
        owner = node.stack.addresses(spec.databases).database_owner
        with (
            httpx.Client(timeout=60, limits=limits, trust_env=False) as peers,
            psycopg.connect(owner, autocommit=True) as connection,
        ):
            yield Nation(node, people["operator-system"], peers, connection)


def told(name: str, done: str, broken: list[str], *, seed: int, began: float) -> list[str]:
    """Print what an attack did and found; the complaints, each with its name and seed."""
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"{'FAIL' if broken else 'ok  '} {name}: {done} in {seconds:.1f} s, {len(broken)} complaints\n"
    )
    sys.stdout.flush()
    return [f"{name}, seed {seed}: {each}" for each in broken]

"""A provider's agent: a small real client that reports machines and takes the node's signed calls.

It stands for the software that a provider runs beside its cluster; the cluster itself is counters here: no service is started,
but its machines count as serving from an order's start to its end. One that is restarted must know them still.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx

from demo.client import Client, StepFailedError
from demo.listener import Listener
from kernel.crypto.messages import RegisteredKey, Request, verify_request
from kernel.crypto.suite import INTERNATIONAL
from kernel.errors import SignatureRefused

EVERY_SECONDS = 2.0
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Cluster:
    """What the agent knows of its machines: how many each pool has, and the pool and how many of it serve an order of the node."""

    installed: Mapping[str, int]
    orders: dict[str, tuple[str, int]] = field(default_factory=dict)

    def serving(self, pool: str) -> int:
        """Machines of the pool that run orders of the node."""
        return sum(machines for of, machines in self.orders.copy().values() if of == pool)

    def put_to_work(self, order: str, pool: str, machines: int) -> bool:
        """So many machines of the pool run the order from now on; False where fewer are idle."""
        fits = self.serving(pool) + machines <= self.installed[pool]
        if fits:
            self.orders[order] = pool, machines
        return fits

    def set_free(self, order: str) -> None:
        """The order's machines are idle again; of one that has none nothing is done."""
        self.orders.pop(order, None)


class ProviderAgent:
    """Reports every two seconds from a thread of its own, until `silence`; signed calls arrive at `callback_url`."""

    def __init__(self, name: str, client: Client, installed: Mapping[str, int]) -> None:
        """Read the node's key, listen for its calls, and register; nothing is reported before `start`."""
        self.name, self.client, self.cluster = name, client, Cluster(installed)
        self.calls: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.unheard: list[str] = []
        self._node_key = key_of_node(client)
        self._sequence, self._quiet, self._taking = 0, threading.Event(), threading.Lock()
        self._beating: threading.Thread | None = None
        self.listener = Listener(self._take)
        self.callback_url = f"{self.listener.url}/dispatch"
        client.post("/api/v1/agents", {"agent": name, "callback_url": self.callback_url})

    def report(self) -> Any:
        """Send one heartbeat for all pools; the node's verdicts."""
        self._sequence += 1
        readings = []
        for pool, installed in self.cluster.installed.items():
            serving = self.cluster.serving(pool)
            readings.append(
                {
                    "pool": pool,
                    "machines_total": installed,
                    "machines_free": installed - serving,
                    "machines_serving": serving,
                    "faulty": 0,
                }
            )
        body = {
            "agent": self.name,
            "sequence": self._sequence,
            "observed_at": datetime.now(UTC).isoformat(),
            "pools": readings,
        }
        return self.client.post("/api/v1/inventory/heartbeats", body)

    def start(self) -> None:
        """Report now and every two seconds."""
        self._quiet.clear()
        self.report()
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._beating.start()

    def silence(self) -> None:
        """Fall silent, as an agent does whose link or host is gone."""
        self._quiet.set()

    def close(self) -> None:
        """Stop reporting and listening; a report that is on its way arrives."""
        self.silence()
        if self._beating:
            self._beating.join()
        self.listener.close()

    def _beat(self) -> None:
        """A report that the node refuses, or never hears, is noted, and the next one goes out all the same."""
        while not self._quiet.wait(EVERY_SECONDS):
            try:
                self.report()
            except (StepFailedError, httpx.HTTPError) as error:
                self.unheard.append(str(error))

    def _take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer a call: 401 where it does not bear the node's signature, 503 where it could not be done: the node calls again."""
        call = Request("POST", self.callback_url, dict(handler.headers), body)
        try:
            verify_request(call, find_key=self._node_key.get, now=datetime.now(UTC))
        except SignatureRefused as refusal:
            self.refused.append(str(refusal))
            handler.send_response(401)
            handler.end_headers()
            return
        done = self._do(json.loads(body))
        answer = json.dumps({"accepted": done}).encode()
        handler.send_response(200 if done else 503)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def _do(self, call: dict[str, Any]) -> bool:
        """Put an order's machines to work, or set them free; whether that is done.

        Order, delivery and act are the id of the work: what is known is a repeat, and a start that comes after the end is late.
        A next delivery says that the last one was refused: here the same machines serve on; a real agent sets up anew.
        """
        order = call["order"]
        with self._taking:
            known = self.calls.get(order)
            if call["act"] == "end":
                self.cluster.set_free(order)
            elif known and (known["act"] == "end" or known["delivery"] >= call["delivery"]):
                return True
            elif not known and not self._start(call):
                return False
            self.calls[order] = call
            return True

    def _start(self, call: dict[str, Any]) -> bool:
        try:
            pool = self.client.get(f"/api/v1/offers/{call['offer']}")["pool"]
        except (StepFailedError, httpx.HTTPError):
            return False
        return self.cluster.put_to_work(call["order"], pool, call["quantity"])


def key_of_node(client: Client) -> dict[str, RegisteredKey]:
    """The key that the client's node publishes, by its id: what it signs is believed, and nothing else."""
    public = INTERNATIONAL.public_key_of(client.get("/api/v1/node-key")["jwk"])
    known = INTERNATIONAL.key_id(public)
    return {known: RegisteredKey(known, client.base, INTERNATIONAL, public, LONG_AGO)}

"""A provider's agent: a small real client that reports machines and takes the node's signed calls.

It stands for the software that a provider runs beside its cluster; the cluster itself is two counters here: no service
is started, but its machines count as serving from then on. The node calls for a start, never for an end, so they stay it.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from demo.client import Client
from demo.listener import Listener
from kernel.crypto.messages import RegisteredKey, Request, verify_request
from kernel.crypto.suite import INTERNATIONAL
from kernel.errors import SignatureRefused

EVERY_SECONDS = 2.0
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Cluster:
    """What the agent knows of its machines by pool: how many are installed, and how many serve orders of the node."""

    installed: Mapping[str, int]
    serving: dict[str, int] = field(default_factory=dict)

    def put_to_work(self, pool: str, machines: int) -> None:
        """So many idle machines of the pool run an order of the node from now on."""
        self.serving[pool] = self.serving.get(pool, 0) + machines


class ProviderAgent:
    """Reports every two seconds from a thread of its own, until `silence`; signed calls arrive at `callback_url`."""

    def __init__(self, name: str, client: Client, installed: Mapping[str, int]) -> None:
        """Read the node's key, listen for its calls, and register; nothing is reported before `start`."""
        self.name, self.client, self.cluster = name, client, Cluster(installed)
        self.calls: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self._node_key = key_of_node(client)
        self._sequence, self._quiet, self._taking = 0, threading.Event(), threading.Lock()
        self._beating: threading.Thread | None = None
        self.listener = Listener(self._take)
        self.callback_url = f"{self.listener.url}/dispatch"
        client.post("/api/v1/agents", {"agent": name, "callback_url": self.callback_url})

    def report(self) -> Any:
        """Send one heartbeat for all pools; the node's verdicts."""
        self._sequence += 1
        readings = [
            {
                "pool": pool,
                "machines_total": installed,
                "machines_free": installed - self.cluster.serving.get(pool, 0),
                "machines_serving": self.cluster.serving.get(pool, 0),
                "faulty": 0,
            }
            for pool, installed in self.cluster.installed.items()
        ]
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
        while not self._quiet.wait(EVERY_SECONDS):
            self.report()

    def _take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer a call: 401 where it does not bear the node's signature, else the order's machines serve, once."""
        call = Request("POST", self.callback_url, dict(handler.headers), body)
        try:
            verify_request(call, find_key=self._node_key.get, now=datetime.now(UTC))
        except SignatureRefused as refusal:
            self.refused.append(str(refusal))
            handler.send_response(401)
            handler.end_headers()
            return
        self._dispatch(json.loads(body))
        answer = json.dumps({"accepted": True}).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def _dispatch(self, call: dict[str, Any]) -> None:
        """Put the machines of a new order to work. Order and delivery are the id of the work: both known is a repeat.

        A next delivery says that the last one was refused: here the same counter serves on; a real agent sets up anew.
        """
        with self._taking:
            known = self.calls.get(call["order"])
            if known and known["delivery"] >= call["delivery"]:
                return
            if not known:
                pool = self.client.get(f"/api/v1/offers/{call['offer']}")["pool"]
                self.cluster.put_to_work(pool, call["quantity"])
            self.calls[call["order"]] = call


def key_of_node(client: Client) -> dict[str, RegisteredKey]:
    """The key that the client's node publishes, by its id: what it signs is believed, and nothing else."""
    public = INTERNATIONAL.public_key_of(client.get("/api/v1/node-key")["jwk"])
    known = INTERNATIONAL.key_id(public)
    return {known: RegisteredKey(known, client.base, INTERNATIONAL, public, LONG_AGO)}

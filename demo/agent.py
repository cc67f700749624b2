"""A provider's agent: a small real client that reports machines and takes the node's signed calls.

It stands for the software that a provider runs beside its cluster; the cluster itself is a counter here.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from demo.client import Client
from demo.listener import Listener
from kernel.errors import SignatureRefused

EVERY_SECONDS = 2.0


@dataclass
class Cluster:
    """What the agent knows of its machines: installed by pool, and how many serve orders of the node."""

    installed: Mapping[str, int]
    serving: dict[str, int] = field(default_factory=dict)


class ProviderAgent:
    """Reports every two seconds from a thread of its own, until `silence`; calls arrive at `callback_url`."""

    def __init__(self, name: str, client: Client, installed: Mapping[str, int]) -> None:
        """Register at the node and listen for its calls; nothing is reported before `start`."""
        self.name, self.client, self.cluster = name, client, Cluster(installed)
        self.calls: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.verify: Callable[[str, Mapping[str, str], bytes], None] | None = None
        self._sequence, self._quiet = 0, threading.Event()
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
        """Answer a call of the node: 401 where its signature does not hold, else start the service once."""
        try:
            if self.verify:
                self.verify(self.callback_url, dict(handler.headers), body)
        except SignatureRefused as refusal:
            self.refused.append(str(refusal))
            handler.send_response(401)
            handler.end_headers()
            return
        call = json.loads(body)
        if call not in self.calls:
            self.calls.append(call)
        answer = json.dumps({"accepted": True}).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

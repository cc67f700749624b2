"""What the steps share: where the two nodes are, who holds which key, and what was made on the way."""

import json
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from config.embedded.nodes import Node
from demo.agent import ProviderAgent
from demo.client import Client, StepFailedError
from demo.proxy import FaultProxy

DATA = Path(__file__).resolve().parent / "data"
T = TypeVar("T")


@dataclass
class World:
    """Two running nodes, the proxy through which the regional one goes out, the clients of every actor by name, facts by name, and the firms that will race for the last machines."""

    regional: Node
    national: Node
    proxy: FaultProxy
    clients: dict[str, Client] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    agents: dict[str, ProviderAgent] = field(default_factory=dict)
    racers: list[Future[Client]] = field(default_factory=list)
    closing: list[Callable[[], None]] = field(default_factory=list)

    def load(self, name: str) -> Any:
        """One JSON file of demo/data."""
        return json.loads((DATA / name).read_text(encoding="utf-8"))

    def text(self, name: str) -> str:
        """One text file of demo/data."""
        return (DATA / name).read_text(encoding="utf-8")

    def until(self, story: str, ask: Callable[[], T], *, seconds: float = 20.0) -> T:
        """Ask until the answer is true; StepFailedError, telling the story, when it stays false."""
        deadline = time.monotonic() + seconds
        while True:
            if answer := ask():
                return answer
            if time.monotonic() > deadline:
                raise StepFailedError(f"after {seconds:g} s still not true: {story}")
            time.sleep(0.1)

"""Resolution over HTTP beside a bare Django view and a plain DRF view that reads one row of PostgreSQL by its key.

`python -m tests.bench.resolution [--rounds 3] [--seconds 10] [--clients 8] [--codes 10000] [--missing 200] [--seed 0]` runs
our web worker as the demo does and the peer views in another of the same kind (granian, one worker of four threads), and
lets the same kept connections ask them in turns: codes drawn as Zipf has it, one in fifty never issued. The peers have no
middleware, throttle or signature. Every timed answer is checked: the node's signature over it holds at the time
when it came, and it says what an uncached reading says, but for its times. Printed: the ratio of answers a second with the range
of the rounds, and p50/p99 of a request. Exit 1 where an answer is wrong or a ratio is below what was promised.
"""

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

import django
from django.conf import settings

if __name__ == "__main__":
    django.setup()  # before the models below are imported

import json

from demo.verify_identifier import RefusedError, verify
from identifiers.domain.codes import Code
from identifiers.errors import UnknownCode
from identifiers.services.resolution import resolve_signed
from kernel.tenancy import as_node
from nodes.services.signing import current_key
from tests.bench._codes import furnish, plain_rows, zipf
from tests.bench._wire import Wire, share_within
from tests.support.processes import web_server

LEAST = {"bare Django view": 0.5, "DRF view on PostgreSQL": 1.4}
MISSING = 0.02
DRAWN = 50_000
TIMES = ("issued_at", "valid_until")


@dataclass
class Burst:
    """What came of a burst: answers a second, the times of the requests in ms, and the answers with when each came."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    answers: list[tuple[str, int, bytes, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def at(self, share: float) -> float:
        """The time in ms within which a share of them was answered."""
        return share_within(self.times, share)


def request_of(path: str) -> bytes:
    """A reading as a plain client sends it."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n".encode()


def burst(port: int, path: str, asked: Sequence[str], *, clients: int, seconds: float) -> Burst:
    """Let so many clients ask at once for so long, each for its own share of what is asked, over and over."""
    gate, found = Barrier(clients), Burst()

    def run(number: int) -> float:
        wire = Wire(port)
        mine = [(each, request_of(path.format(each))) for each in asked[number::clients]]
        gate.wait(60)
        begin = start = time.perf_counter()
        while True:
            for each, request in mine:
                status, body = wire.ask(request)
                end = time.perf_counter()
                found.times.append((end - start) * 1000)
                found.answers.append((each, status, body, time.time()))
                if end - begin > seconds:
                    return end - begin
                start = time.perf_counter()

    with ThreadPoolExecutor(clients) as pool:
        found.seconds = max(pool.map(run, range(clients)))
    return found


class Judge:
    """Checks answers against the node's key and against uncached readings."""

    def __init__(self, missing: Sequence[str]) -> None:
        """Know the key, and what was never issued."""
        key = current_key()
        self.key = {"keyid": key.key_id, "jwk": key.jwk}
        self.missing, self.truth, self.seen = set(missing), dict[str, Any](), set[tuple[str, bytes]]()
        self.checked = self.distinct = 0

    def check(self, burst: Burst) -> list[str]:
        """What is wrong with answers of ours, in words; of the same bytes the last to come is looked at."""
        last = {(code, status, _steady(body)): (body, at) for code, status, body, at in burst.answers}
        self.checked += len(burst.answers)
        self.distinct += len(last)
        return [
            f"{code}: {wrong}"
            for (code, status, _), (body, at) in last.items()
            if (wrong := self._wrong(code, status, body, at))
        ]

    def _wrong(self, code: str, status: int, body: bytes, at: float) -> str:
        if status != (404 if code in self.missing else 200):
            return f"status {status}: {body[:200]!r}"
        try:
            said = verify(json.loads(body), self.key, code=code, now=datetime.fromtimestamp(at, UTC))
        except RefusedError as error:
            return str(error)
        said = {name: value for name, value in said.items() if name not in TIMES}
        return "" if said == self._true(code) else f"says {said}"

    def _true(self, code: str) -> Any:
        if code not in self.truth:
            try:
                facts = resolve_signed(Code.parse(code)).facts
            except UnknownCode:
                facts = {"type": "denial", "node": settings.NODE_CODE, "code": code}
            self.truth[code] = {name: value for name, value in facts.items() if name not in TIMES}
        return self.truth[code]


def _steady(body: bytes) -> bytes:
    """The body without the id of its request."""
    return re.sub(rb'"request_id":"[^"]*"', b"", body)


def compare(asked: argparse.Namespace, folder: Path) -> list[str]:
    """All sides in turns; a line for each, and what was wrong."""
    dice = Random(asked.seed)
    codes, missing = furnish(asked.codes, asked.missing, dice)
    plain_rows(os.environ["DATABASE_OWNER_URL"])
    known = zipf(codes, DRAWN, dice)
    mixed = [dice.choice(missing) if dice.random() < MISSING else each for each in known]
    judge = Judge(missing)
    with (
        web_server(folder / "ours") as (_, ours),
        web_server(folder / "peers", application="tests.bench.peers.plain_views:application") as (_, peers),
    ):
        sides = {
            "ours": (ours, "/api/v1/identifiers/{}", mixed),
            "bare Django view": (peers, "/bare", known),
            "DRF view on PostgreSQL": (peers, "/rows/{}", known),
        }
        bursts: dict[str, list[Burst]] = {name: [] for name in sides}
        broken: list[str] = []
        for turn in range(asked.rounds + 1):
            for name in list(sides)[:: 1 if turn % 2 else -1]:
                port, path, which = sides[name]
                shift = dice.randrange(DRAWN)
                found = burst(
                    port,
                    path,
                    [*which[shift:], *which[:shift]],
                    clients=asked.clients,
                    seconds=asked.seconds if turn else 1,
                )
                if name == "ours":
                    broken += judge.check(found)
                elif {status for _, status, _, _ in found.answers} != {200}:
                    broken.append(f"{name}: an answer that is not 200")
                found.answers.clear()
                if turn:
                    bursts[name].append(found)
    return broken + report(bursts, judge)


def report(bursts: dict[str, list[Burst]], judge: Judge) -> list[str]:
    """Print a line for each side; the promises that were not kept."""
    short = []
    for name, rounds in bursts.items():
        words = f"{statistics.median(one.rate for one in rounds):.0f}/s, p50/p99 " + "/".join(
            f"{statistics.median(one.at(share) for one in rounds):.2f}" for share in (0.5, 0.99)
        )
        if name in LEAST:
            ratios = sorted(a.rate / b.rate for a, b in zip(bursts["ours"], rounds, strict=True))
            middle = statistics.median(ratios)
            words += (
                f" ms; ours is {middle:.2f} × it ({ratios[0]:.2f} to {ratios[-1]:.2f}), asked {LEAST[name]}"
            )
            if middle < LEAST[name]:
                short.append(f"{middle:.2f} × {name}, {LEAST[name]} was asked")
        else:
            words += f" ms; {judge.checked} answers checked, {judge.distinct} distinct"
        print(f"{name}: {words}", flush=True)  # noqa: T201 - a command line
    return short


def main() -> int:
    """Run the measurement from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--codes", type=int, default=10_000)
    parser.add_argument("--missing", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with TemporaryDirectory() as name, as_node("the measurement does what services do"):
        broken = compare(asked, Path(name))
    print(*broken[:20], sep="\n")  # noqa: T201 - a command line
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

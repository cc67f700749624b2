"""Claims a second over HTTP, against OpenStack Placement's `PUT /allocations`, and never one too many.

`python -m tests.bench.claims [--rounds 3] [--seconds 5] [--clients 8] [--workers 1] [--pools 10000] [--batch 100]` runs
our web workers as the demo does (granian, PostgreSQL) and Placement on the same PostgreSQL with as many of them, and lets
the same clients claim one unit at a time, in turns: of one hot pool, then of pools spread over ten thousand. Ours is
`POST /api/v1/holds`, and then `POST /api/v1/holds:batch` of a hundred: signed in, counted, once by its key, behind the gate, with its event and its stored answer (Celery, which
relays the events afterwards, does not run). Checked in the same run: what the ledger says is what the claims say; the
last units go to exactly as many as there are; and a control that reads and then writes is caught overselling by the same
check. Exit 1 where a check fails. The ratios are printed, not judged: how busy the machine is, is not ours to say.
"""

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Barrier
from uuid import UUID, uuid4

import django
import psycopg
from django.db import connection
from django.db.models import Sum

if __name__ == "__main__":
    django.setup()  # before the models below are imported

from kernel.models import Capacity, Claim, HoldAccount
from kernel.models.capacity import ACTIVE
from kernel.tenancy import as_node
from tests.bench._ground import Ground, prepare
from tests.bench._wire import Wire, share_within
from tests.bench.peers.allocations import claim as their_claim
from tests.bench.peers.allocations import pools_at_placement
from tests.support.processes import web_server

TOTAL = 2**31 - 1
SUCCEEDED = re.compile(rb'"succeeded":(\d+)')
Request = tuple[str, str, bytes, dict[str, str]]
Make = Callable[[int, Random], Request]
Side = tuple[int, Make, int]
"""A port, how a request is made, and how many units one claims."""
Sides = dict[str, Side]


@dataclass(frozen=True)
class Burst:
    """What came of a burst: claims granted, in all and in a second, the requests' times in ms, and every status."""

    granted: int
    per_second: float
    times: list[float]
    statuses: Counter[int]

    def at(self, share: float) -> float:
        """The time in ms within which a share of them was answered."""
        return share_within(self.times, share)


def written(request: Request) -> bytes:
    """A request as it goes out."""
    method, path, body, headers = request
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
    return head.encode() + body


def burst(
    port: int,
    make: Make,
    *,
    clients: int,
    seconds: float,
    most: int = 0,
    each: int = 1,
) -> Burst:
    """Let so many clients claim at once, for so long or until each has asked so often; a request claims `each` units."""
    gate, times, statuses = Barrier(clients), list[float](), Counter[int]()

    def run(number: int) -> tuple[int, float]:
        wire, dice = Wire(port), Random(number)
        gate.wait(60)
        begin, asked, granted = time.perf_counter(), 0, 0
        while time.perf_counter() - begin < seconds and not (most and asked >= most):
            request, start = make(number, dice), time.perf_counter()
            status, body = wire.ask(written(request))
            times.append((time.perf_counter() - start) * 1000)
            statuses[status] += 1
            told = SUCCEEDED.search(body)
            granted += int(told[1]) if told else each if status < 300 else 0
            asked += 1
        return granted, time.perf_counter() - begin

    with ThreadPoolExecutor(clients) as pool:
        ends = list(pool.map(run, range(clients)))
    granted = sum(granted for granted, _ in ends)
    return Burst(granted, granted / max(seconds for _, seconds in ends), times, statuses)


def our_claim(ground: Ground, offers: Sequence[UUID], each: int = 1) -> Make:
    """A claim of one machine of one of the offers, or so many of them at once, by the key of one of the buyers."""

    def make(number: int, dice: Random) -> Request:
        headers = {
            "Authorization": f"Api-Key {ground.keys[dice.randrange(len(ground.keys))]}",
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "application/json",
        }
        wishes = [{"offer": str(offers[dice.randrange(len(offers))]), "quantity": 1} for _ in range(each)]
        if each == 1:
            return "POST", "/api/v1/holds", json.dumps(wishes[0]).encode(), headers
        return "POST", "/api/v1/holds:batch", json.dumps({"items": wishes}).encode(), headers

    return make


def wrong_books() -> list[str]:
    """Where the ledger's rows, its claims and its totals do not agree."""
    taken = dict(
        Claim.objects.filter(state__in=ACTIVE)
        .values_list("resource")
        .annotate(sum=Sum("quantity"))
        .order_by()
    )
    found = [
        f"{row.resource}: {row.standing} stand, {taken.get(row.resource, 0)} are claimed, of {row.total}"
        for row in Capacity.objects.filter(unit="machine")
        if row.standing != taken.get(row.resource, 0) or taken.get(row.resource, 0) > row.total
    ]
    held = Claim.objects.filter(state="held").values("bundle").distinct().count()
    counted = HoldAccount.objects.aggregate(sum=Sum("live"))["sum"] or 0
    return found + ([f"{held} holds, {counted} counted"] if held != counted else [])


def last_units(port: int, ground: Ground, clients: int) -> str:
    """Fewer units than are asked for: exactly as many are granted, the others told no."""
    Capacity.objects.filter(resource=ground.scarce_pool).update(total=200)
    found = burst(port, our_claim(ground, [ground.scarce_offer]), clients=clients, seconds=60, most=60)
    if (found.granted, set(found.statuses)) != (200, {201, 409}) or wrong_books():
        return f"FAIL the last 200 units: {dict(found.statuses)}, {wrong_books()}"
    return f"ok   the last 200 of a pool, {clients} clients: {dict(found.statuses)}, 0 oversold"


def naive(ground: Ground, clients: int) -> str:
    """The control: a claim that reads what is free and then writes what it read less one."""
    Capacity.objects.filter(resource=ground.naive_pool).update(total=200)
    gate = Barrier(clients)
    url, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]

    def buy(_: int) -> int:
        got = 0
        with psycopg.connect(url, dbname=str(name), autocommit=True) as wire:
            wire.execute("SELECT set_config('cin.reach', 'all', false)")
            gate.wait(60)
            for _ in range(60):
                with wire.transaction():
                    row = wire.execute(
                        "SELECT total, standing FROM capacity WHERE resource = %s", [ground.naive_pool]
                    ).fetchone()
                    assert row is not None
                    if row[1] < row[0]:
                        wire.execute(
                            "UPDATE capacity SET standing = %s WHERE resource = %s",
                            [row[1] + 1, ground.naive_pool],
                        )
                        wire.execute(
                            "INSERT INTO claim (id, resource_id, bundle, tenant_id, quantity, state) "
                            "VALUES (%s, %s, %s, %s, 1, 'confirmed')",
                            [uuid4(), ground.naive_pool, uuid4(), ground.tenants[0]],
                        )
                        got += 1
        return got

    with ThreadPoolExecutor(clients) as pool:
        granted = sum(pool.map(buy, range(clients)))
    caught = wrong_books()
    Claim.objects.filter(resource=ground.naive_pool).update(state="released")
    Capacity.objects.filter(resource=ground.naive_pool).update(standing=0)
    if not caught:
        return f"FAIL the control that reads and then writes granted {granted} of 200 and was not caught"
    return f"ok   the control that reads and then writes granted {granted} of 200 and was caught: {caught[0]}"


def compare(asked: argparse.Namespace, folder: Path, ground: Ground) -> list[str]:
    """Both peers in turns, shape by shape; a line for each, and what was wrong."""
    owner_url = os.environ["DATABASE_OWNER_URL"]
    pools = {"one hot pool": 1, f"spread over {asked.pools:,} pools": asked.pools}
    shapes = [(name, count, each) for each in (1, asked.batch) for name, count in pools.items()]
    broken = []
    with (
        web_server(folder, workers=asked.workers, HEARTBEAT_SECONDS="86400") as (_, port),
        pools_at_placement(
            owner_url, folder / "peer", workers=asked.workers, pools=asked.pools, total=TOTAL
        ) as (peer, ids),
    ):
        for name, count, each in shapes:
            mine = our_claim(ground, ground.offers[:count], each)
            contest = Contest(name, each, asked, sides((port, mine, each), peer, ids[:count]))
            contest.run()
            print(contest.line, flush=True)  # noqa: T201 - a command line
            broken += [*contest.broken, *wrong_books()]
        for line in (last_units(port, ground, asked.clients), naive(ground, asked.clients)):
            print(line)  # noqa: T201
            broken += [line] if line.startswith("FAIL") else []
    return broken


def sides(ours: Side, peer: int, ids: list[str]) -> Sides:
    """Who claims: we, and Placement, one at a time."""
    return {"ours": ours, "Placement": (peer, lambda _, dice: their_claim(dice.choice(ids)), 1)}


class Contest:
    """One shape of claims, asked of both in turns: theirs one at a time, ours so or together."""

    def __init__(self, name: str, each: int, asked: argparse.Namespace, sides: Sides) -> None:
        """Name the sides."""
        self.name, self.each, self.asked, self.sides = name, each, asked, sides
        self.bursts: dict[str, list[Burst]] = {side: [] for side in sides}
        self.broken: list[str] = []

    def run(self) -> None:
        """Let the sides take turns, each round in the other order; a short one before warms them."""
        for turn in range(self.asked.rounds + 1):
            for side in list(self.sides)[:: 1 if turn % 2 else -1]:
                port, make, each = self.sides[side]
                seconds = self.asked.seconds if turn else 1
                found = burst(port, make, clients=self.asked.clients, seconds=seconds, each=each)
                if max(found.statuses) >= 500:
                    self.broken.append(f"{self.name}, {side}: {dict(found.statuses)}")
                if turn:
                    self.bursts[side].append(found)

    @property
    def line(self) -> str:
        """Claims a second of each side, the ratios of the rounds with their range, and the times of the requests."""
        rates = {side: [one.per_second for one in bursts] for side, bursts in self.bursts.items()}
        words = []
        for peer in list(rates)[1:]:
            ratios = sorted(
                a / b if b else float("inf") for a, b in zip(rates["ours"], rates[peer], strict=True)
            )
            words.append(
                f"{statistics.median(ratios):.1f} × {peer} ({ratios[0]:.1f} to {ratios[-1]:.1f}; "
                f"{statistics.median(rates[peer]):.0f}/s)"
            )
        times = ", ".join(
            f"{side} {statistics.median(one.at(0.5) for one in bursts):.0f}/{statistics.median(one.at(0.99) for one in bursts):.0f}"
            for side, bursts in self.bursts.items()
        )
        how = "one a request" if self.each == 1 else f"{self.each} a request"
        return (
            f"{self.name}, {how}: {statistics.median(rates['ours']):.0f} claims/s = {'; '.join(words)}; "
            f"p50/p99 of a request in ms: {times}"
        )


def main() -> int:
    """Run the measurement from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pools", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=100)
    asked = parser.parse_args()
    with TemporaryDirectory() as name, as_node("the measurement does what services do"):
        broken = compare(asked, Path(name), prepare(pools=asked.pools, total=TOTAL))
    print(*broken, sep="\n")  # noqa: T201 - a command line
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

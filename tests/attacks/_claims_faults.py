"""C-4: buyers hold, confirm, extend and release while PostgreSQL is stopped at once, Redis restarts and workers are killed.

The services are of this attack alone. Buyers and a sweeper are processes, as web workers and Celery's are; a fault that no
buyer noticed, or that did not take place, does not count.

It is no test of the suite: PostgreSQL cannot be cut off under the other tests, and a cluster of its own with five processes
takes 23 s of processor time for three faults. `./dev check` runs it at that size, with every other attack; the suite cuts
buyers' connections (`tests/kernel/test_capacity_faults.py`).
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import psycopg

from config.embedded.addresses import PAIRS
from config.embedded.nodes import REGIONAL, Node, prepare
from config.embedded.stack import ROOT, Stack, private_stack

BUYERS = 4
SECONDS_BETWEEN = 1.0
SECONDS_TO_RECOVER = 60.0
KINDS = ("postgresql", "redis", "worker")
WRONG = """
    WITH taken AS (
        SELECT resource_id, sum(quantity) AS quantity FROM claim WHERE state IN ('held', 'confirmed') GROUP BY 1
    )
    SELECT c.resource::text || ' says ' || c.standing || ', taken are ' || coalesce(t.quantity, 0) || ' of ' || c.total
    FROM capacity c LEFT JOIN taken t ON t.resource_id = c.resource
    WHERE c.standing <> coalesce(t.quantity, 0) OR c.standing > c.total
    UNION ALL
    SELECT 'bundle ' || bundle || ' is split: ' || string_agg(DISTINCT state, ', ') FROM claim
    GROUP BY bundle HAVING count(*) <> 2 OR count(DISTINCT state) > 1
    UNION ALL
    SELECT 'account of ' || tenant_id || ' says ' || live FROM hold_account a
    WHERE live <> (SELECT count(DISTINCT bundle) FROM claim c WHERE c.tenant_id = a.tenant_id AND state = 'held')
    UNION ALL
    SELECT 'hold ' || bundle || ' has outlived its deadline by 30 s' FROM claim
    WHERE state = 'held' AND expires_at < statement_timestamp() - interval '30 seconds'
"""


class Field:
    """The services of the attack, its two resources, and the processes that use them."""

    def __init__(self, stack: Stack) -> None:
        """Make the database and declare what is scarce."""
        self.stack, self.node = stack, Node(REGIONAL, stack)
        prepare([self.node], stack)
        self.environment = {**self.node.environment(), "PYTHONPATH": str(ROOT)}
        self.people: dict[str, subprocess.Popen[bytes]] = {}
        self.work("declare").wait()

    def work(self, role: str, seed: int = 0) -> subprocess.Popen[bytes]:
        """Start a process of the attack."""
        return subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "tests.attacks._claims_worker", role, str(seed)],
            env=self.environment,
            cwd=ROOT,
            stdout=(self.stack.place.run / f"{role}-{seed}.log").open("ab"),
            stderr=subprocess.STDOUT,
        )

    def fill(self) -> None:
        """Let everybody be at work who is not."""
        for name in (*(f"buyer-{n}" for n in range(BUYERS)), "sweeper-0"):
            if name not in self.people or self.people[name].poll() is not None:
                role, number = name.split("-")
                self.people[name] = self.work(role, int(number) + random.randrange(10**6) * 10)

    def query(self, statement: str) -> list[Any]:
        """Ask PostgreSQL as its superuser."""
        with psycopg.connect(
            host=str(self.stack.place.sockets), user="postgres", dbname=self.database, connect_timeout=5
        ) as wire:
            return list(wire.execute(statement))

    @property
    def database(self) -> str:
        """The name of the node's database."""
        return self.environment["DATABASE_URL"].split("?")[0].rsplit("/", 1)[-1]

    def progress(self) -> int:
        """How many claims were ever made."""
        return int(self.query("SELECT count(*) FROM claim")[0][0])

    def recovered(self, since: int) -> bool:
        """Whether buyers go on after a fault, in time; whoever was killed is at work again, as under a supervisor."""
        deadline = time.monotonic() + SECONDS_TO_RECOVER
        while time.monotonic() < deadline:
            self.fill()
            with suppress(psycopg.OperationalError):
                if self.progress() > since:
                    return True
            time.sleep(0.1)
        return False

    def strike(self, kind: str) -> bool:
        """Let one fault happen; whether it did."""
        if kind == "worker":
            name = random.choice([each for each, one in self.people.items() if one.poll() is None])
            self.people[name].send_signal(signal.SIGKILL)
            return self.people[name].wait() == -signal.SIGKILL
        if kind == "redis":
            before = self.stack.state.processes()["redis"].pid
            os.kill(before, signal.SIGKILL)
            while self.stack.redis.answers():
                time.sleep(0.01)
            self.stack.redis.start(lambda process: self.stack.record("redis", process))
            return self.stack.state.processes()["redis"].pid != before
        started = self.query("SELECT pg_postmaster_start_time()")
        open_ = self.query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'node_app'")[0][0]
        self.stack.postgresql.stop(at_once=True)
        self.stack.postgresql.start(lambda process: self.stack.record("postgresql", process))
        return bool(open_) and self.query("SELECT pg_postmaster_start_time()") != started


def faults(count: int, seed: int) -> Iterator[str]:
    """Let so many faults land; what was broken, in words. Prints what happened."""
    dice, landed, begin = random.Random(seed), Counter[str](), time.monotonic()
    with nothing_named(), private_stack("claims-faults", durable=True) as stack:
        field = Field(stack)
        field.fill()
        if not field.recovered(0):
            yield "C-4: nobody could hold anything before the first fault"
            return
        try:
            for turn in range(count):
                time.sleep(dice.uniform(0, SECONDS_BETWEEN))
                kind, made = KINDS[turn % len(KINDS)], field.progress()
                landed[kind if field.strike(kind) else "did not land"] += 1
                if not field.recovered(made):
                    yield f"C-4, fault {turn} ({kind}): nobody went on within {SECONDS_TO_RECOVER:.0f} s"
                yield from (f"C-4, fault {turn} ({kind}): {wrong}" for (wrong,) in field.query(WRONG))
        finally:
            for each in field.people.values():
                each.kill()
                each.wait()
        made = field.progress()
        states = dict(field.query("SELECT state, count(*) FROM claim GROUP BY 1"))
    if landed["did not land"]:
        yield f"C-4: {landed['did not land']} faults did not land"
    print(  # noqa: T201 - a command line
        f"{'FAIL' if landed['did not land'] else 'ok  '} C-4 faults: {dict(landed)} in {time.monotonic() - begin:.0f} s, {made} claims made: {states}",
        flush=True,
    )


@contextmanager
def nothing_named() -> Iterator[None]:
    """Forget the services that this process was given: those that fail are made for it."""
    kept = {name: os.environ.pop(name) for pair in PAIRS for name in pair if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def known(text: str) -> UUID:
    """The id that a word stands for, the same in every process."""
    return UUID(int=int.from_bytes(text.encode().rjust(16, b"\0"), "big"))

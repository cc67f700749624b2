"""Workers die and Redis forgets while jobs and deliveries run: nothing is lost and nothing is done twice (S2, S4)."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
import redis
from celery import Celery
from django.conf import settings

from config.embedded.process import Process, end, is_alive
from kernel.doorbell import SWEEP
from kernel.models import Delivery, Job
from kernel.models.outbox import PendingEvent
from tests.kernel.bells import ring_bell
from tests.support.processes import celery_worker, children
from tests.support.races import as_role

ROUNDS, BELLS_A_ROUND = 8, 15
STEPS = {"delivery", "job", "echo"}
SECONDS_TO_RECOVER = 30
OWN_BROKER, OWN_CACHE = 11, 12  # databases of Redis that no other test has


@pytest.fixture
def tolls(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """The table of what was done, which the application may write."""
    with as_role("node_owner") as owner:
        owner.execute("CREATE TABLE toll (step text, count integer)")
        owner.execute("GRANT INSERT, SELECT ON toll TO node_app")
        yield owner
        owner.execute("DROP TABLE toll")


def own_redis() -> tuple[str, str]:
    """Addresses of a broker and a cache in databases of our own of the suite's Redis."""
    broker = settings.CELERY_BROKER_URL
    cache = settings.CACHES["default"]["LOCATION"]
    if "virtual_host=" in broker:
        return broker.rsplit("=", 1)[0] + f"={OWN_BROKER}", cache.rsplit("=", 1)[0] + f"={OWN_CACHE}"
    return broker.rsplit("/", 1)[0] + f"/{OWN_BROKER}", cache.rsplit("/", 1)[0] + f"/{OWN_CACHE}"


def done(owner: psycopg.Connection[Any]) -> list[tuple[str, int, int]]:
    """How often each step of each bell was done."""
    return owner.execute("SELECT step, count, count(*) FROM toll GROUP BY 1, 2").fetchall()


class Worker:
    """A Celery worker with whoever watches over it: when it is gone, it is started again."""

    def __init__(self, folder: Path, broker: str, cache: str) -> None:
        """Start it."""
        self.folder, self.services = folder, {"REDIS_URL": broker, "CACHE_URL": cache}
        self.process = self._start()

    def _start(self) -> Process:
        return celery_worker(self.folder, include="tests.failure.tolls", **self.services)

    def kill(self, *, whole: bool) -> bool:
        """Kill every child of the worker, or the worker with all its children; whether somebody died."""
        victims = children(self.process)
        with suppress(ProcessLookupError):
            if whole:
                os.killpg(self.process.pid, signal.SIGKILL)
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
        return bool(victims)

    def until(self, true: Callable[[], object]) -> None:
        """Watch over it until something is true. Raises AssertionError with its last words when it never is."""
        deadline = time.monotonic() + SECONDS_TO_RECOVER
        while not true():
            assert time.monotonic() < deadline, (self.folder / "worker.log").read_text()[-3000:]
            if not is_alive(self.process):  # Celery too gives up when its children die as they start
                end([self.process], grace=0)
                self.process = self._start()
            time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs to know a process's children")
def test_s2_s4_workers_killed_and_redis_emptied_lose_nothing_and_double_nothing(
    tolls: psycopg.Connection[Any], tmp_path: Path
) -> None:
    broker, cache = own_redis()
    own = cache.replace(
        f"={OWN_CACHE}", f"={OWN_BROKER}"
    )  # the broker's database, at the address of the cache's
    bell_rope = Celery(broker=broker, set_as_current=False)  # the house's own app stays the one that rings
    forgetful = redis.Redis.from_url(own)
    dice, killed, emptied, bells = Random(2), 0, 0, ROUNDS * BELLS_A_ROUND

    def sweep() -> None:
        for _ in range(2):
            bell_rope.send_task(
                SWEEP, queue=settings.CELERY_TASK_DEFAULT_QUEUE, ignore_result=True, expires=30
            )

    def all_is_done() -> bool:
        sweep()  # as beat does every second
        return len(done(tolls)) >= bells * len(STEPS) and idle()

    worker = Worker(tmp_path, broker, cache)
    try:
        for turn in range(ROUNDS):
            worker.until(lambda: children(worker.process))
            for number in range(BELLS_A_ROUND):
                ring_bell(count=turn * BELLS_A_ROUND + number + 1)
            sweep()
            if turn % 2:
                time.sleep(dice.uniform(0.02, 0.2))  # anywhere
            else:
                worker.until(under_way)  # inside a job
            if turn % 3 == 2:
                emptied += bool(forgetful.dbsize())
                forgetful.flushdb()
                sweep()
            killed += worker.kill(whole=turn % 6 == 5)
        worker.until(all_is_done)
    finally:
        end([worker.process], grace=2)
        bell_rope.close()
        forgetful.flushdb()
        forgetful.close()
    assert killed >= ROUNDS // 2, "the kills must have landed"
    assert emptied, "the faults must have landed"
    assert Job.objects.filter(attempts__gt=1).exists(), "no kill fell inside a job"
    assert [each for each in done(tolls) if each[2] != 1] == []
    assert {(step, count) for step, count, _ in done(tolls)} == {
        (step, count) for step in STEPS for count in range(1, bells + 1)
    }
    assert not Job.objects.filter(dead_at__isnull=False).exists()


def under_way() -> bool:
    """Whether a job is being done now."""
    return Job.objects.filter(done_at=None, lease_until__isnull=False).exists()


def idle() -> bool:
    """Whether nothing is due."""
    return not (
        PendingEvent.objects.exists()
        or Delivery.objects.filter(done_at=None).exists()
        or Job.objects.filter(done_at=None).exists()
    )

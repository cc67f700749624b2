"""Enqueuing work in the caller's transaction, and doing what is due under a lease."""

import json
import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connections, transaction
from django.db.models.functions import Now

from kernel.doorbell import ring
from kernel.jobs import body_of
from kernel.locks import Lock, sole
from kernel.models.jobs import Job
from kernel.questions import run

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
CALL_LEASE = timedelta(seconds=30)  # a call takes ten; so long its lane waits for a worker that died
IMPOSSIBLE = (
    2 * LEASE
)  # more than LEASE: a rival's statement that began after ours may have renewed the row first
MAX_ATTEMPTS = 20
SLOWEST_RETRY = timedelta(minutes=5)
AT_ONCE = 8  # who is being called
SECONDS_A_ROUND = 20.0
LOOK_AGAIN = 0.5


def enqueue_job(
    name: str,
    *,
    key: str | None = None,
    lane: UUID | None = None,
    run_at: datetime | None = None,
    **ids: str | int,
) -> None:
    """Add one job, in the caller's transaction. `ids` are its arguments: ids and numbers only; `lane` is whom it calls.

    With a `key`, a second job of the same key is not added while the first is known (any state).
    """
    body_of(name)  # an unknown name fails here, at the caller, not in a worker
    job = Job(name=name, key=key, lane=lane, args=ids, **({"run_at": run_at} if run_at else {}))
    Job.objects.bulk_create([job], ignore_conflicts=key is not None)
    ring()


CLAIM = """
    UPDATE job SET fence = %(fence)s, lease_until = statement_timestamp() + make_interval(secs => %(lease)s), attempts = attempts + 1
    WHERE id = (SELECT j.id FROM job j
                WHERE j.done_at IS NULL AND j.dead_at IS NULL AND j.run_at <= statement_timestamp() AND {which}
                  AND (j.lease_until IS NULL OR j.lease_until < statement_timestamp()
                       OR j.lease_until > statement_timestamp() + make_interval(secs => %(impossible)s))
                ORDER BY j.run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, name, args, attempts
"""
OWN = CLAIM.format(which="j.lane IS NULL")
CALL = CLAIM.format(
    which="""j.lane IS NOT NULL AND NOT EXISTS (
        SELECT FROM job o WHERE o.lane = j.lane AND o.done_at IS NULL AND o.dead_at IS NULL AND o.lease_until BETWEEN
            statement_timestamp() AND statement_timestamp() + make_interval(secs => %(impossible)s))"""
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours while its lease lasts."""

    id: UUID
    name: str
    args: str
    attempts: int
    fence: UUID


def run_next_job() -> bool:
    """Claim the most overdue job of the node's own and do it; False if none is due.

    The lease (2 minutes) lets another worker take over a dead one's job; the fence keeps a worker that
    wakes after its lease from closing a job that is not its own any more. A lease that ends later than any can
    was taken while the clock was ahead, and counts as over.
    """
    if (claimed := _claim(OWN, LEASE)) is None:
        return False
    do_job(claimed)
    return True


def claim_call() -> Claimed | None:
    """The most overdue job that calls somebody whom no other job is calling."""
    return _claim(CALL, CALL_LEASE)


def do_calls(*, seconds: float = SECONDS_A_ROUND) -> int:
    """Do the due jobs that call somebody, many lanes at once; how many were done.

    Whoever answers slowly, or not at all, holds up what else is asked of it, and nobody else. One round at a time runs on the
    node: a second returns at once.
    """
    done, end = 0, time.monotonic() + seconds
    with sole(Lock.CALLS) as mine, ThreadPoolExecutor(AT_ONCE) as threads:
        running: set[Future[None]] = set()
        while mine:
            while len(running) < AT_ONCE and time.monotonic() < end and (claimed := claim_call()):
                running.add(threads.submit(copy_context().run, _do_aside, claimed))
            if not running:
                break
            ended, running = wait(running, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            done += len(ended)
    return done


def do_job(claimed: Claimed) -> None:
    """Do a job that was claimed, and note how it went."""
    mine = Job.objects.filter(id=claimed.id, fence=claimed.fence)
    if claimed.attempts > MAX_ATTEMPTS:  # each worker that took it died before it could say why
        mine.update(dead_at=Now(), lease_until=None, error="every worker that took the job was lost")
        return
    try:
        body_of(claimed.name)(**json.loads(claimed.args))
    except Exception as error:
        logger.exception("job failed", extra={"job": str(claimed.id), "job_name": claimed.name})
        note = f"{type(error).__name__}: {error}"[:2000]
        if claimed.attempts >= MAX_ATTEMPTS:
            mine.update(dead_at=Now(), lease_until=None, error=note)
        else:
            wait_for = min(timedelta(seconds=2 ** min(claimed.attempts, 12) / 2), SLOWEST_RETRY)
            mine.update(run_at=Now() + wait_for, lease_until=None, error=note)
    else:
        mine.update(done_at=Now(), lease_until=None, error="")


def _claim(which: str, lease: timedelta) -> Claimed | None:
    fence, impossible = uuid4(), IMPOSSIBLE.total_seconds()
    with transaction.atomic():
        claimed = run(which, {"fence": fence, "lease": lease.total_seconds(), "impossible": impossible})
    if not claimed:
        return None
    ((job, name, args, attempts),) = claimed
    return Claimed(job, name, args, attempts, fence)


def _do_aside(claimed: Claimed) -> None:
    """Do it on a thread of its own, whose connection is given back."""
    try:
        do_job(claimed)
    finally:
        connections.close_all()


def end_impossible_pauses() -> int:
    """Make due what was tried and waits longer than any retry does: its pause was set while the clock was ahead."""
    waiting = Job.objects.filter(done_at=None, dead_at=None, attempts__gt=0)
    return waiting.filter(run_at__gt=Now() + SLOWEST_RETRY).update(run_at=Now())

"""Enqueuing work in the caller's transaction, and doing what is due under a lease."""

import json
import logging
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Now

from kernel.doorbell import ring
from kernel.jobs import body_of
from kernel.models.jobs import Job
from kernel.questions import run

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
IMPOSSIBLE = (
    2 * LEASE
)  # more than LEASE: a rival's statement that began after ours may have renewed the row first
MAX_ATTEMPTS = 20
SLOWEST_RETRY = timedelta(minutes=5)


def enqueue_job(
    name: str, *, key: str | None = None, run_at: datetime | None = None, **ids: str | int
) -> None:
    """Add one job, in the caller's transaction. `ids` are its arguments: ids and numbers only.

    With a `key`, a second job of the same key is not added while the first is known (any state).
    """
    body_of(name)  # an unknown name fails here, at the caller, not in a worker
    job = Job(name=name, key=key, args=ids, **({"run_at": run_at} if run_at else {}))
    Job.objects.bulk_create([job], ignore_conflicts=key is not None)
    ring()


CLAIM = """
    UPDATE job SET fence = %s, lease_until = statement_timestamp() + make_interval(secs => %s), attempts = attempts + 1
    WHERE id = (SELECT id FROM job
                WHERE done_at IS NULL AND dead_at IS NULL AND run_at <= statement_timestamp()
                  AND (lease_until IS NULL OR lease_until < statement_timestamp()
                       OR lease_until > statement_timestamp() + make_interval(secs => %s))
                ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, name, args, attempts
"""


def run_next_job() -> bool:
    """Claim the most overdue job and do it; False if none is due.

    The lease (2 minutes) lets another worker take over a dead one's job; the fence keeps a worker that
    wakes after its lease from closing a job that is not its own any more. A lease that ends later than any can
    was taken while the clock was ahead, and counts as over.
    """
    fence = uuid4()
    with transaction.atomic():
        claimed = run(CLAIM, [fence, LEASE.total_seconds(), IMPOSSIBLE.total_seconds()])
    if not claimed:
        return False
    ((job, name, args, attempts),) = claimed
    mine = Job.objects.filter(id=job, fence=fence)
    if attempts > MAX_ATTEMPTS:  # each worker that took it died before it could say why
        mine.update(dead_at=Now(), lease_until=None, error="every worker that took the job was lost")
        return True
    try:
        body_of(name)(**json.loads(args))
    except Exception as error:
        logger.exception("job failed", extra={"job": str(job), "job_name": name})
        note = f"{type(error).__name__}: {error}"[:2000]
        if attempts >= MAX_ATTEMPTS:
            mine.update(dead_at=Now(), lease_until=None, error=note)
        else:
            wait = min(timedelta(seconds=2 ** min(attempts, 12) / 2), SLOWEST_RETRY)
            mine.update(run_at=Now() + wait, lease_until=None, error=note)
    else:
        mine.update(done_at=Now(), lease_until=None, error="")
    return True


def end_impossible_pauses() -> int:
    """Make due what was tried and waits longer than any retry does: its pause was set while the clock was ahead."""
    waiting = Job.objects.filter(done_at=None, dead_at=None, attempts__gt=0)
    return waiting.filter(run_at__gt=Now() + SLOWEST_RETRY).update(run_at=Now())

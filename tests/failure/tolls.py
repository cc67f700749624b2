"""What only the worker of the failure tests has: a chain of delivery, job and delivery that leaves a row at each step.

A bell's delivery leaves a row and enqueues a job; the job leaves a row and rings the echo; the echo's delivery leaves a
row. The rows have no key of their own, so that a step done twice is seen.
"""

import time
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from kernel.actor import SYSTEM
from kernel.events import on
from kernel.jobs import job
from kernel.models import EventRecord
from kernel.services import jobs
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from tests.kernel.bells import BellRang

jobs.LEASE = timedelta(seconds=1)  # a test does not wait two minutes for a dead worker's job
MOMENT = 0.01  # so that a kill falls inside a step


def leave(step: str, count: int) -> None:
    """Note that a step was done for the nth bell, and take a moment before the commit."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO toll (step, count) VALUES (%s, %s)", [step, count])
    time.sleep(MOMENT)


@on(BellRang)
def hear(event: BellRang) -> None:
    """A bell enqueues its job; an echo, whose count is negative, only leaves its row."""
    if event.count < 0:
        leave("echo", -event.count)
        return
    leave("delivery", event.count)
    enqueue_job("tests.toll", bell=str(event.subject), count=event.count)


@job("tests.toll")
def toll(*, bell: str, count: int) -> None:
    """Ring the echo unless it has rung: a job runs again when its worker dies between its commit and its end."""
    with transaction.atomic():
        if EventRecord.objects.filter(subject=UUID(bell), name=BellRang.name, payload__count=-count).exists():
            return
        leave("job", count)
        publish(BellRang(subject=UUID(bell), tenant=None, count=-count), actor=SYSTEM)

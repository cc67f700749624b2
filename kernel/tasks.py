"""Celery's entries into the kernel: one sweep that does whatever is due; operations, and forgetting them."""

from uuid import UUID

from celery import shared_task

from kernel.api.deferral import gave_up, perform
from kernel.jobs import job
from kernel.services import jobs, outbox
from kernel.services.capacity import end_next, expire_next
from kernel.services.jobs import run_next_job
from kernel.services.messages import forget_nonces
from kernel.services.operations import forget_operations, run_operation
from kernel.services.outbox import drain

AT_MOST = 200


@shared_task(name="kernel.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Relay and deliver events, do due jobs, expire due holds, end windows that are over, forget spent nonces. Rung after commits, and every second anyway."""
    drain(AT_MOST)
    for _ in range(AT_MOST):
        if not run_next_job():
            break
    for _ in range(AT_MOST):
        if not expire_next():
            break
    for _ in range(AT_MOST):
        if not end_next():
            break
    forget_nonces()
    drain(AT_MOST)


@shared_task(name="kernel.tasks.call", ignore_result=True)
def call() -> None:
    """Do due jobs that call somebody: apart from the sweep, which waits for nobody."""
    jobs.do_calls()


@job("kernel.run_operation")
def run(operation: str) -> None:
    """Do what somebody prefers to be answered later."""
    run_operation(operation=UUID(operation), perform=perform, give_up=gave_up)


@shared_task(name="kernel.tasks.forget", ignore_result=True)
def forget() -> None:
    """Remove operations whose answers have been kept long enough."""
    forget_operations()


@shared_task(name="kernel.tasks.end_impossible_pauses", ignore_result=True)
def end_impossible_pauses() -> None:
    """Go on at once when the database's clock was ahead and has been set right, whatever it had put off."""
    jobs.end_impossible_pauses()
    outbox.end_impossible_pauses()

"""The jobs of the market: pending work by name."""

from uuid import UUID

from celery import shared_task

from kernel.jobs import job
from marketplace.services import acceptance, complaints, line_changes, orders


@job(acceptance.END)
def end_order(*, order: str) -> None:
    """End an order whose term is over."""
    orders.end_order(order=UUID(order))


@job(acceptance.DEEM)
def deem_compute(*, order: str) -> None:
    """Let silence become acceptance of the compute, when its time has come."""
    acceptance.deem_compute(order=UUID(order))


@job("marketplace.give_up_order")
def give_up_order(*, order: str) -> None:
    """Cancel an order that was not delivered in the time that it was kept for."""
    orders.end_order(order=UUID(order), running=False)


@job(complaints.OVERDUE)
def note_overdue_complaint(*, complaint: str) -> None:
    """Announce that a complaint was not acted on in time."""
    complaints.note_overdue(complaint=UUID(complaint))


@shared_task(name="marketplace.tasks.await_silence", ignore_result=True)
def await_silence() -> None:
    """Give orders that wait for their users without a time of silence one."""
    acceptance.await_silence()


@shared_task(name="marketplace.tasks.lapse_changes", ignore_result=True)
def lapse_changes() -> None:
    """Let changes of lines lapse whose offers ran out."""
    line_changes.lapse_changes()

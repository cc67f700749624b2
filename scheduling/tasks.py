"""Jobs of scheduling, and what its clock calls."""

from uuid import UUID

from celery import shared_task

from kernel.jobs import job
from scheduling.services.carriers import CALL, call_carrier, review_carrier_lines
from scheduling.services.dispatches import SEND, send_dispatch
from scheduling.services.maintenance import close_conflicts
from scheduling.services.openings import DEEM, deem_line
from scheduling.services.supply import forget_versions, keep_up, look_at_everything


@job(SEND)
def send(dispatch: str) -> None:
    """Try to call a provider's agent."""
    send_dispatch(dispatch=UUID(dispatch))


@job(CALL)
def call(line: str) -> None:
    """Ask a carrier what is pending of a line."""
    call_carrier(line=UUID(line))


@job(DEEM)
def deem(opening: str) -> None:
    """Let silence become acceptance, when its time has come."""
    deem_line(opening=UUID(opening))


@shared_task(name="scheduling.tasks.keep_supply", ignore_result=True)
def keep_supply() -> None:
    """Bring the snapshot up to date."""
    keep_up()


@shared_task(name="scheduling.tasks.review_supply", ignore_result=True)
def review_supply() -> None:
    """Look at all rows of the snapshot: what no event told is found here."""
    look_at_everything()


@shared_task(name="scheduling.tasks.forget_supply", ignore_result=True)
def forget_supply() -> None:
    """Drop the versions of the snapshot that are past their retention."""
    forget_versions()


@shared_task(name="scheduling.tasks.review_carriers", ignore_result=True)
def review_carriers() -> None:
    """End the pre-occupations of carriers that ran out, and ask again whatever no job asks."""
    review_carrier_lines()


@shared_task(name="scheduling.tasks.review_conflicts", ignore_result=True)
def review_conflicts() -> None:
    """End the conflicts of bookings with maintenance that are none any more."""
    close_conflicts()

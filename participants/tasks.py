"""Periodic work: last days that have passed, and those that come."""

from celery import shared_task

from participants.services.certification import suspend_lapsed
from participants.services.credentials import remind_of_ends
from participants.services.qualifications import expire_qualifications


@shared_task(name="participants.tasks.follow_last_days", ignore_result=True)
def follow_last_days() -> None:
    """Suspend whose required document has run out, end qualifications after their last day."""
    suspend_lapsed()
    expire_qualifications()


@shared_task(name="participants.tasks.remind_of_ends", ignore_result=True)
def remind() -> None:
    """Announce which keys end soon."""
    remind_of_ends()

"""Periodic work: last days that have passed, those that come, mail, webhooks that are due, files without a row."""

from uuid import UUID

from celery import shared_task

from kernel.jobs import job
from participants.models import ApiKey, ClientSecret
from participants.services.certification import suspend_lapsed
from participants.services.clients import forget_tokens
from participants.services.credentials import remind_of_ends
from participants.services.deliveries import deliver_due, forget_deliveries
from participants.services.evidence_files import sweep_files
from participants.services.mail import SENDING, deliver_mail, drop_old_mail
from participants.services.qualifications import expire_qualifications
from participants.services.reminders import remind_of_last_days
from participants.services.sessions import forget_sessions


@shared_task(name="participants.tasks.follow_last_days", ignore_result=True)
def follow_last_days() -> None:
    """Suspend whose required document has run out, end qualifications after their last day."""
    suspend_lapsed()
    expire_qualifications()


@shared_task(name="participants.tasks.remind_of_last_days", ignore_result=True)
def remind() -> None:
    """Announce which documents and qualifications end soon."""
    remind_of_last_days()


@job(SENDING)
def send(*, mail: str) -> None:
    """Send one mail."""
    deliver_mail(mail=UUID(mail))


@shared_task(name="participants.tasks.drop_old_mail", ignore_result=True)
def drop_mail() -> None:
    """Forget what could not be sent."""
    drop_old_mail()


@shared_task(name="participants.tasks.deliver_webhooks", ignore_result=True)
def deliver_webhooks() -> None:
    """Call the receivers of what is due."""
    deliver_due()


@shared_task(name="participants.tasks.forget_webhooks", ignore_result=True)
def forget_webhooks() -> None:
    """Forget deliveries that are past their retention."""
    forget_deliveries()


@shared_task(name="participants.tasks.tend_credentials", ignore_result=True)
def tend_credentials() -> None:
    """Announce which keys and secrets end soon, and forget tokens and sessions that ended."""
    remind_of_ends(ApiKey)
    remind_of_ends(ClientSecret)
    forget_tokens()
    forget_sessions()


@shared_task(name="participants.tasks.sweep_evidence", ignore_result=True)
def sweep_evidence() -> None:
    """Remove files of evidence whose upload never came to its commit."""
    sweep_files()

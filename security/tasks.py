"""Celery's entries into security."""

from celery import shared_task

from security.services.audit import append_checkpoint
from security.services.findings import lapse_acceptances


@shared_task(name="security.tasks.checkpoint", ignore_result=True)
def checkpoint() -> None:
    """Take what happened into the audit log, and sign it."""
    append_checkpoint()


@shared_task(name="security.tasks.follow_acceptances", ignore_result=True)
def follow_acceptances() -> None:
    """Reopen the findings whose acceptance has run out."""
    lapse_acceptances()

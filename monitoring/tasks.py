"""Celery's entries into monitoring."""

from uuid import UUID

from celery import shared_task

from kernel.jobs import job
from monitoring.services import alarms
from monitoring.services.downward import call_late_instructions
from monitoring.services.fairness import AUDIT, go_on
from monitoring.services.feeds import announce_silence
from monitoring.services.instructions import expire_instructions


@job("monitoring.detect_anomalies")
def detect_anomalies(feed: str) -> None:
    """Look at what a feed brought since the last look."""
    alarms.detect_anomalies(feed=UUID(feed))


@job(AUDIT)
def audit_fairness(audit: str) -> None:
    """Examine a slice of a fairness audit's selections."""
    go_on(audit=UUID(audit))


@shared_task(name="monitoring.tasks.watch_feeds", ignore_result=True)
def watch_feeds() -> None:
    """Announce silent feeds, end instructions whose term has run out, call for those that are not in force below."""
    announce_silence()
    expire_instructions()
    call_late_instructions()

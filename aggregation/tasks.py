"""Celery's entries into aggregation."""

from celery import shared_task

from aggregation.services.allotments import return_next
from aggregation.services.inventory import mark_stale


@shared_task(name="aggregation.tasks.watch_inventory", ignore_result=True)
def watch_inventory() -> None:
    """Announce the pools that have fallen silent."""
    mark_stale()


@shared_task(name="aggregation.tasks.return_allotments", ignore_result=True)
def return_allotments() -> None:
    """Give back to pools what has ended of the allotments that are ending, each in a transaction of its own."""
    done = return_next(after=None)
    while done is not None:
        done = return_next(after=done)

"""Celery's entries into aggregation."""

from celery import shared_task

from aggregation.services.inventory import mark_stale


@shared_task(name="aggregation.tasks.watch_inventory", ignore_result=True)
def watch_inventory() -> None:
    """Announce the pools that have fallen silent."""
    mark_stale()

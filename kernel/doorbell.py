"""The doorbell: after a commit, tell the workers that there is work. Losing a ring loses nothing."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
SWEEP = "kernel.tasks.sweep"


def ring() -> None:
    """Ring once this transaction has committed; the periodic sweep does the same without a ring."""
    connection = transaction.get_connection()
    if any(callback is _send for _, callback, *_ in connection.run_on_commit):
        return
    transaction.on_commit(_send)


def _send() -> None:
    try:
        current_app.send_task(SWEEP, retry=False, ignore_result=True, expires=30)
    except OperationalError as error:
        logger.warning("doorbell is silent, the sweep will find the work", extra={"reason": str(error)})

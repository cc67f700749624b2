"""The doorbell: after a commit, tell the workers that there is work. Losing a ring loses nothing."""

import logging
import os
import time
from threading import Lock, Timer

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
SWEEP = "kernel.tasks.sweep"
PAUSE = 0.05  # seconds: one ring calls for all that was committed before it


class Bell:
    """Rings at once, and of all that is asked for during the pause after it once more, when the pause is over."""

    def __init__(self) -> None:
        self.lock, self.next, self.waiting = Lock(), 0.0, False

    def ring(self) -> None:
        """Ring, or see to it that it is rung soon."""
        with self.lock:
            if self.waiting:
                return
            pause = self.next - time.monotonic()
            self.waiting = pause > 0
            if not self.waiting:
                self.next = time.monotonic() + PAUSE
        if pause > 0:
            Timer(pause, self._late).start()
        else:
            _send()

    def _late(self) -> None:
        with self.lock:
            self.waiting, self.next = False, time.monotonic() + PAUSE
        _send()


_bell = Bell()
os.register_at_fork(after_in_child=_bell.__init__)  # type: ignore[misc] # the timer that it waits for is the parent's


def ring() -> None:
    """Ring once this transaction has committed; the periodic sweep does the same without a ring."""
    connection = transaction.get_connection()
    if any(callback == _bell.ring for _, callback, *_ in connection.run_on_commit):
        return
    transaction.on_commit(_bell.ring)


def _send() -> None:
    try:
        current_app.send_task(SWEEP, retry=False, ignore_result=True, expires=30)
    except OperationalError as error:
        logger.warning("doorbell is silent, the sweep will find the work", extra={"reason": str(error)})

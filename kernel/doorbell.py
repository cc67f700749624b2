"""The doorbell: after a commit, tell the workers that there is work. Losing a ring loses nothing."""

import atexit
import logging
import os
import time
from threading import Event, Lock, Thread

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)
SWEEP = "kernel.tasks.sweep"
PAUSE = 0.05  # seconds: one ring calls for all that was committed before it


class Bell:
    """Rings on a thread of its own, so that nobody waits for Redis: at once, and for what comes in the pause after it once more."""

    def __init__(self) -> None:
        self.lock, self.asked = Lock(), Event()
        self.thread: Thread | None = None

    def ring(self) -> None:
        """See to it that it is rung."""
        self.asked.set()
        if self.thread is None:
            with self.lock:
                if self.thread is None:
                    self.thread = Thread(target=self._serve, name="doorbell", daemon=True)
                    self.thread.start()

    def close(self) -> None:
        """At the end of the process, let a ring end that has begun, and ring for what is still asked for."""
        if self.lock.acquire(timeout=1) and self.asked.is_set():
            self.asked.clear()
            _send()

    def _serve(self) -> None:
        while self.asked.wait():
            with self.lock:
                self.asked.clear()
                _send()
            time.sleep(PAUSE)


_bell = Bell()
atexit.register(_bell.close)
os.register_at_fork(after_in_child=_bell.__init__)  # type: ignore[misc] # the thread that rings is the parent's


def ring() -> None:
    """Ring once this transaction has committed; the periodic sweep does the same without a ring."""
    connection = transaction.get_connection()
    if any(callback == _bell.ring for _, callback, *_ in connection.run_on_commit):
        return
    transaction.on_commit(_bell.ring)


def _send() -> None:
    try:
        current_app.send_task(SWEEP, retry=False, ignore_result=True, expires=30)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next ring may come through
        logger.warning("doorbell is silent, the sweep will find the work", extra={"reason": str(error)})

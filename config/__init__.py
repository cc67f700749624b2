"""Wiring only: settings, addresses, the Celery app, the permission table."""

import gc

# The thousands of classes of a process that starts, and the thousands of objects of a request, leave next to none in a ring.
gc.set_threshold(20_000, 10, 10)

from config.celery import app as celery_app  # noqa: E402 - what it imports is what the line above is for

__all__ = ["celery_app"]

"""Wiring only: settings, addresses, the Celery app, the permission table."""

import gc
import sys

# The thousands of classes of a process that starts, and the thousands of objects of a request, leave next to none in a ring.
gc.set_threshold(20_000, 10, 10)
# httpx's command line, which none of our processes is, loads a hundred modules where rich is installed; it may be absent.
sys.modules["httpx._main"] = None  # type: ignore[assignment] # the import system's own word for it

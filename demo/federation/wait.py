"""Waiting until something is true on some node."""

import time
from collections.abc import Callable
from typing import TypeVar

from demo.client import StepFailedError

T = TypeVar("T")


def until(story: str, ask: Callable[[], T], *, seconds: float = 40.0) -> T:
    """Ask until the answer is true; StepFailedError, telling the story, when it stays false."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > deadline:
            raise StepFailedError(f"after {seconds:g} s still not true: {story}")
        time.sleep(0.2)

"""The table of job bodies: a name for each kind of pending work."""

from collections.abc import Callable
from typing import Any

JOBS: dict[str, Callable[..., None]] = {}

JobBody = Callable[..., None]


def job(name: str) -> Callable[[JobBody], JobBody]:
    """Register a function of a `tasks.py` as the body of the jobs of this name.

    It is given the job's ids as keyword arguments, may run more than once, and must be harmless then.
    """

    def register(function: JobBody) -> JobBody:
        if name in JOBS:
            raise TypeError(f"job {name} is registered twice")
        JOBS[name] = function
        return function

    return register


def body_of(name: str) -> Callable[..., Any]:
    """The function that does jobs of this name. Raises KeyError where no floor registered one."""
    return JOBS[name]

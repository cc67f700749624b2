"""Events, subscribers and jobs that only the kernel's own tests have."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import transaction

from kernel import events, jobs
from kernel.actor import SYSTEM, Role
from kernel.events import Event
from kernel.ids import new_id
from kernel.models import EventRecord
from kernel.services.outbox import publish


@dataclass(frozen=True, kw_only=True)
class BellRang(Event):
    """A bell rang for the nth time."""

    name: ClassVar[str] = "tests.bell_rang"

    count: int
    at: datetime | None = None
    ringers: tuple[UUID, ...] = ()
    role: str = Role.AUDITOR.value


def ring_bell(subject: UUID | None = None, *, count: int = 1) -> EventRecord:
    """The act of these tests: one transaction, one event."""
    with transaction.atomic():
        return publish(BellRang(subject=subject or new_id(), tenant=None, count=count), actor=SYSTEM)


@contextmanager
def listening(*functions: Callable[[BellRang], None]) -> Iterator[None]:
    """Subscribe functions to the bell, for the length of a test."""
    events.HANDLERS[BellRang.name] = [(f"tests.{number}", each) for number, each in enumerate(functions)]
    try:
        yield
    finally:
        del events.HANDLERS[BellRang.name]


@contextmanager
def body(name: str, function: Callable[..., None]) -> Iterator[None]:
    """Register the body of a kind of job, for the length of a test."""
    jobs.job(name)(function)
    try:
        yield
    finally:
        del jobs.JOBS[name]

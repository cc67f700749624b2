"""What scheduling announces of orders on their way to their provider's agent."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DispatchQueued(Event):
    """An order waits to be sent to its provider's agent; `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.dispatch_queued"

    provider: UUID


@dataclass(frozen=True, kw_only=True)
class ServiceDispatched(Event):
    """The provider's agent took the order: `subject` is the order, `tenant` its user.

    `delivery` is the first, or one more for each that the user refused.
    """

    name: ClassVar[str] = "scheduling.service_dispatched"

    provider: UUID
    delivery: int = 1


@dataclass(frozen=True, kw_only=True)
class DispatchFailed(Event):
    """The provider's agent could not be reached or refused: `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.dispatch_failed"

    provider: UUID
    attempts: int

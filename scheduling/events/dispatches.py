"""What scheduling announces of the calls to providers' agents: that an order starts, and that it is over."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class DispatchQueued(Event):
    """A provider's agent is to be called, for the start of an order or its end (`act`); `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.dispatch_queued"

    provider: UUID
    act: str = "start"


@dataclass(frozen=True, kw_only=True)
class ServiceDispatched(Event):
    """The provider's agent took the order: `subject` is the order, `tenant` its user.

    `delivery` is the first, or one more for each that the user refused.
    """

    name: ClassVar[str] = "scheduling.service_dispatched"

    provider: UUID
    delivery: int = 1


@dataclass(frozen=True, kw_only=True)
class ServiceEnded(Event):
    """The provider's agent took the end of an order: `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.service_ended"

    provider: UUID


@dataclass(frozen=True, kw_only=True)
class DispatchFailed(Event):
    """The provider's agent could not be reached or refused, for the start of an order or its end (`act`): `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.dispatch_failed"

    provider: UUID
    attempts: int
    act: str = "start"

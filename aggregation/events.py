"""What aggregation announces; `subject` is the centre, pool, offer, agent or allotment, `tenant` its provider."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CentreRegistered(Event):
    """A provider registered a compute centre."""

    name: ClassVar[str] = "aggregation.centre_registered"

    key: str


@dataclass(frozen=True, kw_only=True)
class StorageSet(Event):
    """A provider said how much storage of a class a centre rents, and at what price."""

    name: ClassVar[str] = "aggregation.storage_set"

    key: str
    storage_class: str
    gib: int


@dataclass(frozen=True, kw_only=True)
class PoolRegistered(Event):
    """A provider registered a pool of machines in one of its centres."""

    name: ClassVar[str] = "aggregation.pool_registered"

    key: str
    centre: UUID
    machines: int


@dataclass(frozen=True, kw_only=True)
class OfferRegistered(Event):
    """A provider put up an offer, one by one."""

    name: ClassVar[str] = "aggregation.offer_registered"

    key: str
    pool: UUID


@dataclass(frozen=True, kw_only=True)
class OffersRegistered(Event):
    """A provider put up many offers in one act; `subject` is the provider."""

    name: ClassVar[str] = "aggregation.offers_registered"

    count: int


@dataclass(frozen=True, kw_only=True)
class OfferChanged(Event):
    """An offer has a new price, ceiling or state."""

    name: ClassVar[str] = "aggregation.offer_changed"

    state: str
    repriced: bool


@dataclass(frozen=True, kw_only=True)
class AgentRegistered(Event):
    """A provider registered the agent that reports for it and takes its dispatches."""

    name: ClassVar[str] = "aggregation.agent_registered"


@dataclass(frozen=True, kw_only=True)
class AgentChanged(Event):
    """An agent is called back at another address."""

    name: ClassVar[str] = "aggregation.agent_changed"


@dataclass(frozen=True, kw_only=True)
class PoolFresh(Event):
    """A pool reports (again): its offers may be sold as far as inventory goes."""

    name: ClassVar[str] = "aggregation.pool_fresh"

    observed_at: datetime


@dataclass(frozen=True, kw_only=True)
class PoolStale(Event):
    """A pool has fallen silent since its last reading: nothing of it is offered."""

    name: ClassVar[str] = "aggregation.pool_stale"

    observed_at: datetime


@dataclass(frozen=True, kw_only=True)
class AllotmentProposed(Event):
    """A provider keeps machines of a pool for a reseller to take."""

    name: ClassVar[str] = "aggregation.allotment_proposed"

    pool: UUID
    quantity: int
    accept_until: datetime


@dataclass(frozen=True, kw_only=True)
class AllotmentMoved(Event):
    """An allotment was accepted, reduced or ended, in whatever way; `quantity` is what is set aside now."""

    name: ClassVar[str] = "aggregation.allotment_moved"

    pool: UUID
    quantity: int
    state: str

"""The tables that every floor shares."""

from kernel.models.base import Entity, EntityQuerySet
from kernel.models.capacity import Capacity, Claim, HoldAccount
from kernel.models.idempotency import StoredReply
from kernel.models.jobs import Job
from kernel.models.nonces import Nonce
from kernel.models.operations import Operation
from kernel.models.outbox import Delivery, EventPosition, EventRecord, PendingEvent
from kernel.models.proposals import Proposal
from kernel.models.suspensions import Suspension

__all__ = [
    "Capacity",
    "Claim",
    "Delivery",
    "Entity",
    "EntityQuerySet",
    "EventPosition",
    "EventRecord",
    "HoldAccount",
    "Job",
    "Nonce",
    "Operation",
    "PendingEvent",
    "Proposal",
    "StoredReply",
    "Suspension",
]

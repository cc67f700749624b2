"""The trail of who acts or looks by mandate."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.actor import Actor
from kernel.events import Event
from kernel.services.outbox import publish


@dataclass(frozen=True, kw_only=True)
class MandateUsed(Event):
    """The actor did or saw something by mandate; `subject` is the object named, else the actor's house."""

    name: ClassVar[str] = "kernel.mandate_used"

    operation: str


def note_mandate(*, operation: str, on: UUID | None, actor: Actor) -> None:
    """Put an act or a view by mandate on record, in its own transaction."""
    assert actor.tenant_id is not None  # noqa: S101 - members hold mandates
    used = MandateUsed(subject=on or actor.tenant_id, tenant=actor.mandator, operation=operation)
    publish(used, actor=actor)

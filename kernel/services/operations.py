"""Doing later what takes long: accept a request, run it once under a lease, keep its answer."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.errors import Busy
from kernel.events import Event
from kernel.models.operations import LIFE, Operation, OperationState
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish

logger = logging.getLogger(__name__)

KEPT = timedelta(days=7)
MOST_ATTEMPTS = 5
PROGRESS_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class OperationAccepted(Event):
    """A request will be answered later; `subject` is the operation, `kind` its operation id."""

    name: ClassVar[str] = "kernel.operation_accepted"

    kind: str


@dataclass(frozen=True, kw_only=True)
class OperationEnded(Event):
    """It was done, failed or was cancelled."""

    name: ClassVar[str] = "kernel.operation_ended"

    kind: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request as it came."""

    method: str
    path: str
    query: str
    content_type: str
    language: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of it: the answer, or the problem."""

    status: int
    location: str = ""
    result: Any = None
    problem: dict[str, Any] | None = None


@transaction.atomic
def accept_operation(*, kind: str, asked: Asked, actor: Actor) -> Operation:
    """Keep a request of an organisation's, to be done as soon as a worker is free."""
    assert actor.tenant_id is not None  # noqa: S101 - who asks for it comes back for it
    row = Operation.objects.create(
        tenant_id=actor.tenant_id,
        kind=kind,
        actor={
            "user": str(actor.user_id) if actor.user_id else None,
            "roles": sorted(actor.roles),
            "scopes": sorted(actor.scopes),
            "credential": str(actor.credential) if actor.credential else None,
            "signed": actor.signed,
        },
        method=asked.method,
        path=asked.path,
        query=asked.query,
        content_type=asked.content_type,
        language=asked.language,
        body=asked.body,
        expires_at=now() + KEPT,
    )
    enqueue_job("kernel.run_operation", key=f"operation:{row.id}", operation=str(row.id))
    publish(OperationAccepted(subject=row.id, tenant=row.tenant_id, kind=kind), actor=actor)
    return row


def actor_of(row: Operation) -> Actor:
    """Who asked, as it signed in then; nobody's mandate waits."""
    user, credential = row.actor["user"], row.actor.get("credential")
    return Actor(
        user_id=UUID(user) if user else None,
        tenant_id=row.tenant_id,
        roles=frozenset(row.actor["roles"]),
        scopes=frozenset(row.actor["scopes"]),
        credential=UUID(credential) if credential else None,
        signed=row.actor.get("signed", False),
    )


def run_operation(
    *, operation: UUID, perform: Callable[[Operation], Answered], give_up: Callable[[Operation], Answered]
) -> None:
    """Do it, once: the act and its answer are one transaction, which holds the operation's row.

    A worker that is lost leaves neither, and another does it; after MOST_ATTEMPTS it ends with `give_up`.
    Raises Busy while another worker is at it.
    """
    if not _begin(operation, give_up):
        return
    with transaction.atomic():
        row = Operation.objects.select_for_update().get(id=operation)
        if row.state == OperationState.RUNNING:
            _end(row, perform(row))


@transaction.atomic
def _begin(operation: UUID, give_up: Callable[[Operation], Answered]) -> bool:
    row = Operation.objects.select_for_update(skip_locked=True).filter(id=operation).first()
    if row is None:
        if Operation.objects.filter(id=operation).exists():
            raise Busy(retry_after=1)  # another worker holds it: if it is lost, this job comes again
        return False
    if row.state in LIFE.terminal:
        return False
    row.state, row.attempts, row.started_at = LIFE.after("start", row.state), row.attempts + 1, now()
    if row.attempts > MOST_ATTEMPTS:
        _end(row, give_up(row))
        return False
    row.advance("state", "attempts", "started_at")
    return True


def _end(row: Operation, answered: Answered) -> None:
    act = "fail" if answered.problem else "finish"
    row.state, row.ended_at, row.body = LIFE.after(act, row.state), now(), b""
    row.status, row.location = answered.status, answered.location
    row.result, row.problem = answered.result, answered.problem
    row.advance(
        "state", "attempts", "started_at", "ended_at", "body", "status", "location", "result", "problem"
    )
    publish(
        OperationEnded(subject=row.id, tenant=row.tenant_id, kind=row.kind, state=row.state), actor=SYSTEM
    )


@transaction.atomic
def cancel_operation(*, operation: Operation, actor: Actor) -> Operation:
    """Take back what has not begun. Raises StateConflict for what has."""
    row = Operation.objects.select_for_update(skip_locked=True).filter(id=operation.id).first()
    if row is None:  # a worker holds it
        LIFE.after("cancel", OperationState.RUNNING)
    assert row is not None  # noqa: S101 - refused above
    row.state, row.ended_at, row.body = LIFE.after("cancel", row.state), now(), b""
    row.advance("state", "ended_at", "body")
    publish(OperationEnded(subject=row.id, tenant=row.tenant_id, kind=row.kind, state=row.state), actor=actor)
    return row


def forget_operations() -> int:
    """Remove operations whose answers have been kept long enough; returns how many."""
    return Operation.objects.filter(expires_at__lt=now(), ended_at__isnull=False).delete()[0]


def report_progress(operation: UUID, done: int, total: int) -> None:
    """Say how far it has come. Only a hint for who watches: kept in Redis, seen before the act commits."""
    try:
        cache.set(_progress_key(operation), (done, total), PROGRESS_SECONDS)
    except RedisError as error:
        logger.warning("progress is not told", extra={"reason": str(error)})


def progress_of(operation: UUID) -> tuple[int, int] | None:
    """How far a running one has come, where it is known."""
    try:
        found: tuple[int, int] | None = cache.get(_progress_key(operation))
    except RedisError:
        return None
    return found


def _progress_key(operation: UUID) -> str:
    return f"operation:{operation}"

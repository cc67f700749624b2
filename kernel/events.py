"""Announcements: frozen dataclasses that say what happened, and the table of who listens."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from types import UnionType
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

EVENTS: dict[str, type["Event"]] = {}
HANDLERS: dict[str, list[tuple[str, Callable[..., None]]]] = {}
ALL_EVENTS = "*"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to `subject`, whose tenant is `tenant` (None: the node's own).

    `parties` are the tenants that see the subject beside it; with them a webhook knows whom it may tell.
    A subclass sets `name` ("identifiers.identifier_issued") and adds fields of ids, codes, numbers and
    times: no personal data, ever, since events are the audit's leaves and leave the node in reports.
    """

    name: ClassVar[str]

    subject: UUID
    tenant: UUID | None
    parties: tuple[UUID, ...] = ()

    def __init_subclass__(cls, **kwargs: object) -> None:
        """List the event by its name."""
        super().__init_subclass__(**kwargs)
        if EVENTS.setdefault(cls.name, cls) is not cls and EVENTS[cls.name].__qualname__ != cls.__qualname__:
            raise TypeError(f"event name {cls.name} is taken")
        EVENTS[cls.name] = cls

    def payload(self) -> dict[str, Any]:
        """The fields beside subject and tenant, as JSON values; no parties where there are none."""
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        left_out = {"subject", "tenant"} | (set() if self.parties else {"parties"})
        return {name: value for name, value in values.items() if name not in left_out}

    @classmethod
    def restore(cls, *, subject: UUID, tenant: UUID | None, payload: dict[str, Any]) -> "Event":
        """The event as it was published, its fields in their declared types again."""
        hints = get_type_hints(cls)
        typed = {name: _typed(hints[name], value) for name, value in payload.items()}
        return cls(subject=subject, tenant=tenant, **typed)


E = TypeVar("E", bound=Event)


def on(event: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Subscribe a function of a `handlers.py` to one kind of event.

    It runs after the event's transaction, in one of its own, at least once and in order for each subject:
    so it must be idempotent.
    """

    def register(function: Callable[[E], None]) -> Callable[[E], None]:
        HANDLERS.setdefault(event.name, []).append((f"{function.__module__}.{function.__name__}", function))
        return function

    return register


def on_every(function: Callable[[UUID], None]) -> Callable[[UUID], None]:
    """Subscribe a function to every event; it is given the id of the event record."""
    HANDLERS.setdefault(ALL_EVENTS, []).append((f"{function.__module__}.{function.__name__}", function))
    return function


def _plain(value: object) -> object:
    if isinstance(value, UUID | date | datetime):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(hint, UnionType):
        return _typed(next(arg for arg in get_args(hint) if arg is not type(None)), value)
    if get_origin(hint) is tuple:
        return tuple(_typed(get_args(hint)[0], item) for item in value)
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    return hint(value) if hint in (UUID, int) else value

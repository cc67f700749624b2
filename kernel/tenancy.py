"""Whose rows the work at hand may touch. Unless somebody says so, nobody's.

A scope lives in Python, for as long as a `with` block or a request; kernel.database tells PostgreSQL of it together
with the first statement under it (just before it, where that is one of kernel.questions), so a scope costs no statement,
and PostgreSQL forgets it with the transaction.
What a scope opens is written in kernel.row_security.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from kernel.actor import Actor, Reach

TENANT_SETTING = "cin.tenant"
REACH_SETTING = "cin.reach"
ALL = "all"  # every row: the node's own work, and operations that reach everything
DOOR = "door"  # the rows that signing in must read before anybody is known


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that may be touched: those of a tenant and those it is a party to; or what `reach` names."""

    tenant: UUID | None = None
    reach: str = ""

    @property
    def announcement(self) -> str:
        """The statement that tells PostgreSQL, until the end of the transaction."""
        tenant = str(self.tenant or "")
        return (
            f"SELECT set_config('{TENANT_SETTING}', '{tenant}', true), "
            f"set_config('{REACH_SETTING}', '{self.reach}', true); "
        )


NOBODY = Scope()
_scope: ContextVar[Scope] = ContextVar("scope", default=NOBODY)


def current_scope() -> Scope:
    """The scope of the work at hand."""
    return _scope.get()


def as_node(reason: str) -> AbstractContextManager[None]:  # noqa: ARG001 - for whoever reads the caller
    """Work as the node itself, on the rows of all; `reason` says why, and tests/laws counts the places."""
    return _within(Scope(reach=ALL))


def as_nobody() -> AbstractContextManager[None]:
    """Work in which nobody is known yet: a request, until its view asks for a scope. What was asked for ends with it."""
    return _within(NOBODY)


def at_the_door() -> AbstractContextManager[None]:
    """Read what signing in needs: the tables that say `signs_in`."""
    return _within(Scope(reach=DOOR))


def reach_as(actor: Actor) -> None:
    """From here to the end of the request, touch what the actor reaches."""
    _scope.set(_scope_of(actor))


def reaching_as(actor: Actor) -> AbstractContextManager[None]:
    """Touch what the actor reaches, for once."""
    return _within(_scope_of(actor))


def _scope_of(actor: Actor) -> Scope:
    if actor.reach.everywhere:
        return Scope(reach=ALL)
    return NOBODY if actor.reach is Reach.NONE else Scope(actor.tenant_id)


@contextmanager
def _within(scope: Scope) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)

"""The permission table: operation × role → reach, read once from config/permissions.yaml."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from kernel.actor import Actor, Reach, Role
from kernel.errors import Forbidden, Problem, ScopeMissing
from kernel.profiles import read_profile

# who beyond its own house reaches only what a mandate names, for as long as it lasts; it always sees that house
MANDATED: frozenset[str] = frozenset({Role.SUPPORTING_UNIT, Role.AUDITOR})
EVERY_SCOPE = frozenset({"*"})
BY_ITSELF = frozenset({Reach.NONE, Reach.OWN})
OWN_HOUSE = frozenset(
    {
        "participants.list_organisations",
        "participants.read_organisation",
        "participants.list_members",
        "participants.list_invitations",
        "participants.list_keys",
        "participants.read_key",
        "participants.list_clients",
        "participants.read_client",
        "participants.list_signing_keys",
    }
)


@cache
def table() -> dict[str, dict[str, Reach]]:
    """Operation id → role → reach. A role that an operation does not name may not do it."""
    return read_table(_document())


def read_table(document: Mapping[str, Any]) -> dict[str, dict[str, Reach]]:
    """The rows of a permission file, with its groups of roles written out. Raises ValueError on an unknown role."""
    groups: dict[str, list[str]] = document["groups"]
    known = set(Role.codes())
    rows: dict[str, dict[str, Reach]] = {}
    for operation, grants in document["operations"].items():
        row: dict[str, Reach] = {}
        for name, reach in grants.items():
            for role in groups.get(name, [name]):
                if role not in known:
                    raise ValueError(f"{operation}: unknown role {role}")
                row[role] = Reach(reach)
        rows[operation] = row
    return rows


@cache
def masks() -> dict[str, frozenset[str]]:
    """Operation id → the members that whoever reads it masked is not told."""
    return {operation: frozenset(members) for operation, members in _document()["masks"].items()}


@cache
def _document() -> dict[str, Any]:
    return read_profile(Path(settings.BASE_DIR) / "config" / "permissions.yaml")


def masked_roles(operation: str) -> list[str]:
    """The roles that read the operation masked."""
    return [role for role, reach in table().get(operation, {}).items() if reach is Reach.MASKED]


def reach_of(operation: str, actor: Actor) -> Reach:
    """How far the actor reaches for the operation: the widest of its roles, within its key's scopes and mandate.

    What everybody may do needs neither role nor scope; a key without scopes reaches nothing else.
    """
    row = table().get(operation, {})
    held = [row.get(Role.ANONYMOUS, Reach.NONE)]
    if scope_covers(actor.scopes, operation):
        held += [_within_mandate(row.get(role, Reach.NONE), role, operation, actor) for role in actor.roles]
    return max(held, key=lambda reach: reach.width)


def refusal(operation: str, actor: Actor) -> Problem:
    """Why the actor does not reach the operation: its role does not hold it, or its key's scopes leave it out."""
    with_every_scope = reach_of(operation, replace(actor, scopes=EVERY_SCOPE))
    if scope_covers(actor.scopes, operation) or with_every_scope is Reach.NONE:
        return Forbidden(operation=operation)
    return ScopeMissing(operation=operation, scopes=", ".join(sorted(actor.scopes)) or "-")


def reaches_of(actor: Actor) -> Mapping[str, Reach]:
    """How far the actor reaches for every operation."""
    return _reaches(Actor(roles=actor.roles, scopes=actor.scopes, mandate=actor.mandate))


@lru_cache(maxsize=256)
def _reaches(rights: Actor) -> Mapping[str, Reach]:
    return {operation: reach_of(operation, rights) for operation in table()}


def _within_mandate(reach: Reach, role: str, operation: str, actor: Actor) -> Reach:
    if role not in MANDATED or reach in BY_ITSELF or operation in actor.mandate:
        return reach
    return Reach.OWN if operation in OWN_HOUSE else Reach.NONE


def by_mandate(operation: str, actor: Actor) -> bool:
    """Whether the actor does the operation by mandate: such acts and views are on record."""
    row = table().get(operation, {})
    may = [row.get(role, Reach.NONE) for role in actor.roles & MANDATED]
    return Role.ANONYMOUS not in row and operation in actor.mandate and not BY_ITSELF.issuperset(may)


def scope_covers(scopes: frozenset[str], operation: str) -> bool:
    """Whether a key's scopes cover an operation: "*" all, "aggregation" a floor, or the operation itself."""
    floor = operation.split(".", 1)[0]
    return bool(scopes & {"*", floor, operation})

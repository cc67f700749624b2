"""The permission table: operation × role → reach, read once from config/permissions.yaml."""

from functools import cache
from pathlib import Path

import yaml
from django.conf import settings

from kernel.actor import Actor, Reach, Role


@cache
def table() -> dict[str, dict[str, Reach]]:
    """Operation id → role → reach. A role that an operation does not name may not do it."""
    return read_table(Path(settings.BASE_DIR) / "config" / "permissions.yaml")


def read_table(path: Path) -> dict[str, dict[str, Reach]]:
    """Read a permission file, with its groups of roles written out. Raises ValueError on an unknown role."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = document["groups"]
    known = set(Role.codes())
    rows: dict[str, dict[str, Reach]] = {}
    for operation, grants in document["operations"].items():
        row: dict[str, Reach] = {}
        for name, reach in grants.items():
            for role in groups.get(name, [name]):
                if role not in known:
                    raise ValueError(f"{path.name}: {operation}: unknown role {role}")
                row[role] = Reach(reach)
        rows[operation] = row
    return rows


def reach_of(operation: str, actor: Actor) -> Reach:
    """How far the actor reaches for the operation: the widest of its roles, within its key's scopes.

    What everybody may do needs neither role nor scope; a key without scopes reaches nothing else.
    """
    row = table().get(operation, {})
    held = [row.get(Role.ANONYMOUS, Reach.NONE)]
    if scope_covers(actor.scopes, operation):
        held += [row.get(role, Reach.NONE) for role in actor.roles]
    return max(held, key=lambda reach: reach.width)


def scope_covers(scopes: frozenset[str], operation: str) -> bool:
    """Whether a key's scopes cover an operation: "*" all, "aggregation" a floor, or the operation itself."""
    floor = operation.split(".", 1)[0]
    return bool(scopes & {"*", floor, operation})

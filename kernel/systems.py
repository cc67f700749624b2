"""Which of the six systems run on this node, in its role, and who runs the others."""

from collections.abc import Callable

from django.conf import settings

from kernel.domain.systems import SYSTEMS, NodeRole, System
from kernel.errors import NotRunHere
from kernel.tenancy import as_node

__all__ = ["SYSTEMS", "NodeRole", "System", "require_here", "runs_here"]

NAMERS: list[
    Callable[[System], str]
] = []  # who knows the other nodes says here how to name them, when it starts


def runs_here(system: System) -> bool:
    """Whether this node, in its role, runs the system."""
    return system in SYSTEMS[NodeRole(settings.NODE_ROLE)]


def where_run(system: System) -> str:
    """The node that runs a system which does not run here, with its address where it is known."""
    found = [name for namer in NAMERS if (name := namer(system))]
    return found[0] if found else settings.UPSTREAM_NAME


def require_here(system: System) -> None:
    """Raise NotRunHere, naming the node to ask, where the system does not run here."""
    if not runs_here(system):
        with as_node("which node runs it is for anybody to know"):
            raise NotRunHere(system=system.value, where=where_run(system))

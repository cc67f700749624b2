"""Which of the six systems run on this node, in its role."""

from django.conf import settings

from kernel.domain.systems import SYSTEMS, NodeRole, System

__all__ = ["SYSTEMS", "NodeRole", "System", "runs_here"]


def runs_here(system: System) -> bool:
    """Whether this node, in its role, runs the system."""
    return system in SYSTEMS[NodeRole(settings.NODE_ROLE)]

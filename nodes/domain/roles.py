"""Whom a node of each role attaches to in 1+M+N."""

from collections.abc import Mapping
from types import MappingProxyType

from kernel.domain.systems import SYSTEMS, NodeRole, System

# Whom a node attaches to; the national node to nobody.
UPSTREAM: Mapping[NodeRole, NodeRole | None] = MappingProxyType(
    {
        NodeRole.NATIONAL: None,
        NodeRole.REGIONAL: NodeRole.NATIONAL,
        NodeRole.INDUSTRY: NodeRole.REGIONAL,
    }
)


def runs(role: NodeRole, system: System) -> bool:
    """Whether a node in this role runs the system; where not, its upstream does or is asked."""
    return system in SYSTEMS[role]


def may_attach(role: NodeRole, upstream: NodeRole) -> bool:
    """Whether a node in `role` attaches to a node in `upstream`."""
    return UPSTREAM[role] is upstream

"""The three roles of a node in 1+M+N, and which of the six systems each runs."""

from collections.abc import Mapping
from types import MappingProxyType

from kernel.text import Vocabulary


class System(Vocabulary):
    """The six systems of the scheme (SCHEME §2)."""

    A = "A", "算力互联网服务中心", "Service centre"
    B = "B", "算力资源汇聚系统", "Resource aggregation"
    C = "C", "算力选择系统", "Selection"
    D = "D", "算力标识管理系统", "Identifier management"
    E = "E", "算力运行安全监测系统", "Runtime security monitoring"
    F = "F", "安全保障系统", "Security guarantee"


class NodeRole(Vocabulary):
    """What a node is in the national system: one setting, NODE_ROLE."""

    NATIONAL = "national", "国家节点", "National node"
    REGIONAL = "regional", "区域节点", "Regional node"
    INDUSTRY = "industry", "行业节点", "Industry node"


# Regional and industry: the scheme's. National: our design for the reference node, which receives filings and
# monitoring data and guards itself, and sells nothing.
SYSTEMS: Mapping[NodeRole, frozenset[System]] = MappingProxyType(
    {
        NodeRole.NATIONAL: frozenset({System.D, System.E, System.F}),
        NodeRole.REGIONAL: frozenset(System),
        NodeRole.INDUSTRY: frozenset({System.A, System.B, System.C, System.F}),
    }
)

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

"""The six systems of the scheme, the three roles of a node, and which role runs which system (SCHEME §2)."""

from collections.abc import Mapping
from types import MappingProxyType

from kernel.text import Vocabulary


class System(Vocabulary):
    """The six systems of the scheme."""

    SERVICE = "A", "算力互联网服务中心", "Service centre"
    AGGREGATION = "B", "算力资源汇聚系统", "Resource aggregation"
    SELECTION = "C", "算力选择系统", "Selection"
    IDENTIFIERS = "D", "算力标识管理系统", "Identifier management"
    MONITORING = "E", "算力运行安全监测系统", "Runtime security monitoring"
    SECURITY = "F", "安全保障系统", "Security guarantee"


class NodeRole(Vocabulary):
    """What a node is in the national system: one setting, NODE_ROLE."""

    NATIONAL = "national", "国家节点", "National node"
    REGIONAL = "regional", "区域节点", "Regional node"
    INDUSTRY = "industry", "行业节点", "Industry node"


# Regional and industry: the scheme's. National: our design for the reference node, which receives filings and
# monitoring data and guards itself, and sells nothing.
SYSTEMS: Mapping[NodeRole, frozenset[System]] = MappingProxyType(
    {
        NodeRole.NATIONAL: frozenset({System.IDENTIFIERS, System.MONITORING, System.SECURITY}),
        NodeRole.REGIONAL: frozenset(System),
        NodeRole.INDUSTRY: frozenset({System.SERVICE, System.AGGREGATION, System.SELECTION, System.SECURITY}),
    }
)

"""Which of the six systems run at which role of node (SCHEME §2)."""

from django.conf import settings

from kernel.text import Vocabulary


class System(Vocabulary):
    """The six systems of the scheme."""

    SERVICE = "A", "算力互联网服务中心", "Service centre"
    AGGREGATION = "B", "算力资源汇聚系统", "Resource aggregation"
    SELECTION = "C", "算力选择系统", "Selection"
    IDENTIFIERS = "D", "算力标识管理系统", "Identifier management"
    MONITORING = "E", "算力运行安全监测系统", "Runtime security monitoring"
    SECURITY = "F", "安全保障系统", "Security guarantee"


ROLES: dict[str, frozenset[System]] = {
    "regional": frozenset(System),
    "industry": frozenset({System.SERVICE, System.AGGREGATION, System.SELECTION, System.SECURITY}),
    # the national node keeps the register of nodes and filings; its own market is none
    "national": frozenset({System.IDENTIFIERS, System.MONITORING, System.SECURITY}),
}


def runs_here(system: System) -> bool:
    """Whether this node, in its role, runs the system."""
    return system in ROLES[settings.NODE_ROLE]

"""Maintenance: how a declared window lives."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class MaintenanceState(Vocabulary):
    """Whether it will take place."""

    PLANNED = "planned", "已计划", "Planned"
    CANCELLED = "cancelled", "已取消", "Cancelled"


S = MaintenanceState
LIFE = StateTable(
    states=MaintenanceState,
    initial=S.PLANNED,
    acts={"cancel": (frozenset({S.PLANNED}), S.CANCELLED)},
)

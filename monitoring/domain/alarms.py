"""Alarms: what they are about, and their life."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class AlarmKind(Vocabulary):
    """What an alarm is about."""

    FEED_SILENT = "feed_silent", "数据源缺报", "A feed is silent"
    ANOMALY = "anomaly", "指标异常", "An odd value"


class AlarmState(Vocabulary):
    """Where an alarm stands."""

    OPEN = "open", "未处理", "Open"
    ACKNOWLEDGED = "acknowledged", "处理中", "Acknowledged"
    CLOSED = "closed", "已关闭", "Closed"


S = AlarmState
LIFE = StateTable(
    states=AlarmState,
    initial=S.OPEN,
    acts={
        "acknowledge": (frozenset({S.OPEN}), S.ACKNOWLEDGED),
        "close": (frozenset({S.OPEN, S.ACKNOWLEDGED}), S.CLOSED),
    },
)

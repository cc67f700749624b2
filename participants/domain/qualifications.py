"""The qualification of resale and dispatch providers: its life, act by act."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class QualificationState(Vocabulary):
    """Where a qualification stands; only a granted one lets its holder sell."""

    PROPOSED = "proposed", "待授予", "Proposed"
    GRANTED = "granted", "有效", "Granted"
    SUSPENDED = "suspended", "已暂停", "Suspended"
    REVOKED = "revoked", "已撤销", "Revoked"
    EXPIRED = "expired", "已到期", "Expired"


class QualificationAct(Vocabulary):
    """What two people of the service centre decide."""

    GRANT = "grant", "授予", "Grant"
    SUSPEND = "suspend", "暂停", "Suspend"
    RESTORE = "restore", "恢复", "Restore"
    REVOKE = "revoke", "撤销", "Revoke"


S = QualificationState
LIFE = StateTable(
    states=QualificationState,
    initial=S.PROPOSED,
    acts={
        "grant": (frozenset({S.PROPOSED}), S.GRANTED),
        "suspend": (frozenset({S.GRANTED}), S.SUSPENDED),
        "restore": (frozenset({S.SUSPENDED}), S.GRANTED),
        "revoke": (frozenset({S.GRANTED, S.SUSPENDED}), S.REVOKED),
        "expire": (frozenset({S.GRANTED, S.SUSPENDED}), S.EXPIRED),
    },
)
OVER = (S.REVOKED, S.EXPIRED)  # a new one may be granted after these

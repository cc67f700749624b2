"""The life of an instruction to another node, as the node that gives it sees it."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class DownwardState(Vocabulary):
    """Where it stands: what the other node has reported last."""

    PROPOSED = "proposed", "待批准", "Waiting for a second regulator"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"
    SENT = "sent", "已下达", "Sent"
    NOT_APPLIED = "not_applied", "未能执行", "Could not be applied"
    IN_FORCE = "in_force", "生效", "In force"
    ACKNOWLEDGED = "acknowledged", "已签收", "Acknowledged"
    RECTIFIED = "rectified", "已报整改", "Rectification reported"
    LIFTED = "lifted", "已解除", "Lifted"
    EXPIRED = "expired", "期满", "Expired"


S = DownwardState
STANDING = frozenset({S.SENT, S.IN_FORCE, S.ACKNOWLEDGED, S.RECTIFIED})
LIFE = StateTable(
    states=DownwardState,
    initial=S.PROPOSED,
    acts={
        "issue": (frozenset({S.PROPOSED}), S.SENT),
        "withdraw": (frozenset({S.PROPOSED}), S.WITHDRAWN),
        # what the other node reports, by the name of the state that it reports
        "not_applied": (frozenset({S.SENT}), S.NOT_APPLIED),
        "in_force": (frozenset({S.SENT}), S.IN_FORCE),
        "acknowledged": (frozenset({S.IN_FORCE}), S.ACKNOWLEDGED),
        "rectified": (frozenset({S.IN_FORCE, S.ACKNOWLEDGED}), S.RECTIFIED),
        "lifted": (STANDING, S.LIFTED),
        "expired": (STANDING, S.EXPIRED),
    },
)
OVER = (S.WITHDRAWN, S.NOT_APPLIED, S.LIFTED, S.EXPIRED)

"""The life of a regulator's instruction (SCHEME §7)."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class InstructionState(Vocabulary):
    """Where an instruction stands; its effect lasts from issue to lift or expiry."""

    PROPOSED = "proposed", "待批准", "Waiting for a second regulator"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"
    IN_FORCE = "in_force", "生效", "In force"
    ACKNOWLEDGED = "acknowledged", "已签收", "Acknowledged"
    RECTIFIED = "rectified", "已报整改", "Rectification reported"
    LIFTED = "lifted", "已解除", "Lifted"
    EXPIRED = "expired", "期满", "Expired"


S = InstructionState
EFFECTIVE = frozenset({S.IN_FORCE, S.ACKNOWLEDGED, S.RECTIFIED})
LIFE = StateTable(
    states=InstructionState,
    initial=S.PROPOSED,
    acts={
        "issue": (frozenset({S.PROPOSED}), S.IN_FORCE),
        "withdraw": (frozenset({S.PROPOSED}), S.WITHDRAWN),
        "acknowledge": (frozenset({S.IN_FORCE}), S.ACKNOWLEDGED),
        "rectify": (frozenset({S.IN_FORCE, S.ACKNOWLEDGED}), S.RECTIFIED),
        "lift": (EFFECTIVE, S.LIFTED),
        "expire": (EFFECTIVE, S.EXPIRED),
    },
)
OVER = (S.WITHDRAWN, S.LIFTED, S.EXPIRED)
UNISSUED = (S.PROPOSED, S.WITHDRAWN)

"""Changing a running line: another rate or another A end, asked for by its user, priced by its carrier, agreed by both."""

from datetime import timedelta

from kernel.states import StateTable
from kernel.text import Vocabulary


class LineChangeKind(Vocabulary):
    """What is changed."""

    RATE = "rate", "变更速率", "Another rate on the same route"
    MOVE = "move", "移机（A 端迁移）", "Another A end"


class LineChangeState(Vocabulary):
    """Where a change stands, and who has to act next."""

    ASKED = "asked", "已申请，待线路商报价", "Asked for, waits for the line provider's offer"
    OFFERED = "offered", "已报价并预占，待用户同意", "Offered and pre-occupied, waits for the user"
    AGREED = "agreed", "双方已同意，待割接", "Agreed by both, waits for the switch"
    IN_FORCE = "in_force", "已割接生效", "Switched and in force"
    REFUSED = "refused", "线路商拒绝", "Refused by the line provider"
    WITHDRAWN = "withdrawn", "用户撤回", "Withdrawn by the user"
    LAPSED = "lapsed", "报价已过期", "The offer ran out"
    OVER = "over", "订单已结束", "Its order ended first"


S = LineChangeState
OPEN = frozenset({S.ASKED, S.OFFERED, S.AGREED})
LIFE = StateTable(
    states=LineChangeState,
    initial=S.ASKED,
    acts={
        "offer": (frozenset({S.ASKED}), S.OFFERED),
        "refuse": (frozenset({S.ASKED}), S.REFUSED),
        "withdraw": (frozenset({S.ASKED, S.OFFERED}), S.WITHDRAWN),
        "lapse": (frozenset({S.OFFERED}), S.LAPSED),
        "lose": (frozenset({S.OFFERED, S.AGREED}), S.REFUSED),
        "agree": (frozenset({S.OFFERED}), S.AGREED),
        "switch": (frozenset({S.AGREED}), S.IN_FORCE),
        "end": (OPEN, S.OVER),
    },
)
OFFER_STANDS = timedelta(hours=72)  # and with it what the offer pre-occupied

"""The life of an allotment: a provider sets machines of a pool aside, and a reseller takes them to sell or does not."""

from datetime import timedelta

from kernel.states import StateTable
from kernel.text import Vocabulary

TO_ACCEPT = timedelta(days=3)
"""How long the machines of a proposal are kept for its reseller; for a window no longer than until it is over."""


class AllotmentState(Vocabulary):
    """How far an allotment has come; its machines are set aside in the first three."""

    PROPOSED = "proposed", "待转售商接受", "Awaiting the reseller"
    ACTIVE = "active", "生效中", "Active"
    ENDING = "ending", "终止中（已售部分到期后归还）", "Ending: returns as what is sold ends"
    ENDED = "ended", "已终止", "Ended"
    DECLINED = "declined", "已拒绝", "Declined"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"
    LAPSED = "lapsed", "逾期未接受", "Lapsed"


S = AllotmentState
SET_ASIDE = (S.PROPOSED, S.ACTIVE, S.ENDING)
LIFE = StateTable(
    states=AllotmentState,
    initial=S.PROPOSED,
    acts={
        "accept": (frozenset({S.PROPOSED}), S.ACTIVE),
        "decline": (frozenset({S.PROPOSED}), S.DECLINED),
        "withdraw": (frozenset({S.PROPOSED}), S.WITHDRAWN),
        "lapse": (frozenset({S.PROPOSED}), S.LAPSED),
        "take_back": (frozenset({S.ACTIVE}), S.ACTIVE),
        "end": (frozenset({S.ACTIVE}), S.ENDING),
        "close": (frozenset({S.ACTIVE, S.ENDING}), S.ENDED),
    },
)

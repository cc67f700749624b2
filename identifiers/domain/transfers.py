"""The life of a transfer: one holder offers an identifier, the other takes it or does not."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class TransferState(Vocabulary):
    """How far a transfer has come; both have agreed once it is accepted."""

    OFFERED = "offered", "待接收", "Offered"
    ACCEPTED = "accepted", "已转让", "Accepted"
    DECLINED = "declined", "已拒绝", "Declined"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


T = TransferState
LIFE = StateTable(
    states=TransferState,
    initial=T.OFFERED,
    acts={
        "accept": (frozenset({T.OFFERED}), T.ACCEPTED),
        "decline": (frozenset({T.OFFERED}), T.DECLINED),
        "withdraw": (frozenset({T.OFFERED}), T.WITHDRAWN),
    },
)

"""What an order's provider is told of it by signed calls to its agent: states, and when to give up."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class DispatchAct(Vocabulary):
    """What the agent is to do with the order's machines."""

    START = "start", "开始服务", "Start"
    END = "end", "结束服务", "End"


class DispatchState(Vocabulary):
    """Whether the provider's agent has taken the call."""

    QUEUED = "queued", "待下发", "Queued"
    DISPATCHED = "dispatched", "已下发", "Dispatched"
    FAILED = "failed", "下发失败", "Failed"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


# With the jobs' doubling back-off: for a start, which a user waits for, two minutes; for an end forty.
MAX_ATTEMPTS = {DispatchAct.START: 8, DispatchAct.END: 16}

D = DispatchState
LIFE = StateTable(
    states=DispatchState,
    initial=D.QUEUED,
    acts={
        "answer": (frozenset({D.QUEUED}), D.DISPATCHED),
        "give up": (frozenset({D.QUEUED}), D.FAILED),
        "retry": (frozenset({D.FAILED}), D.QUEUED),
        "again": (frozenset({D.QUEUED, D.DISPATCHED, D.FAILED}), D.QUEUED),  # what was delivered is refused
        "withdraw": (frozenset({D.QUEUED, D.FAILED}), D.WITHDRAWN),  # the order was over first
    },
)

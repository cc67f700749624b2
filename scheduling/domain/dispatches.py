"""Dispatch of an order to its provider's agent: its states, and when to give up."""

from kernel.states import StateTable
from kernel.text import Vocabulary

MAX_ATTEMPTS = 8  # with the jobs' doubling back-off about two minutes; a person takes over then


class DispatchState(Vocabulary):
    """Whether the provider's agent has taken the order."""

    QUEUED = "queued", "待下发", "Queued"
    DISPATCHED = "dispatched", "已下发", "Dispatched"
    FAILED = "failed", "下发失败", "Failed"


D = DispatchState
LIFE = StateTable(
    states=DispatchState,
    initial=D.QUEUED,
    acts={
        "answer": (frozenset({D.QUEUED}), D.DISPATCHED),
        "give up": (frozenset({D.QUEUED}), D.FAILED),
        "again": (frozenset(D), D.QUEUED),  # what was delivered is refused
    },
)

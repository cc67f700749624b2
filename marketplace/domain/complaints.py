"""Complaints: to the other side first, then to the supervision, which mediates; each step with its deadline.

After 电信用户申诉处理办法 (MIIT order 35), the rules for complaints of telecommunications users.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from kernel.states import StateTable
from kernel.text import Vocabulary


class ComplaintMatter(Vocabulary):
    """What a complaint is about."""

    COMPUTE = "compute", "算力的交付与质量", "Delivery and quality of the compute"
    LINE = "line", "专线的开通与质量", "Opening and quality of the line"
    FEES = "fees", "计量与费用", "Metering and fees"
    SECURITY = "security", "安全与数据", "Security and data"
    CONDUCT = "conduct", "其他履约行为", "How else the contract is kept"


class ComplaintState(Vocabulary):
    """Where a complaint stands, and who has to act next."""

    FILED = "filed", "已提出，待对方答复", "Filed, waits for the other side's answer"
    ANSWERED = "answered", "对方已答复，可申诉", "Answered, may be appealed"
    APPEALED = "appealed", "已申诉，待监管方受理", "Appealed, waits for the supervision to take it up"
    MEDIATING = "mediating", "已受理，调解中", "Taken up, in mediation"
    SETTLED = "settled", "已解决", "Settled"
    UNSETTLED = "unsettled", "调解不成", "Mediation came to nothing"
    DISMISSED = "dismissed", "不予受理", "The appeal is not taken up"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


S = ComplaintState
OPEN = frozenset({S.FILED, S.ANSWERED, S.APPEALED, S.MEDIATING})
WAITING = frozenset({S.FILED, S.APPEALED, S.MEDIATING})  # somebody has a deadline
LIFE = StateTable(
    states=ComplaintState,
    initial=S.FILED,
    acts={
        "answer": (frozenset({S.FILED}), S.ANSWERED),
        "appeal": (frozenset({S.FILED, S.ANSWERED}), S.APPEALED),
        "accept": (frozenset({S.APPEALED}), S.MEDIATING),
        "dismiss": (frozenset({S.APPEALED}), S.DISMISSED),
        "say": (frozenset({S.MEDIATING}), S.MEDIATING),
        "agree": (frozenset({S.MEDIATING}), S.SETTLED),
        "fail": (frozenset({S.MEDIATING}), S.UNSETTLED),
        "settle": (OPEN, S.SETTLED),
        "withdraw": (OPEN, S.WITHDRAWN),
    },
)
DUTIES = frozenset({"answer", "accept", "dismiss", "agree", "fail"})  # acts that may come late


@dataclass(frozen=True, slots=True)
class ComplaintProfile:
    """How many days each step may take: calendar days to answer and to mediate, working days to take an appeal up."""

    answer_days: int
    decide_working_days: int
    mediate_days: int

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The profile as read from its file."""
        return cls(**{name: int(document[name]) for name in cls.__slots__})

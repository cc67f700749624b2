"""A carrier's word on one line: budgetary, on the condition of a survey, or firm; and what each lets its user do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.states import StateTable
from kernel.text import Vocabulary


class QuoteKind(Vocabulary):
    """How much the word is worth."""

    BUDGETARY = "budgetary", "预算性", "Budgetary"
    CONDITIONAL = "conditional", "有条件（待工勘）", "Conditional on a survey"
    FIRM = "firm", "确定", "Firm"


class LineQuoteState(Vocabulary):
    """Where the word stands: demand and offer come with it, the survey and the pre-occupation after it."""

    OFFERED = "offered", "已报价", "Offered"
    SURVEYED = "surveyed", "已工勘，另有确定报价", "Surveyed: a firm quote took its place"
    DECLINED = "declined", "工勘后不可开通", "Declined after the survey"
    HOLDING = "holding", "已向线路商请求预占", "Its carrier is asked for the pre-occupation"
    HELD = "held", "资源已预占", "Its resources are pre-occupied"
    REFUSED = "refused", "线路商拒绝预占", "Its carrier refused the pre-occupation"
    LAPSED = "lapsed", "预占已释放", "Its pre-occupation is over"
    ORDERED = "ordered", "已转为订单", "An order took it over"


S = LineQuoteState
LIFE = StateTable(
    states=LineQuoteState,
    initial=S.OFFERED,
    acts={
        "survey": (frozenset({S.OFFERED}), S.SURVEYED),
        "decline": (frozenset({S.OFFERED}), S.DECLINED),
        "hold": (frozenset({S.OFFERED}), S.HELD),
        "ask_hold": (frozenset({S.OFFERED}), S.HOLDING),
        "keep": (frozenset({S.HOLDING}), S.HELD),
        "refuse": (frozenset({S.HOLDING}), S.REFUSED),
        "release": (frozenset({S.HOLDING, S.HELD}), S.LAPSED),
        "order": (frozenset({S.OFFERED, S.HELD, S.LAPSED}), S.ORDERED),
        "return": (frozenset({S.ORDERED}), S.OFFERED),
    },
)
ALLOWS: Mapping[str, tuple[str, ...]] = {
    QuoteKind.BUDGETARY: (),
    QuoteKind.CONDITIONAL: ("survey", "decline"),
    QuoteKind.FIRM: ("hold", "ask_hold", "keep", "refuse", "release", "order", "return"),
}
"""Kind → the acts that it lets happen: a budget is a figure, a condition waits for its survey, only a firm word is held
and ordered; where its carrier is asked by an interface of its own, it is held on that one's yes. It returns where its order
never became a contract, and a pre-occupation that is over takes back no word."""


KEEPING = frozenset({S.HOLDING, S.HELD})
"""The states in which the ledger keeps the line for the quote."""
CALLED = ("hold", "survey", "decline", "release", "order")
"""The acts that somebody asks for; the others follow from them."""


def allows(kind: str, act: str) -> bool:
    """Whether a quote of this kind lets the act happen."""
    return act in ALLOWS[kind]


def kind_of(wanted: str, conditions: Sequence[str]) -> QuoteKind:
    """The kind that may be given: a firm word only where the line depends on nothing (serviceability.conditions)."""
    if wanted == QuoteKind.BUDGETARY:
        return QuoteKind.BUDGETARY
    return QuoteKind.CONDITIONAL if conditions else QuoteKind.FIRM


def standing(state: str, *, held_until: datetime | None, at: datetime) -> str:
    """The state of a quote; of one whose pre-occupation ran out `lapsed`, whether or not the ledger has let it go already."""
    over = state == LineQuoteState.HELD and held_until is not None and held_until <= at
    return LineQuoteState.LAPSED if over else state


def good_until(state: str, *, valid_until: datetime, held_until: datetime | None) -> datetime:
    """Until when a firm word may be ordered: as long as it is valid, or what it pre-occupied is kept."""
    kept = held_until if state == LineQuoteState.HELD and held_until is not None else valid_until
    return max(kept, valid_until)


@dataclass(frozen=True, slots=True)
class LineQuoteProfile:
    """The versioned terms: for how long each kind holds, and a firm one's pre-occupation."""

    version: str
    status: str
    source: str
    validity: Mapping[str, timedelta]
    hold: timedelta

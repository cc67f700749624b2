"""The life of a certification case, from the application to the decision of the second person."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class CaseState(Vocabulary):
    """Where a case stands, and for whom it waits."""

    OPEN = "open", "待受理", "Waiting for a reviewer to be assigned"
    REVIEWING = "reviewing", "审核中", "With its reviewer"
    QUESTIONED = "questioned", "待申请人答复", "Waiting for the applicant's answer"
    CHECKED = "checked", "已初审，待决定", "Checked, waiting for the second person"
    CERTIFIED = "certified", "予以认证", "Certified"
    REFUSED = "refused", "不予认证", "Refused"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


S = CaseState
UNDECIDED = (S.OPEN, S.REVIEWING, S.QUESTIONED, S.CHECKED)
LIFE = StateTable(
    states=CaseState,
    initial=S.OPEN,
    acts={
        "assign": (frozenset({S.OPEN, S.REVIEWING}), S.REVIEWING),
        # the second person asks too: the answer goes back to the reviewer
        "ask": (frozenset({S.REVIEWING, S.CHECKED}), S.QUESTIONED),
        "answer": (frozenset({S.QUESTIONED}), S.REVIEWING),
        "check": (frozenset({S.REVIEWING}), S.CHECKED),
        # evidence came in, or was refused, after the check: what was checked is not all there is
        "reopen": (frozenset({S.CHECKED}), S.REVIEWING),
        # the particulars changed: the application starts anew
        "amend": (frozenset(UNDECIDED), S.OPEN),
        "certify": (frozenset({S.CHECKED}), S.CERTIFIED),
        "refuse": (frozenset(UNDECIDED), S.REFUSED),
        "withdraw": (frozenset(UNDECIDED), S.WITHDRAWN),
    },
)

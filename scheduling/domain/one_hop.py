"""One-hop access to compute (一跳入算): declared by a carrier, verified by the supervision, never counted from hops."""

from kernel.states import StateTable
from kernel.text import Vocabulary


class OneHopState(Vocabulary):
    """What a declared capability is worth; only a verified one counts."""

    DECLARED = "declared", "已申报，待核验", "Declared, waits to be verified"
    VERIFIED = "verified", "已核验", "Verified"
    REFUSED = "refused", "核验不通过", "Refused"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"


S = OneHopState
LIFE = StateTable(
    states=OneHopState,
    initial=S.DECLARED,
    acts={
        "verify": (frozenset({S.DECLARED}), S.VERIFIED),
        "refuse": (frozenset({S.DECLARED, S.VERIFIED}), S.REFUSED),
        "withdraw": (frozenset({S.DECLARED, S.VERIFIED}), S.WITHDRAWN),
    },
)
STANDING = frozenset({S.DECLARED, S.VERIFIED})
"""The states in which the capability stands, so that it is not declared again."""

"""What may be identified, and the life of an identifier."""

from kernel.errors import StateConflict
from kernel.states import StateTable
from kernel.text import Vocabulary


class IdentifierKind(Vocabulary):
    """What carries an identifier; lines and applications live in the same space as compute."""

    CENTRE = "centre", "算力中心", "Compute centre"
    POOL = "pool", "算力资源池", "Compute pool"
    LINE = "line", "算力专线", "Private line"
    APPLICATION = "application", "算力应用", "Application"
    ORGANISATION = "organisation", "主体", "Organisation"
    NODE = "node", "互联节点", "Node"


class IdentifierState(Vocabulary):
    """Where an identifier stands; only an active one may be sold."""

    APPLIED = "applied", "已申请", "Applied"
    VERIFIED = "verified", "已核验", "Verified"
    REFUSED = "refused", "未通过", "Refused"
    ISSUED = "issued", "已签发", "Issued"
    FILING = "filing", "备案中", "Filing"
    ACTIVE = "active", "有效", "Active"
    SUSPENDED = "suspended", "已暂停", "Suspended"
    RETIRED = "retired", "已注销", "Retired"


S = IdentifierState
LIFE = StateTable(
    states=IdentifierState,
    initial=S.APPLIED,
    acts={
        "verify": (frozenset({S.APPLIED}), S.VERIFIED),
        "refuse": (frozenset({S.APPLIED, S.VERIFIED}), S.REFUSED),
        "issue": (frozenset({S.VERIFIED}), S.ISSUED),
        "file": (frozenset({S.ISSUED}), S.FILING),
        "activate": (frozenset({S.FILING}), S.ACTIVE),
        "suspend": (frozenset({S.ACTIVE}), S.SUSPENDED),
        "reinstate": (frozenset({S.SUSPENDED}), S.ACTIVE),
        "transfer": (frozenset({S.ACTIVE}), S.ACTIVE),
        "retire": (frozenset({S.ISSUED, S.FILING, S.ACTIVE, S.SUSPENDED}), S.RETIRED),
    },
)
WITHOUT_CODE = (S.APPLIED, S.VERIFIED, S.REFUSED)
OVER = (S.REFUSED, S.RETIRED)


def require_living(state: str) -> None:
    """Raise StateConflict for an identifier that is over: what it was described as last stands for ever."""
    if state in OVER:
        current = IdentifierState(state)
        living = [each.label for each in IdentifierState if each not in OVER]
        raise StateConflict(
            state_zh=current.label.zh,
            state_en=current.label.en,
            act="describe",
            allowed_zh="、".join(label.zh for label in living),
            allowed_en=", ".join(label.en for label in living),
        )

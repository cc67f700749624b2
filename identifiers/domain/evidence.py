"""What is known of a resource beside its descriptor: whether it lives, how old its description is, whether its agent has its key."""

from datetime import datetime, timedelta

from kernel.crypto.messages import RegisteredKey
from kernel.text import Vocabulary

CHALLENGE_CONTEXT = b"cin-challenge-v1\x00"  # so that the signature never stands for a request
CHALLENGE_LIFE = timedelta(minutes=5)


class Liveness(Vocabulary):
    """Whether the resource's agent was heard of in time; nothing is said to live by default (INVARIANTS B5)."""

    LIVE = "live", "在线", "Live"
    SILENT = "silent", "失联", "Silent: its last heartbeat is too old"
    UNOBSERVED = "unobserved", "未观测", "Not observed by heartbeats"


class IdentityResult(Vocabulary):
    """What came of the last challenge to the resource's agent."""

    PROVEN = "proven", "已证明", "Proven: it signed with the registered key"
    FAILED = "failed", "未通过", "Failed: the signature was not the registered key's"
    UNPROVEN = "unproven", "未证明", "Never challenged"


def liveness(good_until: datetime | None, at: datetime) -> Liveness:
    """Whether the resource lives at `at`; its last heartbeat counts until `good_until`, the end excluded."""
    if good_until is None:
        return Liveness.UNOBSERVED
    return Liveness.LIVE if at < good_until else Liveness.SILENT


def challenge_text(code: str, nonce: str, expires_at: datetime) -> str:
    """What the agent signs: whose challenge it is, which one, and until when."""
    return f"{code} {nonce} {expires_at.isoformat()}"


def judge(key: RegisteredKey, text: str, signature: bytes) -> IdentityResult:
    """Whether the signature is the key's over `cin-challenge-v1`, a zero byte and the text."""
    good = key.suite.verify(key.public_key, signature, CHALLENGE_CONTEXT + text.encode())
    return IdentityResult.PROVEN if good else IdentityResult.FAILED

"""What is known of a resource beside its descriptor: whether it lives, how old its description is, whether its agent has its key."""

from datetime import datetime, timedelta

from identifiers.domain.lifecycle import IdentifierKind, IdentifierState
from kernel.crypto.messages import RegisteredKey
from kernel.text import Vocabulary

CHALLENGE_CONTEXT = b"cin-challenge-v1\x00"  # so that the signature never stands for a request
CHALLENGE_LIFE = timedelta(minutes=5)


class Liveness(Vocabulary):
    """Whether the resource was heard of in time; nothing is said to live by default (INVARIANTS B5)."""

    LIVE = "live", "在线", "Live"
    SILENT = "silent", "失联", "Silent: its last sign is too old"
    UNOBSERVED = "unobserved", "未观测", "Unknown: there is no sign of it"


class Sign(Vocabulary):
    """What a resource was heard of by."""

    HEARTBEAT = "heartbeat", "代理心跳", "Its agent's heartbeat"
    POOL = "pool", "所含资源池的心跳", "A heartbeat about a pool of the centre"
    LINE_TEST = "line_test", "该产品线路的端到端测试", "An end-to-end test of a line of the product"
    CARRIER = (
        "carrier",
        "运营商接口的应答",
        "The carrier's yes, by its own interface, to a line of the product",
    )
    FEED = "feed", "应用业务数据上报", "A point of the application's feed"
    PROOF = "proof", "签名应答", "A challenge that its agent signed"


class Unobserved(Vocabulary):
    """Why nothing can be said of a resource's life."""

    OVER = "over", "标识已注销", "The identifier is a tombstone"
    NO_HEARTBEAT = "no_heartbeat", "尚无代理心跳", "No agent has reported the pool yet"
    NO_POOL = "no_pool", "所含资源池均无心跳", "No pool of the centre was ever reported"
    NO_LINE = (
        "no_line",
        "该产品尚无线路测试，运营商接口也未应答",
        "No line of the product was tested, and no carrier's interface said yes",
    )
    NO_FEED = (
        "no_feed",
        "该应用未上报数据，代理也未应答质询",
        "The application reports no feed, and its agent signed no challenge",
    )
    NO_PROOF = "no_proof", "代理未应答质询", "Its agent signed no challenge"


UNHEARD = {
    IdentifierKind.POOL: Unobserved.NO_HEARTBEAT,
    IdentifierKind.CENTRE: Unobserved.NO_POOL,
    IdentifierKind.LINE: Unobserved.NO_LINE,
    IdentifierKind.APPLICATION: Unobserved.NO_FEED,
    IdentifierKind.ORGANISATION: Unobserved.NO_PROOF,
    IdentifierKind.NODE: Unobserved.NO_PROOF,
}  # what is missing where a resource of a kind was never heard of


class IdentityResult(Vocabulary):
    """What came of the last challenge to the resource's agent."""

    PROVEN = "proven", "已证明", "Proven: it signed with the registered key"
    FAILED = "failed", "未通过", "Failed: the signature was not the registered key's"
    UNPROVEN = "unproven", "未证明", "Never challenged"


def liveness(good_until: datetime | None, at: datetime) -> Liveness:
    """Whether the resource lives at `at`; its last sign counts until `good_until`, the end excluded."""
    if good_until is None:
        return Liveness.UNOBSERVED
    return Liveness.LIVE if at < good_until else Liveness.SILENT


def why_unobserved(
    kind: IdentifierKind, state: IdentifierState, good_until: datetime | None
) -> Unobserved | None:
    """Why nothing can be said of the resource's life; None where something can."""
    if state == IdentifierState.RETIRED:
        return Unobserved.OVER
    return UNHEARD[kind] if good_until is None else None


def challenge_text(code: str, nonce: str, expires_at: datetime) -> str:
    """What the agent signs: whose challenge it is, which one, and until when."""
    return f"{code} {nonce} {expires_at.isoformat()}"


def judge(key: RegisteredKey, text: str, signature: bytes) -> IdentityResult:
    """Whether the signature is the key's over `cin-challenge-v1`, a zero byte and the text."""
    good = key.suite.verify(key.public_key, signature, CHALLENGE_CONTEXT + text.encode())
    return IdentityResult.PROVEN if good else IdentityResult.FAILED

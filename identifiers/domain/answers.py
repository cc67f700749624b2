"""What resolution says, as the bytes that are signed: for how long they hold, and what a denial is."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kernel.objects import canonical_json
from kernel.text import Vocabulary

CONTEXT = b"cin-resolution-v1\x00"  # so that this signature never stands for a receipt or a quote
VALID = timedelta(
    seconds=60
)  # how soon a suspension is seen everywhere: no copy holds for longer (INVARIANTS D4)
DENIAL_SECONDS = 5  # how long a reader may keep a denial: what it denies may be issued at any moment
AWAY_SECONDS = 60  # and the way to another node

Facts = dict[str, Any]


class AnswerType(Vocabulary):
    """What a signed answer is, so that none stands for another."""

    RESOLUTION = "resolution", "解析结果", "What an identifier resolves to"
    DELEGATION = "delegation", "前缀分配", "Who holds a prefix, and with which keys it signs"
    BATCH = "batch", "批量解析结果", "What many codes resolve to"
    MALFORMED = "malformed", "无法识别", "No code, or one that was misread"
    ELSEWHERE = "elsewhere", "由其他节点负责", "Another node answers for it: ask for it alone"
    DENIAL = "denial", "否定应答", "A denial: no such identifier, or nobody holds the prefix"


def stated(
    kind: AnswerType, facts: Mapping[str, Any], *, node: str, at: datetime, until: datetime | None = None
) -> Facts:
    """The facts as the node states them at `at`, the instant when they were read, as JSON values.

    They hold for a minute, or until one of them ceases to be so.
    """
    valid_until = min(at + VALID, until) if until else at + VALID
    times = {"issued_at": at, "valid_until": valid_until}
    return {
        "type": kind.value,
        "node": node,
        **{name: plain(each) for name, each in {**facts, **times}.items()},
    }


def fresh_seconds(facts: Facts) -> int:
    """For how many whole seconds an answer is kept: half its life by the node, the other half by its reader."""
    issued, until = (datetime.fromisoformat(facts[name]) for name in ("issued_at", "valid_until"))
    return int((until - issued).total_seconds() / 2)


def half_left(facts: Facts, at: datetime) -> int:
    """Half of the whole seconds that are left of an answer's life at `at`."""
    return max(0, int((datetime.fromisoformat(facts["valid_until"]) - at).total_seconds() / 2))


def encode(facts: Facts) -> bytes:
    """The bytes that are signed: JSON in UTF-8, keys sorted, no spaces."""
    return canonical_json(facts).encode()


def plain(value: object) -> object:
    """A value of JSON: instants as text in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value

"""Code prefixes: the national `86`, and what it delegates to regional nodes, as `86.320000`, for a time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nodes.errors import PrefixRefused

NATIONAL = "86"
# Our design: under the national prefix, the GB/T 2260 code of the region. Codes of divisions change, so whether
# a code names a region today is asked of the versioned dictionary, not of this grammar.
PREFIX = re.compile(rf"{NATIONAL}(?:\.[1-9][0-9]{{5}})?")


def check_prefix(prefix: str) -> str:
    """The prefix itself, if it is one. Raises PrefixRefused."""
    if not PREFIX.fullmatch(prefix):
        raise _refused(
            f"前缀 {prefix!r} 无效：应为 86，或 86. 加六位行政区划代码，如 86.320000。",
            f"{prefix!r} is not a prefix: write 86, or 86. and six digits of a division, as in 86.320000.",
        )
    return prefix


def parent_of(prefix: str) -> str | None:
    """The prefix that delegates this one: 86 for 86.320000, nobody for 86. Raises PrefixRefused."""
    return None if check_prefix(prefix) == NATIONAL else NATIONAL


@dataclass(frozen=True, slots=True)
class Delegation:
    """A prefix given to one node from `valid_from` until `valid_until` (UTC, the end excluded; None is open)."""

    prefix: str
    node: str
    valid_from: datetime
    valid_until: datetime | None = None

    def valid_at(self, instant: datetime) -> bool:
        """Whether codes may be issued under it at this time; those issued resolve for ever."""
        return self.valid_from <= instant and (self.valid_until is None or instant < self.valid_until)


def check_delegation(new: Delegation, existing: Iterable[Delegation]) -> None:
    """Raise PrefixRefused where the delegation may not be made.

    A prefix is given below the national one only, for a time that is not empty, and never to a second node, not
    even later: a second issuer could repeat what the first has issued (INVARIANTS D1).
    """
    if parent_of(new.prefix) is None:
        raise _refused("国家前缀 86 不能委派。", "The national prefix 86 is never delegated.")
    if new.valid_until is not None and new.valid_until <= new.valid_from:
        raise _refused("valid_until 必须晚于 valid_from。", "valid_until must be after valid_from.")
    for other in existing:
        if other.prefix == new.prefix and other.node != new.node:
            raise _refused(
                f"前缀 {new.prefix} 已委派给节点 {other.node}，不得再委派给其他节点。",
                f"{new.prefix} was delegated to node {other.node}; it is never given to another.",
            )


def _refused(zh: str, en: str) -> PrefixRefused:
    return PrefixRefused(reason_zh=zh, reason_en=en)

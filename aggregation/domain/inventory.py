"""Inventory by heartbeat: what a reading says, which one is newer, and when the last one is too old."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.text import Vocabulary

CLOCK_SKEW = timedelta(seconds=60)  # how far ahead of the node's clock an agent's may run


class Freshness(Vocabulary):
    """How much the node knows of a pool's inventory; only a fresh one is offered."""

    UNKNOWN = "unknown", "未上报", "Never reported"
    FRESH = "fresh", "最新", "Fresh"
    STALE = "stale", "已过期", "Stale"


class Verdict(Vocabulary):
    """What became of one reading."""

    APPLIED = "applied", "已采用", "Applied"
    OLDER = "older", "已保存；已有更新的读数，未覆盖", "Kept; a newer reading stands"
    UNKNOWN_POOL = "unknown_pool", "本主体没有该资源池", "You have no such pool"
    INCONSISTENT = (
        "inconsistent",
        "空闲、服务中与故障之和超过总数",
        "Free, serving and faulty exceed the total",
    )


KEPT = frozenset({Verdict.APPLIED, Verdict.OLDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Machines of one pool at one instant.

    `free` are idle and at this node's disposal, `serving` run orders of this node, `faulty` are out of
    service; the rest of `total` (installed, K1) works for the provider's other customers.
    """

    pool: str
    total: int
    free: int
    serving: int
    faulty: int

    @property
    def consistent(self) -> bool:
        """Whether the parts fit into the whole."""
        return self.free + self.serving + self.faulty <= self.total

    @property
    def at_disposal(self) -> int:
        """What the ledger may grant in all, orders that run included: it does not jump when one starts."""
        return self.free + self.serving


def supersedes(new: tuple[datetime, int], old: tuple[datetime, int] | None) -> bool:
    """Whether a reading (observed at, sequence) is newer than the one that stands (INVARIANTS B3)."""
    return old is None or new > old


def freshness(observed_at: datetime | None, now: datetime, stale_after: timedelta) -> Freshness:
    """How far the last reading can be trusted at `now`."""
    if observed_at is None:
        return Freshness.UNKNOWN
    return Freshness.STALE if now - observed_at > stale_after else Freshness.FRESH

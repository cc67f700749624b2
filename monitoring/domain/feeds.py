"""Feeds of monitoring data: the four classes, the slots a feed must fill, and which of them it filled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from kernel.text import Vocabulary

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# intervals without a point before a feed counts as silent (INVARIANTS E1: at most 2)
PATIENCE = Decimal("1.5")
LEAST_SECONDS, MOST_SECONDS = 1, 86_400


class FeedClass(Vocabulary):
    """The four classes of monitoring data (SCHEME §4, flows 7 to 10)."""

    RESOURCE = "resource", "资源业务", "Resource business"
    PLATFORM = "platform", "平台业务", "Platform business"
    DISPATCH = "dispatch", "互联调度业务", "Interconnection and dispatch business"
    APPLICATION = "application", "应用业务", "Application business"


class FeedState(Vocabulary):
    """Whether a feed keeps its time."""

    WAITING = "waiting", "等待首次上报", "Waiting for its first point"
    REPORTING = "reporting", "正常上报", "Reporting"
    SILENT = "silent", "缺报", "Silent: its data are missing"


class Method(Vocabulary):
    """How the values come about."""

    DECLARED = "declared", "申报", "Declared by the source"
    MEASURED = "measured", "计量", "Measured by a meter"


@dataclass(frozen=True, slots=True)
class Metric:
    """One field of a class: unit, whether the class requires it, and the values that can be."""

    code: str
    unit: str
    required: bool
    least: Decimal
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class FieldsProfile:
    """The versioned minimum fields: who may report a class, and its metrics by code."""

    version: str
    status: str
    source: str
    late: timedelta
    ahead: timedelta
    sources: Mapping[FeedClass, frozenset[str]]
    metrics: Mapping[FeedClass, Mapping[str, Metric]]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Expected against received over a period; `gaps` are the missing spans, [start, end), in order."""

    expected: int
    received: int
    gaps: tuple[tuple[datetime, datetime], ...]

    @property
    def percent(self) -> Decimal | None:
        """Received of expected in per cent, two places; None where nothing was due."""
        if not self.expected:
            return None
        return (Decimal(100) * self.received / self.expected).quantize(Decimal("0.01"))


def slot_of(instant: datetime, seconds: int) -> int:
    """The number of the slot of `seconds` that an instant falls in, counted from the epoch."""
    return (instant - EPOCH) // timedelta(seconds=seconds)


def due_slots(*, start: datetime, end: datetime, seconds: int) -> range:
    """The slots that lie wholly within [start, end): a feed owes one point for each."""
    step = timedelta(seconds=seconds)
    first = -((EPOCH - start) // step)  # the first slot that begins at or after the start
    return range(first, max(first, (end - EPOCH) // step))


def coverage(due: range, received: Iterable[int], seconds: int) -> Coverage:
    """Which of the due slots were filled; a slot that has two points counts once, one that has none is missing."""
    filled = set(received).intersection(due)
    gaps: list[tuple[int, int]] = []
    for slot in due:
        if slot in filled:
            continue
        if gaps and gaps[-1][1] == slot:
            gaps[-1] = (gaps[-1][0], slot + 1)
        else:
            gaps.append((slot, slot + 1))
    step = timedelta(seconds=seconds)
    return Coverage(len(due), len(filled), tuple((EPOCH + a * step, EPOCH + b * step) for a, b in gaps))


def due_again(last: datetime, seconds: int) -> datetime:
    """When a feed that last reported at `last` counts as silent."""
    return last + timedelta(seconds=float(PATIENCE * seconds))

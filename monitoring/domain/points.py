"""One point of monitoring data: what a batch must say of it, and what becomes of it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from kernel.instants import read_instant
from kernel.text import Vocabulary
from monitoring.domain.feeds import Metric

MOST_POINTS = 5000
MOST_SEQUENCE = 2**63 - 1
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?\Z", re.ASCII)
MEMBERS = {"feed", "metric", "ts", "value", "source_seq"}


class Verdict(Vocabulary):
    """What became of a point."""

    STORED = "stored", "已入库", "Stored"
    DUPLICATE = "duplicate", "重复，未改变任何数据", "Known already; nothing changed"
    CONFLICT = (
        "conflict",
        "同一序号的数值不同；更正请用更大的 source_seq",
        "Another value under this number; correct with a higher source_seq",
    )
    MALFORMED = (
        "malformed",
        "须含 feed、metric、ts、value、source_seq，且类型正确",
        "It needs feed, metric, ts, value and source_seq, each of its type",
    )
    BAD_VALUE = (
        "bad_value",
        "value 须为整数或十进制字符串，至多六位小数",
        "value is an integer or a decimal string with at most six places",
    )
    OUT_OF_RANGE = "out_of_range", "数值超出该指标允许范围", "The value is outside what this metric can be"
    TOO_OLD = "too_old", "早于可补报时段", "Older than may be reported late"
    IN_FUTURE = "in_future", "时间在未来，请校准时钟", "In the future; set the source's clock"
    UNKNOWN_FEED = "unknown_feed", "没有该数据源", "No such feed of yours"
    UNKNOWN_METRIC = "unknown_metric", "该类数据没有此指标", "No such metric in the feed's class"
    IGNORED = "ignored", "该类数据不采集此指标，已忽略", "Not a metric of the feed's class, so left out"


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a metric at an instant (aware); `source_seq` orders corrections of the same instant."""

    feed: UUID
    metric: str
    ts: datetime
    value: Decimal
    source_seq: int


def read_point(raw: object) -> Point | Verdict:
    """The point that a JSON value says, or why it says none. Nothing of the input is ever repeated."""
    if not isinstance(raw, dict) or set(raw) != MEMBERS or not isinstance(raw["metric"], str):
        return Verdict.MALFORMED
    sequence = raw["source_seq"]
    if isinstance(sequence, bool) or not isinstance(sequence, int) or not 0 <= sequence <= MOST_SEQUENCE:
        return Verdict.MALFORMED
    try:
        feed, ts = UUID(raw["feed"]), read_instant(raw["ts"])
    except (ValueError, TypeError, AttributeError):
        return Verdict.MALFORMED
    value = read_value(raw["value"])
    return Verdict.BAD_VALUE if value is None else Point(feed, raw["metric"], ts, value, sequence)


def read_value(raw: object) -> Decimal | None:
    """An integer or plain ASCII decimal text as a Decimal; None for floats, NaN, exponents and other digits."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None
    try:
        text = str(raw)
    except ValueError:  # an integer of thousands of digits
        return None
    return Decimal(text) if NUMBER.match(text) else None


def check_point(
    point: Point, metric: Metric | None, *, at: datetime, late: timedelta, ahead: timedelta
) -> Verdict | None:
    """Why a point cannot be kept at the instant `at`; None where it can."""
    if metric is None:
        return Verdict.UNKNOWN_METRIC
    if point.ts - at > ahead:
        return Verdict.IN_FUTURE
    if at - point.ts > late:
        return Verdict.TOO_OLD
    if point.value < metric.least or (metric.most is not None and point.value > metric.most):
        return Verdict.OUT_OF_RANGE
    return None

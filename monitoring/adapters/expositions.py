"""Prometheus text as samples: name, instant, value."""

import math
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

from monitoring.domain.points import MOST_POINTS
from monitoring.errors import ExpositionUnreadable

MOST_BYTES = 2**20
PLACES = Decimal("0.000001")
LARGEST = 1e18


def read_exposition(body: bytes, observed_at: datetime) -> list[tuple[str, datetime, Decimal]]:
    """The samples of an exposition (one value for each metric), at their own time or at `observed_at`.

    A metric with several samples (one for each label) is left out: which of them is meant is not ours to guess.
    Raises ExpositionUnreadable for too much, for what is not Prometheus text, and for NaN or infinity.
    """
    if len(body) > MOST_BYTES:
        raise _unreadable(f"不得超过 {MOST_BYTES} 字节", f"at most {MOST_BYTES} bytes")
    try:
        families = list(text_string_to_metric_families(body.decode("utf-8")))
    except (ValueError, KeyError, IndexError) as error:
        raise _unreadable("不是 Prometheus 文本格式", "this is not Prometheus text") from error
    samples = [sample for family in families for sample in family.samples]
    if len(samples) > MOST_POINTS:
        raise _unreadable(f"不得超过 {MOST_POINTS} 个样本", f"at most {MOST_POINTS} samples")
    if not samples:
        raise _unreadable("没有样本", "it has no sample")
    several = {name for name, count in Counter(sample.name for sample in samples).items() if count > 1}
    found = []
    for sample in samples:
        if sample.name in several:
            continue
        value = float(sample.value)
        if not math.isfinite(value) or abs(value) >= LARGEST:
            raise _unreadable("数值须为有限数", "values must be finite")
        ts = observed_at
        if sample.timestamp is not None:
            try:
                ts = datetime.fromtimestamp(float(sample.timestamp), UTC)
            except (ValueError, OverflowError, OSError) as error:
                raise _unreadable("时间戳有误", "a timestamp cannot be read") from error
        found.append((sample.name, ts, Decimal(repr(value)).quantize(PLACES)))
    return found


def _unreadable(zh: str, en: str) -> ExpositionUnreadable:
    return ExpositionUnreadable(reason_zh=f"{zh}。", reason_en=f"{en[0].upper()}{en[1:]}.")

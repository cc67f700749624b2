"""What monitoring reports upwards: for each metric of the four classes, what was due, what came in, and its sum."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kernel.clock import now
from kernel.reports import ReportClass, Section, register_section
from kernel.text import Text
from monitoring.domain.feeds import FeedClass
from monitoring.selectors.feeds import due_of, feeds_of_class, readings
from monitoring.selectors.profiles import fields_profile

MILLI = 1000  # sums travel as integers: thousandths of the metric's unit


def totals(kind: FeedClass, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """One record for each metric that any feed of the class brought in the period; a metric of none is absent."""
    profile, at = fields_profile(), now()
    feeds, metrics = feeds_of_class(kind), profile.metrics[kind]
    found = readings(feeds, metrics, start, end)
    records = []
    for code, metric in metrics.items():
        bringing = [feed for feed in feeds if metric.required or found[feed.id].get(code)]
        due = {feed.id: due_of(feed, start, end, at) for feed in bringing}
        values = [
            value
            for feed in bringing
            for slot, value in found[feed.id].get(code, {}).items()
            if slot in due[feed.id]
        ]
        if bringing:
            records.append(
                {
                    "metric": code,
                    "unit": metric.unit,
                    "profile": profile.version,
                    "feeds": len(bringing),
                    "expected": sum(len(slots) for slots in due.values()),
                    "received": len(values),
                    "sum_milli": int(sum(values) * MILLI) if values else None,
                }
            )
    return records


def _collector(kind: FeedClass) -> Callable[[datetime, datetime], list[dict[str, Any]]]:
    return lambda start, end: totals(kind, start, end)


NAMES = {
    FeedClass.RESOURCE: ("resource.telemetry", Text("资源监测数据", "Telemetry of resources")),
    FeedClass.PLATFORM: ("platform.telemetry", Text("平台监测数据", "Telemetry of platforms")),
    FeedClass.DISPATCH: ("dispatch.telemetry", Text("互联调度监测数据", "Telemetry of dispatch")),
    FeedClass.APPLICATION: ("application.use", Text("应用使用情况", "Use of applications")),
}
for each, (section, title) in NAMES.items():
    register_section(
        Section(
            name=section,
            kind=ReportClass(each.value),
            title=title,
            sums=("expected", "received"),
            collect=_collector(each),
        )
    )

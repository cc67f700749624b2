"""A report: one section's records of one closed period, counted and summed, and its life on both sides."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kernel.states import StateTable
from kernel.text import Vocabulary

STREAM = "reports"  # one stream for each class of data: reports.resource, reports.platform …
SCHEMA = "cin-report/1"


class ReportState(Vocabulary):
    """Where a report stands; the last three are the receiver's words on it, or a correction's."""

    DRAFT = "draft", "草稿", "Draft"
    REVIEWED = "reviewed", "已审核", "Reviewed"
    SIGNED = "signed", "已签名", "Signed"
    SENT = "sent", "已发出", "Sent"
    RECEIPTED = "receipted", "已回执", "Receipted"
    REFUSED = "refused", "被拒绝", "Refused by the upstream"
    RECEIVED = "received", "已接收", "Received from a downstream"
    SUPERSEDED = "superseded", "已被更正", "Superseded by a correction"


R = ReportState
LIFE = StateTable(
    states=ReportState,
    initial=R.DRAFT,
    acts={
        "review": (frozenset({R.DRAFT}), R.REVIEWED),
        "sign": (frozenset({R.REVIEWED}), R.SIGNED),
        "send": (frozenset({R.SIGNED}), R.SENT),
        "receipt": (frozenset({R.SENT, R.REFUSED}), R.RECEIPTED),
        "refuse": (frozenset({R.SENT}), R.REFUSED),
        "supersede": (frozenset({R.RECEIPTED, R.REFUSED, R.RECEIVED}), R.SUPERSEDED),
    },
)
CORRECTABLE = (R.RECEIPTED, R.REFUSED)
COUNTED = (R.RECEIPTED, R.RECEIVED)  # both sides total these, and get the same figures


@dataclass(frozen=True, slots=True)
class ReportMessage:
    """What one report says; `sums` are integers whose units are in their names."""

    node: str
    kind: str
    section: str
    start: datetime
    end: datetime
    count: int
    sums: dict[str, int]


def add_up(records: Iterable[Mapping[str, Any]], names: Sequence[str]) -> dict[str, int]:
    """The sum of each named integer field over the records; a record without the field adds nothing."""
    rows = list(records)
    return {name: sum(int(row.get(name) or 0) for row in rows) for name in names}


def compose_report(message: ReportMessage, records: Sequence[Mapping[str, Any]]) -> bytes:
    """The report's bytes, with its records: JSON, keys sorted, no spaces. These very bytes travel and are kept."""
    document = {
        "schema": SCHEMA,
        "node": message.node,
        "kind": message.kind,
        "section": message.section,
        "start": message.start.astimezone(UTC).isoformat(),
        "end": message.end.astimezone(UTC).isoformat(),
        "count": message.count,
        "sums": {"records": message.count, **message.sums},
        "records": list(records),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_report(body: bytes) -> ReportMessage | None:
    """The report that these bytes say, if count and sums are those of its records; else None."""
    try:
        document = json.loads(body)
        records, sums = document["records"], dict(document["sums"])
        message = ReportMessage(
            node=document["node"],
            kind=document["kind"],
            section=document["section"],
            start=datetime.fromisoformat(document["start"]),
            end=datetime.fromisoformat(document["end"]),
            count=document["count"],
            sums={name: value for name, value in sums.items() if name != "records"},
        )
        added = {"records": len(records), **add_up(records, list(message.sums))}
        texts = all(type(text) is str for text in (message.node, message.kind, message.section))
        whole = document["schema"] == SCHEMA and message.count == len(records) and sums == added
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    timed = message.start.tzinfo is not None and message.end.tzinfo is not None
    return message if texts and whole and timed and message.start < message.end else None


def last_closed_period(now: datetime, length: timedelta) -> tuple[datetime, datetime]:
    """The newest period of this length that is over, counted from the Unix epoch in Shanghai's day (UTC+8)."""
    origin = datetime(1970, 1, 1, tzinfo=UTC) - timedelta(hours=8)
    end = origin + (now - origin) // length * length
    return end - length, end

"""A region's report with what its industry nodes reported to it: each told apart, added up once, missing ones named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from kernel.reports import Tells
from nodes.domain.periods import Span
from nodes.domain.records import add_up, root_of

FROM = (
    "reported_by"  # in a record of an industry node: its code; the region's own records have no such member
)
OF = "reported_start"  # beside it, where that node reported a shorter period: when it starts


@dataclass(frozen=True, slots=True)
class Part:
    """What one node contributed: its sums with the number of records, and the root over its records as it reported them.

    `sequence` numbers its report on its stream to the region, the last where it made several of the period, 0 for the
    region's own; a node that has not reported the whole period is not `complete`, and adds what it reported.
    """

    node: str
    complete: bool
    count: int
    sums: dict[str, int]
    root: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Brought:
    """What an industry node reported of a section from `start` to `end`, under this number."""

    start: datetime
    end: datetime
    sequence: int
    records: Sequence[Mapping[str, Any]]


def part_of(
    node: str,
    records: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    *,
    sequence: int = 0,
    complete: bool = True,
) -> Part:
    """The part of a node that reported these records."""
    sums = {"records": len(records), **add_up(records, names)}
    return Part(
        node, complete=complete, count=len(records), sums=sums, root=root_of(records), sequence=sequence
    )


def chosen(brought: Iterable[Brought], period: Span, tells: Tells) -> list[Brought]:
    """Those of a node's reports within a period that say it: what happened is in all of them, how things stood in the last.

    What tells both is said by a report of this very period alone: no sum of days counts what stood on each once.
    """
    within = sorted(brought, key=lambda each: each.start)
    if tells is Tells.HAPPENED:
        return within
    start, end = period
    return [each for each in within if each.end == end and (each.start == start or tells is Tells.STOOD)]


def add_part(
    node: str, brought: Iterable[Brought], names: Sequence[str], period: Span, tells: Tells
) -> tuple[Part, list[dict[str, Any]]]:
    """A node's part of a period, and its records as they stand in the region's report: each tells whose it is."""
    counted = chosen(brought, period, tells)
    records = [record for each in counted for record in each.records]
    part = part_of(
        node,
        records,
        names,
        sequence=max((each.sequence for each in counted), default=0),
        complete=bool(counted) and (tells is not Tells.HAPPENED or _cover(counted, period)),
    )
    told = [labelled(node, e.records, None if (e.start, e.end) == period else e.start) for e in counted]
    return part, [record for records in told for record in records]


def labelled(
    node: str, records: Iterable[Mapping[str, Any]], start: datetime | None = None
) -> list[dict[str, Any]]:
    """An industry node's records as they stand in the region's report; `start` is of the shorter period that they are of."""
    label = {FROM: node} if start is None else {FROM: node, OF: start.astimezone(UTC).isoformat()}
    return [{**record, **label} for record in records]


def _cover(spans: Iterable[Brought], period: Span) -> bool:
    """Whether nothing of the period is left out by these, the first one first."""
    start, end = period
    for each in spans:
        if each.start > start:
            return False
        start = max(start, each.end)
    return start >= end


def parts_hold(parts: Sequence[Part], node: str, records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the parts are those of the records: each counted in one part and no other, the region's own first."""
    if not parts:
        return not any(FROM in record for record in records)
    by: dict[str, list[dict[str, Any]]] = {part.node: [] for part in parts}
    for record in records:
        plain = {name: value for name, value in record.items() if name not in (FROM, OF)}
        by.setdefault(str(record.get(FROM, node)), []).append(plain)
    typed = all(type(part.complete) is bool and type(part.sequence) is int for part in parts)
    if not typed or len(by) != len(parts) or parts[0].node != node or not parts[0].complete:
        return False
    return all(part == _again(part, by[part.node]) for part in parts)


def as_documents(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """The parts as JSON."""
    return [asdict(part) for part in parts]


def _again(part: Part, records: Sequence[Mapping[str, Any]]) -> Part:
    names = [name for name in part.sums if name != "records"]
    return part_of(part.node, records, names, sequence=part.sequence, complete=part.complete)

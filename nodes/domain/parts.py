"""A region's report with what its industry nodes reported to it: each told apart, added up once, missing ones named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nodes.domain.records import add_up, root_of

FROM = (
    "reported_by"  # in a record of an industry node: its code; the region's own records have no such member
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one node contributed: its sums with the number of records, and the root over its records as it reported them.

    `sequence` numbers its report on its stream to the region, 0 for the region's own; a node whose report is not there is
    not `complete`, and adds nothing.
    """

    node: str
    complete: bool
    count: int
    sums: dict[str, int]
    root: str
    sequence: int


def part_of(
    node: str, records: Sequence[Mapping[str, Any]], names: Sequence[str], *, sequence: int = 0
) -> Part:
    """The part of a node that reported these records."""
    sums = {"records": len(records), **add_up(records, names)}
    return Part(node, complete=True, count=len(records), sums=sums, root=root_of(records), sequence=sequence)


def missing(node: str, names: Sequence[str]) -> Part:
    """The part of a node that has not reported."""
    sums = {"records": 0, **dict.fromkeys(names, 0)}
    return Part(node, complete=False, count=0, sums=sums, root=root_of([]), sequence=0)


def labelled(node: str, records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """An industry node's records as they stand in the region's report."""
    return [{**record, FROM: node} for record in records]


def parts_hold(parts: Sequence[Part], node: str, records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the parts are those of the records: each counted in one part and no other, the region's own first."""
    if not parts:
        return not any(FROM in record for record in records)
    by: dict[str, list[dict[str, Any]]] = {part.node: [] for part in parts}
    for record in records:
        plain = {name: value for name, value in record.items() if name != FROM}
        by.setdefault(str(record.get(FROM, node)), []).append(plain)
    if len(by) != len(parts) or parts[0].node != node:
        return False
    return all(
        part == _again(part, by[part.node])
        if part.complete
        else not by[part.node] and part == missing(part.node, _names(part))
        for part in parts
    )


def as_documents(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """The parts as JSON."""
    return [asdict(part) for part in parts]


def _again(part: Part, records: Sequence[Mapping[str, Any]]) -> Part:
    return part_of(part.node, records, _names(part), sequence=part.sequence)


def _names(part: Part) -> list[str]:
    return [name for name in part.sums if name != "records"]

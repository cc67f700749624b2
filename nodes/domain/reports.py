"""A report: one section's records of one closed period, counted and summed, and its life on both sides."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kernel.states import StateTable
from kernel.text import Vocabulary
from nodes.domain.parts import Part, as_documents, parts_hold
from nodes.domain.records import add_up, canonical, root_of

STREAM = "reports"  # one stream for each class of data: reports.resource, reports.platform …
SCHEMA = "cin-report/2"
BEFORE = (
    "cin-report/1"  # of version 0.1.0: without root, profile and correction; still read, no longer written
)


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
class Correction:
    """Why a report takes the place of another: `of` is that one's root, `delta` what each sum rose or fell by."""

    of: str
    reason: str
    delta: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReportMessage:
    """What one report says; `sums` are integers whose units are in their names.

    `profile` is the upstream's with its version; `root` (hex) is the Merkle root over the records' canonical bytes;
    `as_of` is when a section that says how things stand was read, None for one that counts what happened; `parts` tell
    a region's own records from those of its industry nodes, none where it has no such node.
    """

    node: str
    kind: str
    section: str
    start: datetime
    end: datetime
    count: int
    sums: dict[str, int]
    root: str
    profile: str = ""
    as_of: datetime | None = None
    correction: Correction | None = None
    parts: tuple[Part, ...] = ()

    @property
    def figures(self) -> dict[str, int]:
        """What is added up on both sides: the number of records, and the sums."""
        return {"records": self.count, **self.sums}


def difference(before: ReportMessage, after: ReportMessage) -> dict[str, int]:
    """What the number of records and each sum rose or fell by; a sum that one side lacks counts as 0 there."""
    old, new = before.figures, after.figures
    return {name: new.get(name, 0) - old.get(name, 0) for name in sorted({*old, *new})}


def compose_report(message: ReportMessage, records: Sequence[Mapping[str, Any]]) -> bytes:
    """The report's bytes, with its records: JSON, keys sorted, no spaces. These very bytes travel and are kept."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "node": message.node,
        "profile": message.profile,
        "kind": message.kind,
        "section": message.section,
        "start": message.start.astimezone(UTC).isoformat(),
        "end": message.end.astimezone(UTC).isoformat(),
        "count": message.count,
        "sums": message.figures,
        "root": message.root,
        "records": list(records),
    }
    if message.as_of is not None:
        document["as_of"] = message.as_of.astimezone(UTC).isoformat()
    if message.parts:
        document["parts"] = as_documents(message.parts)
    if message.correction is not None:
        document["correction"] = {
            "of": message.correction.of,
            "reason": message.correction.reason,
            "delta": dict(message.correction.delta),
        }
    return canonical(document)


def read_report(body: bytes) -> ReportMessage | None:
    """The report that these bytes say, if count, sums and root are those of its records; else None."""
    try:
        document = json.loads(body)
        records, sums, schema = document["records"], dict(document["sums"]), document["schema"]
        found = root_of(records)
        corrects = document.get("correction")
        message = ReportMessage(
            node=document["node"],
            profile=document.get("profile", ""),
            kind=document["kind"],
            section=document["section"],
            start=_instant(document["start"]),
            end=_instant(document["end"]),
            count=document["count"],
            sums={name: value for name, value in sums.items() if name != "records"},
            root=found,
            as_of=_instant(document["as_of"]) if "as_of" in document else None,
            correction=None if corrects is None else Correction(**corrects),
            parts=tuple(Part(**part) for part in document.get("parts", ())),
        )
        added = {"records": len(records), **add_up(records, list(message.sums))}
        texts = (message.node, message.profile, message.kind, message.section, schema)
        typed = all(type(text) is str for text in texts) and _is_correction(message.correction)
        rooted = schema == BEFORE or (schema == SCHEMA and document["root"] == found)
        counted = message.count == len(records) and sums == added
        whole = rooted and counted and parts_hold(message.parts, message.node, records)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    return message if typed and whole and message.start < message.end else None


def _instant(text: str) -> datetime:
    """A moment in UTC. Raises ValueError where it has no time zone, OverflowError where UTC has no such moment."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant.astimezone(UTC)


def records_of(body: bytes) -> list[dict[str, Any]]:
    """The records of a report that is kept here."""
    return list(json.loads(body)["records"])


def plain(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The records as a reader of their bytes has them."""
    return [json.loads(canonical(record)) for record in records]


def _is_correction(correction: Correction | None) -> bool:
    if correction is None:
        return True
    said = type(correction.of) is str and type(correction.reason) is str and bool(correction.reason.strip())
    return said and all(type(value) is int for value in dict(correction.delta).values())


@dataclass(frozen=True, slots=True)
class Difference:
    """One line in which two assemblies of the same report differ: where, and what each says; None for nothing."""

    pointer: str
    then: Any
    now: Any


def differences(
    then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], sums: Sequence[str]
) -> list[Difference]:
    """The lines in which two readings of the same section and period differ; none where they are the same.

    Records that say the same beside their `sums` and numbers are the same thing, and are compared field by field; a
    record that only one side has is one line. Pointers are into the records of then, `-` where there is none.
    """
    left: dict[bytes, list[tuple[str, Mapping[str, Any]]]] = {}
    for index, record in enumerate(then):
        left.setdefault(_identity(record, sums), []).append((str(index), record))
    found: list[Difference] = []
    for record in now:
        known = left.get(_identity(record, sums))
        if not known:
            found.append(Difference("/records/-", None, dict(record)))
            continue
        place, before = known.pop(0)
        found += [
            Difference(f"/records/{place}/{name}", before.get(name), record.get(name))
            for name in sorted({*before, *record})
            if before.get(name) != record.get(name)
        ]
    for rest in left.values():
        found += [Difference(f"/records/{place}", dict(record), None) for place, record in rest]
    return sorted(found, key=lambda line: line.pointer)


def _identity(record: Mapping[str, Any], sums: Sequence[str]) -> bytes:
    return canonical({n: v for n, v in record.items() if n not in sums and not isinstance(v, int | float)})

"""The word that a period is complete: every section's report of one period by number, figures and root."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from kernel.objects import canonical_json
from kernel.text import Vocabulary

STREAM = "completeness"
SCHEMA = "cin-completeness/1"


class PeriodState(Vocabulary):
    """Where the word on a period stands."""

    SENT = "sent", "已发出", "Sent"
    RECEIPTED = "receipted", "已回执", "Receipted"
    REFUSED = "refused", "被拒绝", "Refused by the upstream"
    RECEIVED = "received", "已接收", "Received from a downstream"
    SUPERSEDED = "superseded", "已被更正", "Superseded by a later word"


@dataclass(frozen=True, slots=True)
class SectionLine:
    """One section's report as its receipt numbered it; `sums` include the number of records."""

    section: str
    kind: str
    sequence: int
    count: int
    sums: dict[str, int]
    root: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a node says of one period: these are all its sections, and their newest versions."""

    node: str
    profile: str
    start: datetime
    end: datetime
    sections: tuple[SectionLine, ...]

    def encode(self) -> bytes:
        """The bytes that travel: JSON, keys sorted, no spaces."""
        document = {
            "schema": SCHEMA,
            "node": self.node,
            "profile": self.profile,
            "start": self.start.astimezone(UTC).isoformat(),
            "end": self.end.astimezone(UTC).isoformat(),
            "sections": [asdict(line) for line in self.sections],
            "sums": {"periods": 1, "reports": len(self.sections)},
        }
        return canonical_json(document).encode()


def compose_completeness(
    node: str, profile: str, start: datetime, end: datetime, lines: Iterable[SectionLine]
) -> Completeness:
    """The word on a period, its sections in the order of their names."""
    return Completeness(node, profile, start, end, tuple(sorted(lines, key=lambda line: line.section)))


def read_completeness(body: bytes) -> Completeness | None:
    """The word that these bytes say, if they are its canonical form; else None."""
    try:
        document: dict[str, Any] = json.loads(body)
        lines = [SectionLine(**line) for line in document["sections"]]
        start, end = (datetime.fromisoformat(document[name]) for name in ("start", "end"))
        word = compose_completeness(document["node"], document["profile"], start, end, lines)
        whole = document["schema"] == SCHEMA and start < end and word.encode() == body
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None
    kinds = all(
        [type(value) for value in asdict(line).values()] == [str, str, int, int, dict, str] for line in lines
    )
    return word if whole and kinds and len({line.section for line in lines}) == len(lines) > 0 else None

"""What monitoring announces; `tenant` is the party it is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class FeedDeclared(Event):
    """A party declared what it will report, and how often; `subject` is the feed."""

    name: ClassVar[str] = "monitoring.feed_declared"

    kind: str
    seconds: int


@dataclass(frozen=True, kw_only=True)
class FeedSilent(Event):
    """A feed missed its time: its data are missing, not zero; `subject` is the feed."""

    name: ClassVar[str] = "monitoring.feed_silent"

    kind: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class FeedRecovered(Event):
    """A silent feed reports again."""

    name: ClassVar[str] = "monitoring.feed_recovered"

    kind: str


@dataclass(frozen=True, kw_only=True)
class AlarmRaised(Event):
    """Something needs a look; later occurrences add to the alarm's count. `subject` is the alarm."""

    name: ClassVar[str] = "monitoring.alarm_raised"

    kind: str
    feed: UUID
    metric: str


@dataclass(frozen=True, kw_only=True)
class AlarmAcknowledged(Event):
    """Somebody looks into it."""

    name: ClassVar[str] = "monitoring.alarm_acknowledged"


@dataclass(frozen=True, kw_only=True)
class AlarmClosed(Event):
    """It is over; `count` occurrences in all."""

    name: ClassVar[str] = "monitoring.alarm_closed"

    count: int


@dataclass(frozen=True, kw_only=True)
class IndicatorComputed(Event):
    """An indicator was computed; `subject` is the value."""

    name: ClassVar[str] = "monitoring.indicator_computed"

    code: str
    expected: int
    received: int


@dataclass(frozen=True, kw_only=True)
class RawDataViewed(Event):
    """The supervision looked at raw data (INVARIANTS E2); `subject` is the feed, or the viewer for the whole window."""

    name: ClassVar[str] = "monitoring.raw_data_viewed"

    view: str


@dataclass(frozen=True, kw_only=True)
class InstructionProposed(Event):
    """A regulator drafted an instruction; `subject` is the instruction, in all that follow too."""

    name: ClassVar[str] = "monitoring.instruction_proposed"

    on: UUID
    scope: str


@dataclass(frozen=True, kw_only=True)
class InstructionIssued(Event):
    """A second regulator approved: it is in force from now."""

    name: ClassVar[str] = "monitoring.instruction_issued"

    on: UUID
    scope: str


@dataclass(frozen=True, kw_only=True)
class InstructionWithdrawn(Event):
    """It was never approved."""

    name: ClassVar[str] = "monitoring.instruction_withdrawn"


@dataclass(frozen=True, kw_only=True)
class InstructionAcknowledged(Event):
    """The party has read it."""

    name: ClassVar[str] = "monitoring.instruction_acknowledged"


@dataclass(frozen=True, kw_only=True)
class InstructionRectified(Event):
    """The party says what it did, with the digest of its evidence."""

    name: ClassVar[str] = "monitoring.instruction_rectified"

    sha256: str


@dataclass(frozen=True, kw_only=True)
class InstructionLifted(Event):
    """Two regulators ended it."""

    name: ClassVar[str] = "monitoring.instruction_lifted"

    on: UUID


@dataclass(frozen=True, kw_only=True)
class InstructionExpired(Event):
    """Its term ran out."""

    name: ClassVar[str] = "monitoring.instruction_expired"

    on: UUID


@dataclass(frozen=True, kw_only=True)
class NodeInstructionProposed(Event):
    """An instruction to a node below was drafted; it waits for a second regulator."""

    name: ClassVar[str] = "monitoring.node_instruction_proposed"

    node: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class NodeInstructionIssued(Event):
    """An instruction was sent to a node below."""

    name: ClassVar[str] = "monitoring.node_instruction_issued"

    node: str


@dataclass(frozen=True, kw_only=True)
class NodeInstructionWithdrawn(Event):
    """A draft to a node below was withdrawn."""

    name: ClassVar[str] = "monitoring.node_instruction_withdrawn"


@dataclass(frozen=True, kw_only=True)
class NodeInstructionLiftSent(Event):
    """The lift of an instruction was sent to a node below."""

    name: ClassVar[str] = "monitoring.node_instruction_lift_sent"

    node: str


@dataclass(frozen=True, kw_only=True)
class NodeInstructionAnswered(Event):
    """A node below told what became of an instruction."""

    name: ClassVar[str] = "monitoring.node_instruction_answered"

    node: str
    state: str


@dataclass(frozen=True, kw_only=True)
class FairnessAuditOpened(Event):
    """The supervision asked for a fairness audit of so many of a period's selections, drawn by the seed; `subject` is the audit."""

    name: ClassVar[str] = "monitoring.fairness_audit_opened"

    seed: str
    start: datetime
    end: datetime
    population: int
    selections: int


@dataclass(frozen=True, kw_only=True)
class FairnessAudited(Event):
    """A fairness audit is done; `digest` is the Content-Digest of its signed document."""

    name: ClassVar[str] = "monitoring.fairness_audited"

    verdict: str
    examined: int
    replayed: int
    digest: str

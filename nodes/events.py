"""What nodes announce; `subject` is the id of the row that the event's name speaks of."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class NodeInvited(Event):
    """A node may attach here until the invitation expires."""

    name: ClassVar[str] = "nodes.node_invited"

    node: str


@dataclass(frozen=True, kw_only=True)
class NodeAttached(Event):
    """Two nodes have exchanged keys; `relation` says what the other one is to us."""

    name: ClassVar[str] = "nodes.node_attached"

    node: str
    relation: str
    key_id: str


@dataclass(frozen=True, kw_only=True)
class NodeDetached(Event):
    """The two nodes exchange nothing any more."""

    name: ClassVar[str] = "nodes.node_detached"

    node: str


@dataclass(frozen=True, kw_only=True)
class NodeKeyAnnounced(Event):
    """Two people let the node's next key follow; its peers are told."""

    name: ClassVar[str] = "nodes.node_key_announced"

    key_id: str
    version: int


@dataclass(frozen=True, kw_only=True)
class PeerKeyRotated(Event):
    """A peer brought its next key by a message under the former one."""

    name: ClassVar[str] = "nodes.peer_key_rotated"

    node: str
    key_id: str
    version: int


@dataclass(frozen=True, kw_only=True)
class OrderArrived(Event):
    """The upstream sent an instruction, or lifts one; `subject` is the instruction's id on both nodes."""

    name: ClassVar[str] = "nodes.order_arrived"

    node: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class OrderReported(Event):
    """A downstream node told what became of an instruction; `subject` is the instruction's id on both nodes."""

    name: ClassVar[str] = "nodes.order_reported"

    node: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class PrefixDelegated(Event):
    """A code prefix was given to a node, for ever."""

    name: ClassVar[str] = "nodes.prefix_delegated"

    node: str
    prefix: str


@dataclass(frozen=True, kw_only=True)
class CodeFiled(Event):
    """The national register took one act on one code."""

    name: ClassVar[str] = "nodes.code_filed"

    node: str
    code: str
    act: str


@dataclass(frozen=True, kw_only=True)
class AlarmRaised(Event):
    """A stream calls for a person."""

    name: ClassVar[str] = "nodes.alarm_raised"

    node: str
    stream: str
    kind: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class AlarmClosed(Event):
    """A person has looked, or what was missing has come."""

    name: ClassVar[str] = "nodes.alarm_closed"

    node: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class StreamResumed(Event):
    """A person lifted the halt of a stream."""

    name: ClassVar[str] = "nodes.stream_resumed"

    node: str
    stream: str


@dataclass(frozen=True, kw_only=True)
class MessageResent(Event):
    """A refused message goes out again under a new number, as a correction of the old one."""

    name: ClassVar[str] = "nodes.message_resent"

    node: str
    stream: str
    supersedes: int


@dataclass(frozen=True, kw_only=True)
class ReportDrafted(Event):
    """A section's period was assembled."""

    name: ClassVar[str] = "nodes.report_drafted"

    section: str


@dataclass(frozen=True, kw_only=True)
class ReportReviewed(Event):
    """The supervision agreed that the report may go out."""

    name: ClassVar[str] = "nodes.report_reviewed"


@dataclass(frozen=True, kw_only=True)
class ReportSent(Event):
    """The report was signed and put on its stream."""

    name: ClassVar[str] = "nodes.report_sent"

    section: str


@dataclass(frozen=True, kw_only=True)
class ReportAnswered(Event):
    """The upstream's receipt came; `outcome` is stored or refused, `code` says why it was refused."""

    name: ClassVar[str] = "nodes.report_answered"

    outcome: str
    code: str


@dataclass(frozen=True, kw_only=True)
class ReportReceived(Event):
    """A downstream node's report was stored."""

    name: ClassVar[str] = "nodes.report_received"

    node: str
    section: str


@dataclass(frozen=True, kw_only=True)
class PeriodCompleted(Event):
    """A node said that every section of a period has its receipt."""

    name: ClassVar[str] = "nodes.period_completed"

    node: str


@dataclass(frozen=True, kw_only=True)
class ManifestCompared(Event):
    """Both sides' manifests of a stream were laid side by side."""

    name: ClassVar[str] = "nodes.manifest_compared"

    node: str
    stream: str
    agreed: bool


@dataclass(frozen=True, kw_only=True)
class ApplicationDrafted(Event):
    """An application for a node was begun; a later version says in `supersedes` which final one it follows."""

    name: ClassVar[str] = "nodes.application_drafted"

    kind: str
    version: int
    supersedes: UUID | None


@dataclass(frozen=True, kw_only=True)
class ApplicationAmended(Event):
    """A draft was filled in further."""

    name: ClassVar[str] = "nodes.application_amended"


@dataclass(frozen=True, kw_only=True)
class ApplicationFinalised(Event):
    """The application is frozen; `sha256` is of the paper that is sealed."""

    name: ClassVar[str] = "nodes.application_finalised"

    kind: str
    version: int
    sha256: str

"""What a stream between two nodes calls a person for."""

from dataclasses import dataclass

from kernel.text import Vocabulary


class AlarmKind(Vocabulary):
    """Why the alarm was raised."""

    EQUIVOCATION = "equivocation", "同一序号出现不同内容", "One sequence number with two contents"
    GAP = "gap", "报送缺号", "A hole in the stream"
    REFILLED = "refilled", "已存报文曾丢失，现已补回", "A stored message was lost and is back"
    QUARANTINED = "quarantined", "报文被对端永久拒绝，已隔离", "Refused for good by the peer; quarantined"
    PEER_LOST = "peer_lost", "对端丢失了已回执的报文", "The peer lost messages it had receipted"
    RECEIPT_MISMATCH = "receipt_mismatch", "回执与所发报文不符", "The receipt is not for what was sent"
    UNREACHABLE = "unreachable", "对端无法访问", "The peer cannot be reached"
    INSTRUCTION_LATE = (
        "instruction_late",
        "指令一分钟内未生效",
        "An instruction is not in force after a minute",
    )
    CLOCK = (
        "clock",
        "与对端时钟相差过大，报文未被接受",
        "Refused: this node's clock and the peer's are too far apart",
    )
    BACKLOG = "backlog", "待报送积压过多", "Too much waits to be sent"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One call for attention; `sequence` is the message at fault, or the first missing one, or the last sent.

    `words` are the peer's own, where it said why.
    """

    kind: AlarmKind
    sequence: int
    words: str = ""

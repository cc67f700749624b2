"""What the messages of each stream mean: who judges them, who stores them, who hears of their receipts."""

from typing import Protocol

from nodes.domain import blocks as block_rules
from nodes.domain import completeness as completeness_rules
from nodes.domain import filings as filing_rules
from nodes.domain import forwarding as forwarding_rules
from nodes.domain import instructions as instruction_rules
from nodes.domain import keys as key_rules
from nodes.domain import reports as report_rules
from nodes.domain.envelopes import Message, Receipt
from nodes.domain.manifests import MANIFEST_AGGREGATE
from nodes.models import Envelope, Peer
from nodes.services import blocks, completeness, filings, forwarding, instructions, keys, reports

STREAM_UNKNOWN = "stream_unknown"


class Content(Protocol):
    """One kind of message, on both ends of its stream."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Why the message can never be taken, as a stable code; empty where it can. Changes nothing."""

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:
        """Take the message's effect, in the transaction that stores it; harmless for one that had it before."""

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Hear, once and in order, what became of a message of ours."""


class Silent:
    """Messages that mean nothing beyond being there: daily manifests, which show the receiver what it lost."""

    def judge(self, *, peer: Peer, message: Message) -> str:  # noqa: ARG002 - the protocol's
        """Always taken."""
        return ""

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:
        """Nothing beyond the message."""

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Nothing beyond the receipt."""


class Unknown(Silent):
    """Messages on a stream that this node has no use for."""

    def judge(self, *, peer: Peer, message: Message) -> str:  # noqa: ARG002 - the protocol's
        """Never taken."""
        return STREAM_UNKNOWN


CONTENTS: dict[str, Content] = {
    block_rules.STREAM: blocks.Blocks(),
    filing_rules.STREAM: filings.Filings(),
    report_rules.STREAM: reports.Reports(),
    completeness_rules.STREAM: completeness.Completenesses(),
    key_rules.STREAM: keys.Keys(),
    instruction_rules.ORDERS: instructions.Orders(),
    instruction_rules.REPORTS: instructions.OrderReports(),
    forwarding_rules.APPLICATIONS: forwarding.Applications(),
    forwarding_rules.MIRRORS: forwarding.Mirrors(),
}


def content_of(stream: str, aggregate: str) -> Content:
    """What a message of this stream about this thing means."""
    known = CONTENTS.get(stream.split(".", 1)[0])
    if known is None:
        return Unknown()
    return Silent() if aggregate == MANIFEST_AGGREGATE else known

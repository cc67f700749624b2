"""Filing identifiers at the upstream, and keeping the register of what downstream nodes filed."""

import contextlib
from uuid import UUID

from identifiers.errors import MalformedCode
from identifiers.selectors.codes import prefix_of
from identifiers.selectors.identifiers import filing_of
from identifiers.services.identifiers import accept_filing
from identifiers.services.recalls import take_back_filed
from kernel.actor import Actor
from kernel.errors import StateConflict
from kernel.services.outbox import publish
from nodes.domain.envelopes import Message, Outcome, Receipt
from nodes.domain.filings import (
    STATE_AFTER,
    STREAM,
    FilingAct,
    FilingMessage,
    compose_filing,
    filing_number,
    read_filing,
)
from nodes.events import CodeFiled
from nodes.models import DelegatedPrefix, Envelope, Filing, Peer
from nodes.selectors.peers import upstream
from nodes.services.streams import enqueue_message

MALFORMED = "filing_malformed"
PREFIX = "prefix_not_delegated"
KNOWN = "filing_known"
UNKNOWN = "filing_unknown"
STANDING_AFTER = {
    FilingAct.ISSUE: "active",
    FilingAct.REINSTATE: "active",
    FilingAct.SUSPEND: "suspended",
    FilingAct.RETIRE: "retired",
}  # here, once it is filed


def file_identifier(*, identifier: UUID, act: FilingAct) -> None:
    """Tell the upstream what happened to an identifier, once it has a code; without an upstream there is nobody to tell."""
    peer, facts = upstream(), filing_of(identifier)
    if peer is None or facts["code"] is None:
        return
    enqueue_message(
        peer=peer,
        stream=STREAM,
        aggregate=facts["code"],
        body=compose_filing(act, facts),
        reference=identifier,
    )


def take_back(message: Message, receipt: Receipt) -> UUID | None:
    """Let an identifier stand again as this node filed it and forgot; its id."""
    filing = read_filing(message.body)
    if filing is None or receipt.outcome is not Outcome.STORED:
        return None
    return take_back_filed(
        code=filing.code,
        kind=filing.kind,
        owner=UUID(filing.owner),
        subject=UUID(filing.subject) if filing.subject else None,
        descriptor=(filing.descriptor_version, filing.profile, filing.attributes),
        state=STANDING_AFTER.get(filing.act, ""),
        receipt=filing_number(receipt),
        filed_at=receipt.received_at,
    )


class Filings:
    """Messages of the stream `filings`."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what is no filing, or about a code under a prefix that the peer was never given."""
        filing = read_filing(message.body)
        if filing is None or filing.code != message.aggregate or not _is_uuid(filing.owner):
            return MALFORMED
        try:
            prefix = prefix_of(filing.code)
        except MalformedCode:
            return MALFORMED
        if not DelegatedPrefix.objects.filter(prefix=prefix, peer=peer).exists():
            return PREFIX
        known = Filing.objects.filter(code=filing.code).first()
        if filing.act is not FilingAct.ISSUE:
            return "" if known is not None else UNKNOWN
        # A message that was lost and comes again finds its own effect, not another's.
        return "" if known is None or known.number.endswith(f".{message.sequence}") else KNOWN

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:
        """Keep the register's newest word on the code; an older message that comes late changes nothing."""
        filing = read_filing(message.body)
        assert filing is not None  # noqa: S101 - judged before
        row = Filing.objects.filter(code=filing.code).first()
        if row is not None and row.sequence >= message.sequence:
            return
        row = _written(row or Filing(code=filing.code, peer=peer, number=filing_number(receipt)), filing)
        row.sequence = message.sequence
        row.save()
        publish(
            CodeFiled(subject=row.id, tenant=None, node=peer.code, code=row.code, act=filing.act.value),
            actor=Actor(node=peer.code),
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Let an identifier go active when its issue is filed; one that was retired meanwhile stays retired."""
        filing = read_filing(bytes(envelope.message.body))
        if filing is None or filing.act is not FilingAct.ISSUE or receipt.outcome is not Outcome.STORED:
            return
        with contextlib.suppress(StateConflict):
            accept_filing(code=filing.code, receipt=filing_number(receipt))


def _written(row: Filing, filing: FilingMessage) -> Filing:
    row.kind, row.owner = filing.kind, UUID(filing.owner)
    row.descriptor_version, row.profile = filing.descriptor_version, filing.profile
    row.attributes = filing.attributes
    if filing.act in STATE_AFTER:
        row.state = STATE_AFTER[filing.act].value
    row.generation += 0 if row._state.adding else 1  # noqa: SLF001 - Django's documented flag
    return row


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

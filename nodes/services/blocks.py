"""Number blocks: asking the upstream for one, and granting them to the nodes below, each block once for ever."""

from django.db.models import Max

from identifiers.services.blocks import grant_block, refuse_block
from nodes.domain.blocks import BlockRequest, compose_block, read_block, stream_of
from nodes.domain.envelopes import Message, Outcome, Receipt
from nodes.models import BlockGrant, DelegatedPrefix, Envelope, Peer
from nodes.selectors.peers import upstream
from nodes.services.streams import enqueue_message

MALFORMED = "block_malformed"
PREFIX = "prefix_not_delegated"
TAKEN = "block_taken"


def ask_block(request: BlockRequest) -> None:
    """Ask the upstream for a block; a node without one is its own authority."""
    peer = upstream()
    if peer is None:
        grant_block(prefix=request.prefix, number=request.number, incarnation=request.incarnation)
        return
    enqueue_message(
        peer=peer,
        stream=stream_of(request.incarnation),
        aggregate=request.aggregate,
        body=compose_block(request),
    )


def grant_first(prefix: DelegatedPrefix) -> int:
    """The next block that nobody has, given with the prefix to a node that attaches, in the caller's transaction."""
    last = BlockGrant.objects.filter(prefix=prefix).aggregate(last=Max("number"))["last"]
    number = 0 if last is None else last + 1
    BlockGrant.objects.create(prefix=prefix, number=number, incarnation="")
    return number


class Blocks:
    """Messages of the streams `blocks.…`."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what asks for no block of a prefix of the peer's, or for one that another database had."""
        request = read_block(message.body)
        if request is None or request.aggregate != message.aggregate:
            return MALFORMED
        if not DelegatedPrefix.objects.filter(prefix=request.prefix, peer=peer).exists():
            return PREFIX
        grant = BlockGrant.objects.filter(prefix__prefix=request.prefix, number=request.number).first()
        return "" if grant is None or grant.incarnation == request.incarnation else TAKEN

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Grant the block; harmless for one that it was granted to before."""
        request = read_block(message.body)
        assert request is not None  # noqa: S101 - judged before
        prefix = DelegatedPrefix.objects.get(prefix=request.prefix, peer=peer)
        BlockGrant.objects.get_or_create(
            prefix=prefix, number=request.number, defaults={"incarnation": request.incarnation}
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Draw from the block that was granted, or ask for the next."""
        request = read_block(bytes(envelope.message.body))
        if request is None:
            return
        act = grant_block if receipt.outcome is Outcome.STORED else refuse_block
        if act is grant_block or receipt.code == TAKEN:
            act(prefix=request.prefix, number=request.number, incarnation=request.incarnation)

"""Learning from a peer what this node sent it and forgot, because its database was restored to an earlier moment."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from kernel.crypto.messages import RegisteredKey, Request, verify_request
from kernel.errors import SignatureRefused
from kernel.merkle import leaf_hash
from nodes.adapters.peers.client import PeerClient, PeerSilentError, ask
from nodes.domain import completeness as completeness_rules
from nodes.domain import filings as filing_rules
from nodes.domain import reports as report_rules
from nodes.domain.envelopes import Message, Receipt, compose_message, open_receipt
from nodes.domain.keys import SINCE_EVER
from nodes.domain.manifests import MANIFEST_AGGREGATE
from nodes.domain.recalls import (
    LARGEST_ANSWER,
    MOST,
    Held,
    as_much_as_fits,
    read_held,
    to_document,
    waiting_after,
)
from nodes.errors import EnvelopeMalformed, RecallRefused, UpstreamUnreachable
from nodes.models import Envelope, Incoming, OutboundStream, Outgoing, Peer
from nodes.selectors.peers import key_of
from nodes.services import completeness, filings, reports
from nodes.services.signing import held_keys, key_for, signed_request

ADDRESS = "/api/v1/federation/recalls"
CREATED = re.compile(r";created=(\d{1,12})(?:;|$)")
# what a message of a stream meant here; of the others only the message itself is taken back
EFFECTS: dict[str, Callable[[Message, Receipt], UUID | None]] = {
    report_rules.STREAM: reports.take_back,
    completeness_rules.STREAM: completeness.take_back,
    filing_rules.STREAM: filings.take_back,
}
Told = tuple[Held, Message, Receipt]


def answer_recall(*, peer: Peer, stream: str, first: int) -> dict[str, object]:
    """What this node holds of a stream of the peer's from number `first` on, as much as one answer takes."""
    rows = Incoming.objects.filter(stream__peer=peer, stream__name=stream, sequence__gte=first)
    held = (
        Held(row.sequence, row.aggregate, row.supersedes, bytes(row.body), row.request, row.statement())
        for row in rows.order_by("sequence")[:MOST].iterator(chunk_size=1)
    )
    return {"messages": [to_document(each) for each in as_much_as_fits(held)]}


def ask_held(stream: OutboundStream, *, expected: int) -> list[Told]:
    """What the peer holds of a stream of ours after what is receipted here, up to `expected`; each message is proved.

    Raises UpstreamUnreachable, RecallRefused for what we never signed or the peer never receipted.
    """
    told: list[Told] = []
    following = stream.acked + 1
    while following < expected:
        page = _ask(stream, following)
        if not page:
            raise RecallRefused(sequence=following)
        for held in page[: expected - following]:
            told.append(_proved(stream, held, following))
            following += 1
    return told


def take_back(row: OutboundStream, told: list[Told]) -> None:
    """Keep what the peer told, under its numbers, with its effects here. The caller has moved what waits behind them."""
    for held, message, receipt in told:
        row.position += 1
        effect = EFFECTS.get(row.name.split(".", 1)[0])
        known = effect is not None and held.aggregate != MANIFEST_AGGREGATE
        reference = effect(message, receipt) if effect is not None and known else None
        outgoing = Outgoing.objects.create(
            stream=row,
            position=row.position,
            aggregate=held.aggregate,
            supersedes=held.supersedes,
            body=held.body,
            reference=reference,
        )
        Envelope.objects.create(
            stream=row,
            sequence=held.sequence,
            message=outgoing,
            supersedes=held.supersedes,
            digest=message.digest,
            leaf=leaf_hash(held.body, row.peer.as_suite().digest),
            request=dict(held.request),
            outcome=receipt.outcome.value,
            code=receipt.code,
            receipt=held.receipt.payload,
            receipt_key_id=held.receipt.key_id,
            receipt_algorithm=held.receipt.algorithm,
            receipt_signature=held.receipt.signature,
        )
    row.waiting = waiting_after(row.waiting, [(held, receipt) for held, _, receipt in told])
    row.advance("position", "waiting")


def _ask(stream: OutboundStream, first: int) -> list[Held]:
    url = stream.peer.url + ADDRESS
    body = json.dumps({"stream": stream.name, "first": first}).encode()
    headers = signed_request(method="POST", url=url, body=body, key=key_for(stream.peer))
    try:
        with PeerClient() as client:
            answer = ask(client, "POST", url, headers=headers, body=body, largest=LARGEST_ANSWER)
        return read_held(answer.body)
    except PeerSilentError as error:
        raise UpstreamUnreachable(url=url, answer=str(error)) from error
    except ValueError as error:
        raise UpstreamUnreachable(url=url, answer=answer.words) from error


def _proved(stream: OutboundStream, held: Held, sequence: int) -> Told:
    """The message and its receipt, once this node's own signature and the peer's are seen to be good."""
    peer, key = stream.peer, key_of(stream.peer, held.receipt.key_id)
    try:
        message = compose_message(
            suite=peer.as_suite(),
            stream=stream.name,
            sequence=held.sequence,
            aggregate=held.aggregate,
            body=held.body,
            supersedes=held.supersedes,
        )
        receipt = open_receipt(held.receipt, suite=key.suite, public_key=key.public_key) if key else None
    except (EnvelopeMalformed, TypeError) as error:
        raise RecallRefused(sequence=sequence) from error
    if receipt is None or key is None:
        raise RecallRefused(sequence=sequence)
    said = (receipt.node, receipt.sender, receipt.stream, receipt.sequence, receipt.digest)
    meant = (peer.code, settings.NODE_CODE, stream.name, sequence, message.digest)
    if said != meant or not receipt.outcome.final or not key.valid_at(receipt.received_at):
        raise RecallRefused(sequence=sequence)
    if not _signed_here(held, message):
        raise RecallRefused(sequence=sequence)
    return held, message, receipt


def _signed_here(held: Held, message: Message) -> bool:
    """Whether a key of this node signed the request that brought this very message, whenever that was."""
    own = {key.key_id: key for key in held_keys()}

    def find_key(key_id: str) -> RegisteredKey | None:
        key = own.get(key_id)
        if key is None:
            return None
        return RegisteredKey(key_id, settings.NODE_CODE, key.suite, key.public_key, SINCE_EVER)

    try:
        headers, query = dict(held.request["headers"]), str(held.request["query"])
        url = f"https://{held.request['authority']}{held.request['path']}{query}"
        created = CREATED.search(headers["signature-input"])
        at = datetime.fromtimestamp(int(created[1]), UTC) if created else SINCE_EVER
        verify_request(
            Request(str(held.request["method"]), url, headers, held.body), find_key=find_key, now=at
        )
    except (SignatureRefused, KeyError, TypeError, ValueError):
        return False
    placed = (headers["cin-stream"], headers["cin-sequence"]) == (message.stream, str(message.sequence))
    return placed and query == f"?{message.query}"

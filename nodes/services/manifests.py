"""Comparing both sides' manifests, locating what differs, and filling what the peer has lost."""

import json
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now, shanghai_date
from kernel.services.outbox import publish
from nodes.adapters.peers.client import PeerClient, PeerSilentError, ask
from nodes.domain.manifests import (
    MANIFEST_AGGREGATE,
    MANIFEST_CONTEXT,
    MOST_RANGES,
    Entry,
    Fingerprint,
    Manifest,
    compose_manifest,
    decode_manifest,
    differences,
    differing,
    fingerprint,
    halves,
    read_fingerprints,
    sign_manifest,
)
from nodes.domain.statements import Statement, from_wire, is_signed_by, to_wire
from nodes.errors import EnvelopeMalformed, UpstreamUnreachable
from nodes.events import ManifestCompared
from nodes.models import Envelope, ManifestPair, OutboundStream, Peer
from nodes.selectors.manifests import first_uncompared
from nodes.selectors.peers import key_of
from nodes.selectors.streams import leaves_of, received_entries, sending_streams, sent_entries
from nodes.services.sending import NoReceiptError, deliver
from nodes.services.signing import key_for, signed_request
from nodes.services.streams import enqueue_message

FEDERATION = "/api/v1/federation"
Signed = tuple[Manifest, Statement]


@transaction.atomic
def exchange_manifests(*, actor: Actor) -> list[ManifestPair]:
    """Compare every stream with its peer now; the last comparison of each. Raises UpstreamUnreachable.

    The streams' rows are locked only when every peer has answered: whoever has something to send does not wait.
    """
    compared = [_exchange(stream, actor) for stream in sending_streams()]
    for row, manifest, _ in compared:
        _announce(row, manifest)
    return [pair for _, _, pair in compared]


@transaction.atomic
def exchange_manifest(*, stream: UUID, actor: Actor = SYSTEM) -> ManifestPair:
    """Compare one stream with its peer; where they differ, find the numbers, send those again, and compare again.

    The manifest also goes out as a message, quiet day or not: a peer that lost the end of the stream asks for it
    then. Raises UpstreamUnreachable.
    """
    row, manifest, pair = _exchange(stream, actor)
    _announce(row, manifest)
    return pair


def _exchange(stream: UUID, actor: Actor) -> tuple[OutboundStream, Manifest, ManifestPair]:
    """Ask the peer, with no row locked."""
    row = OutboundStream.objects.select_related("peer").get(id=stream)
    day = shanghai_date(now())
    manifest = compose_manifest(
        sender=settings.NODE_CODE,
        receiver=row.peer.code,
        stream=row.name,
        day=day,
        first=(first := first_uncompared(row.peer, row.name, settings.NODE_CODE, day)),
        last=row.acked,
        entries=(entries := sent_entries(row, first, row.acked)),
        suite=row.peer.as_suite(),
    )
    ours = _signed(row.peer, manifest)
    try:
        with PeerClient() as client:
            pair = _compare(client, row.peer, manifest, ours, actor)
            if not pair.agreed:
                pair.located = _locate(client, row.peer, manifest, entries)
                pair.advance("located")
                if _refill(client, row, pair.located):
                    pair = _compare(client, row.peer, manifest, ours, actor)
    except PeerSilentError as error:
        raise UpstreamUnreachable(url=row.peer.url, answer=str(error)) from error
    return row, manifest, pair


def _announce(row: OutboundStream, manifest: Manifest) -> None:
    enqueue_message(peer=row.peer, stream=row.name, aggregate=MANIFEST_AGGREGATE, body=manifest.encode())


def answer_manifest(*, peer: Peer, statement: Statement | None) -> Statement:
    """Our own manifest of the same numbers of the peer's stream, from what we hold; both are kept.

    Raises EnvelopeMalformed where the peer's is not signed by a key of its own, or speaks of other nodes.
    """
    theirs, statement = _opened(peer, statement)
    if (theirs.sender, theirs.receiver) != (peer.code, settings.NODE_CODE):
        raise EnvelopeMalformed(
            field="manifest",
            reason_zh="清单的发送方或接收方不是这两个节点。",
            reason_en="Its sender or receiver is another node.",
        )
    ours = compose_manifest(
        sender=theirs.sender,
        receiver=theirs.receiver,
        stream=theirs.stream,
        day=theirs.day,
        first=theirs.first,
        last=theirs.last,
        entries=received_entries(peer, theirs.stream, theirs.first, theirs.last),
        suite=peer.as_suite(),
    )
    signed = _signed(peer, ours)
    _keep(peer, (ours, signed), (theirs, statement), Actor(node=peer.code))
    return signed


def answer_fingerprints(*, peer: Peer, stream: str, ranges: list[tuple[int, int]]) -> list[Fingerprint]:
    """Count and root of what we hold of the peer's stream in each range."""
    if not ranges:
        return []
    first, last = min(low for low, _ in ranges), max(high for _, high in ranges)
    leaves = leaves_of(received_entries(peer, stream, first, last))
    return [fingerprint(leaves, low, high, peer.as_suite()) for low, high in ranges]


def _signed(peer: Peer, manifest: Manifest) -> Statement:
    key = key_for(peer)
    return sign_manifest(manifest, suite=key.suite, private_key=key.private_key)


def _compare(
    client: PeerClient, peer: Peer, manifest: Manifest, ours: Statement, actor: Actor
) -> ManifestPair:
    """Lay both sides' manifests side by side, and keep them."""
    statement = from_wire(_post(client, peer, f"{FEDERATION}/manifests", to_wire(ours)))
    return _keep(peer, (manifest, ours), _opened(peer, statement), actor)


def _keep(peer: Peer, mine: Signed, other: Signed, actor: Actor) -> ManifestPair:
    manifest, theirs = mine[0], other[0]
    unequal = differences(manifest, theirs)
    row = ManifestPair.objects.create(
        peer=peer,
        stream=manifest.stream,
        sender=manifest.sender,
        day=manifest.day,
        first=manifest.first,
        last=manifest.last,
        ours=to_wire(mine[1]),
        theirs=to_wire(other[1]),
        root=manifest.root,
        their_root=theirs.root,
        agreed=not unequal,
        differing=list(unequal),
    )
    publish(
        ManifestCompared(subject=row.id, tenant=None, node=peer.code, stream=row.stream, agreed=row.agreed),
        actor=actor,
    )
    return row


def _opened(peer: Peer, statement: Statement | None) -> Signed:
    """The manifest, once it is seen to be signed by a key of the peer that is valid now."""
    key = key_of(peer, statement.key_id) if statement is not None else None
    if (
        statement is None
        or key is None
        or not key.valid_at(now())
        or not is_signed_by(statement, context=MANIFEST_CONTEXT, suite=key.suite, public_key=key.public_key)
    ):
        raise EnvelopeMalformed(
            field="manifest",
            reason_zh="清单签名无效；请核对对端登记的公钥。",
            reason_en="The manifest's signature is not good; check the peer's registered key.",
        )
    return decode_manifest(statement.payload), statement


def _locate(client: PeerClient, peer: Peer, manifest: Manifest, entries: list[Entry]) -> list[int]:
    """The numbers at which the two sides differ, found by halving."""
    leaves = leaves_of(entries)
    ranges = [(manifest.first, manifest.last)] if manifest.first <= manifest.last else []
    while any(low < high for low, high in ranges):
        asked = halves(ranges)
        ours = [fingerprint(leaves, low, high, peer.as_suite()) for low, high in asked]
        theirs = [
            each
            for start in range(0, len(asked), MOST_RANGES)
            for each in _fingerprints(client, peer, manifest.stream, asked[start : start + MOST_RANGES])
        ]
        ranges = differing(ours, theirs)
    return [low for low, _ in ranges]


def _fingerprints(
    client: PeerClient, peer: Peer, stream: str, ranges: list[tuple[int, int]]
) -> list[Fingerprint]:
    """What the peer holds of some ranges, as many as one question may name."""
    question = {"stream": stream, "ranges": ranges}
    answer = _post(client, peer, f"{FEDERATION}/fingerprints", question)
    try:
        return read_fingerprints(answer)
    except ValueError as error:
        raise UpstreamUnreachable(url=peer.url, answer=str(error)) from error


def _refill(client: PeerClient, row: OutboundStream, numbers: list[int]) -> int:
    """Send these numbers once more, in their order; how many the peer answered. Their receipts of old stand."""
    answered = 0
    for envelope in (
        Envelope.objects.filter(stream=row, sequence__in=numbers)
        .select_related("message", "stream__peer")
        .order_by("sequence")
    ):
        try:
            deliver(client, row.peer.url, envelope)
        except NoReceiptError:
            continue
        answered += 1
    return answered


def _post(client: PeerClient, peer: Peer, path: str, document: object) -> bytes:
    """The body of a peer's 200. Raises UpstreamUnreachable for any other answer, PeerSilentError for none."""
    url, body = peer.url + path, json.dumps(document).encode()
    headers = signed_request(method="POST", url=url, body=body, key=key_for(peer))
    answer = ask(client, "POST", url, headers=headers, body=body)
    if answer.status != 200:  # noqa: PLR2004
        raise UpstreamUnreachable(url=url, answer=answer.words)
    return answer.body

"""Keys and their succession: ours, which two people let follow, and those that peers bring."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from kernel.actor import Actor
from kernel.clock import now
from kernel.crypto.messages import LEEWAY
from kernel.crypto.suite import SUITES, Suite
from kernel.models.proposals import Proposal
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from kernel.services.proposals import propose_act
from kernel.shelves import strike
from nodes.domain.envelopes import Message, Outcome, Receipt
from nodes.domain.keys import AGGREGATE, SINCE_EVER, STREAM, NextKey, read_next_key
from nodes.domain.peers import KEY_OVERLAP, PeerAct, PeerState
from nodes.errors import KeyAnnounced, KeyNotHere, NodeKeyTaken
from nodes.events import NodeKeyAnnounced, PeerKeyRotated
from nodes.models import Envelope, NodeKey, Peer, PeerKeyRow, PeerLogEntry
from nodes.selectors.keys import newest_key_id
from nodes.services.signing import CURRENT_KEY, current_key, held_key, held_keys, own_keys
from nodes.services.streams import enqueue_message

ROTATE = "nodes.rotate_key"
MALFORMED = "key_malformed"
TAKEN = "key_taken"
SUITE = "key_of_another_suite"


@transaction.atomic
def propose_key(*, key_id: str, actor: Actor) -> tuple[NodeKey, Proposal]:
    """Ask a second administrator to let this key, which stands in NODE_KEY already, follow the present one.

    Raises KeyNotHere where NODE_KEY does not hold it, KeyAnnounced for one that is or was in use.
    """
    if key_id not in {each.key_id for each in own_keys(settings.NODE_KEY)}:
        raise KeyNotHere(pointer="/key_id", key=key_id)
    key = held_key(key_id)
    before = current_key(key.suite)
    row = NodeKey.objects.filter(key_id=key_id).first()
    if key_id == before.key_id or (row is not None and row.valid_from is not None):
        raise KeyAnnounced(pointer="/key_id", key=key_id)
    row = row or NodeKey.objects.create(key_id=key_id, suite=key.suite.name, public_key=key.public_key)
    return row, propose_act(kind=ROTATE, subject=row.id, terms={}, actor=actor)


@four_eyes(ROTATE, operation="nodes.propose_key")
@transaction.atomic
def announce_key(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:  # noqa: ARG001 - the row has the terms
    """Tell every peer of the suite the next key, by messages that the former one still signs.

    Each peer is signed to with the new key from its receipt on; everybody else at once.
    """
    row = NodeKey.objects.select_for_update().get(id=subject)
    key, before = held_key(row.key_id), current_key(SUITES[row.suite])
    versions = NodeKey.objects.filter(suite=row.suite)
    if not newest_key_id(before.suite):
        first = {"suite": row.suite, "version": 1, "public_key": before.public_key}
        NodeKey.objects.create(key_id=before.key_id, valid_from=SINCE_EVER, **first)
    row.version = (versions.aggregate(last=Max("version"))["last"] or 1) + 1
    row.valid_from = now()
    row.advance("version", "valid_from")
    news = NextKey(settings.NODE_CODE, row.version, key.suite, key.public_key)
    body = news.encode(key.private_key)
    peers = Peer.objects.select_for_update().filter(state=PeerState.ATTACHED.value, suite=row.suite)
    for peer in peers.order_by("id"):
        if not peer.own_key:
            peer.own_key = before.key_id
            peer.advance("own_key")
        enqueue_message(peer=peer, stream=STREAM, aggregate=AGGREGATE, body=body, reference=row.id)
    publish(
        NodeKeyAnnounced(subject=row.id, tenant=None, key_id=row.key_id, version=row.version), actor=actor
    )
    _close_former(row.suite)
    strike(CURRENT_KEY)


def _close_former(suite: str) -> None:
    """Let keys end that no attached peer is signed to with any more, after the overlap."""
    peers = Peer.objects.filter(state=PeerState.ATTACHED.value, suite=suite)
    in_use = {newest_key_id(SUITES[suite]), *peers.values_list("own_key", flat=True)}
    open_rows = NodeKey.objects.filter(suite=suite, valid_until=None).exclude(valid_from=None)
    open_rows.exclude(key_id__in=in_use).update(valid_until=now() + KEY_OVERLAP)


def keep_peer_key(*, peer: Peer, suite: Suite, public_key: bytes, version: int | None = None) -> str:
    """Register a key of a peer; its former ones stay good for the overlap. Its key id.

    Raises NodeKeyTaken for a key that is another node's, or ours.
    """
    key_id = suite.key_id(public_key)
    owner = owner_of(key_id)
    if owner is not None and owner != peer.code:
        raise NodeKeyTaken(pointer="/key", key_id=key_id, node=owner)
    moment = now()
    keys = PeerKeyRow.objects.filter(peer=peer)
    outlasting = Q(valid_until=None) | Q(valid_until__gt=moment + KEY_OVERLAP)
    keys.filter(outlasting).exclude(key_id=key_id).update(valid_until=moment + KEY_OVERLAP)
    version = version or (keys.exclude(key_id=key_id).aggregate(last=Max("version"))["last"] or 0) + 1
    PeerKeyRow.objects.update_or_create(
        key_id=key_id,
        defaults={"valid_until": None},
        create_defaults={
            "peer": peer,
            "suite": suite.name,
            "version": version,
            "public_key": public_key,
            # signatures count whole seconds, and the peer's clock may be behind
            "valid_from": moment - LEEWAY,
        },
    )
    return key_id


def owner_of(key_id: str) -> str | None:
    """The code of the node whose key this is: a peer's, or ours; None for nobody's."""
    row = PeerKeyRow.objects.filter(key_id=key_id).select_related("peer").first()
    if row is not None:
        return row.peer.code
    ours = any(key.key_id == key_id for key in held_keys()) or NodeKey.objects.filter(key_id=key_id).exists()
    return settings.NODE_CODE if ours else None


class Keys:
    """Messages of the stream `keys`, which goes up and down."""

    def judge(self, *, peer: Peer, message: Message) -> str:
        """Refuse what proves no possession, another suite than the pair's, and a key that has an owner."""
        key = read_next_key(message.body)
        if key is None or key.node != peer.code or message.aggregate != AGGREGATE:
            return MALFORMED
        if key.suite.name != peer.suite:
            return SUITE
        return TAKEN if owner_of(key.key_id) not in (None, peer.code) else ""

    def store(self, *, peer: Peer, message: Message, receipt: Receipt) -> None:  # noqa: ARG002 - the protocol's
        """Know the peer by its next key from now on, and by the former one for the overlap; once."""
        key = read_next_key(message.body)
        assert key is not None  # noqa: S101 - judged before
        if PeerKeyRow.objects.filter(key_id=key.key_id).exists():
            return
        keep_peer_key(peer=peer, suite=key.suite, public_key=key.public_key, version=key.version)
        PeerLogEntry.objects.create(peer=peer, act=PeerAct.KEY_ROTATED.value, key_id=key.key_id)
        publish(
            PeerKeyRotated(
                subject=peer.id, tenant=None, node=peer.code, key_id=key.key_id, version=key.version
            ),
            actor=Actor(node=peer.code),
        )

    def receipted(self, *, envelope: Envelope, receipt: Receipt) -> None:
        """Sign to this peer with the key that it has now."""
        if receipt.outcome is not Outcome.STORED:
            return
        assert envelope.message.reference is not None  # noqa: S101 - the key that was announced
        key = NodeKey.objects.get(id=envelope.message.reference)
        peer = Peer.objects.select_for_update().get(id=envelope.stream.peer_id)
        peer.own_key = key.key_id
        peer.advance("own_key")
        _close_former(key.suite)

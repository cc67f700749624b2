"""Who the other nodes are."""

from kernel.crypto.messages import RegisteredKey
from kernel.domain.systems import NodeRole
from kernel.systems import System
from nodes.domain.peers import PeerState, Relation
from nodes.domain.roles import runs
from nodes.models import Peer, PeerKeyRow

MOST_NAMED = 3


def upstream() -> Peer | None:
    """The node that this one reports to: the attached one, else the last one, so that what is due waits for it."""
    ups = Peer.objects.filter(relation=Relation.UPSTREAM.value)
    return ups.filter(state=PeerState.ATTACHED.value).first() or ups.order_by("-id").first()


def industry_nodes() -> dict[str, bool]:
    """The industry nodes that report or reported to this one, by code, and whether each is attached."""
    below = Peer.objects.filter(relation=Relation.DOWNSTREAM.value, role=NodeRole.INDUSTRY.value)
    states = below.order_by("code").values_list("code", "state")
    return {code: state == PeerState.ATTACHED.value for code, state in states}


def runner_of(system: System) -> str:
    """The attached nodes that run a system, each with its address: our upstream, for the national node its regions."""
    peers = Peer.objects.filter(state=PeerState.ATTACHED.value).order_by("relation", "code")
    running = [f"{row.name} ({row.url})" for row in peers if runs(NodeRole(row.role), system)]
    up = upstream()
    if up is not None and runs(NodeRole(up.role), system):
        return f"{up.name} ({up.url})"
    return "、".join(running[:MOST_NAMED])


def find_key(key_id: str) -> RegisteredKey | None:
    """The registered key of an attached peer; None for any other."""
    row = (
        PeerKeyRow.objects.filter(key_id=key_id, peer__state=PeerState.ATTACHED.value)
        .select_related("peer")
        .first()
    )
    return row.as_key() if row else None


def key_of(peer: Peer, key_id: str) -> RegisteredKey | None:
    """The key by which a statement of this peer is verified, valid or not; None where it is not this peer's."""
    row = PeerKeyRow.objects.filter(peer=peer, key_id=key_id).select_related("peer").first()
    return row.as_key() if row else None

"""Nodes that this one is attached to: in which direction, and the life of the attachment."""

from datetime import timedelta

from kernel.states import StateTable
from kernel.text import Vocabulary

INVITATION_LIFE = timedelta(days=3)
KEY_OVERLAP = timedelta(hours=24)  # how long a former key stays good after the next one is known
PROTOCOLS = (
    "cin/1",
)  # the versions of the messages between nodes that this software speaks, the newest first


class Relation(Vocabulary):
    """What the peer is to this node."""

    UPSTREAM = "upstream", "上级节点", "Our upstream"
    DOWNSTREAM = "downstream", "下级节点", "Our downstream"


class PeerAct(Vocabulary):
    """What the certification log tells of a peer."""

    ATTACHED = "attached", "接入", "Attached"
    KEY_ROTATED = "key_rotated", "更换密钥", "Brought its next key"
    DETACHED = "detached", "脱离", "Detached"


class PeerState(Vocabulary):
    """Whether the two nodes exchange messages."""

    ATTACHED = "attached", "已接入", "Attached"
    DETACHED = "detached", "已脱离", "Detached"


PEER_LIFE = StateTable(
    states=PeerState,
    initial=PeerState.ATTACHED,
    acts={
        "detach": (frozenset({PeerState.ATTACHED}), PeerState.DETACHED),
        "attach": (frozenset(PeerState), PeerState.ATTACHED),
    },
)

"""The nodes that this one is or was attached to, and their public keys."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.crypto.messages import RegisteredKey
from kernel.crypto.suite import INTERNATIONAL, SUITES, Suite
from kernel.domain.systems import NodeRole
from kernel.models.base import Entity
from nodes.domain.peers import PROTOCOLS, PeerState, Relation


class Peer(Entity):
    """One other node; a detached one stays, as what it sent stays."""

    public: ClassVar[bool] = True

    code = models.CharField(max_length=6, unique=True, help_text="GB/T 2260; 000000 is the national node")
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=10, choices=NodeRole.choices())
    relation = models.CharField(max_length=10, choices=Relation.choices())
    url = models.URLField(help_text="the node's own address, which its signatures are checked against")
    state = models.CharField(max_length=10, choices=PeerState.choices(), default=PeerState.ATTACHED.value)
    suite = models.CharField(max_length=20, default=INTERNATIONAL.name, help_text="the pair's, for ever")
    protocol = models.CharField(
        max_length=20, default=PROTOCOLS[-1], help_text="the pair's version of messages"
    )
    contact = models.CharField(
        max_length=200, default="", blank=True, help_text="the duty desk of its operator"
    )
    own_key = models.CharField(
        max_length=64, default="", blank=True, help_text="key id of our newest key that it has"
    )

    class Meta:
        db_table = "peer"
        constraints = [
            models.UniqueConstraint(
                fields=["relation"],
                condition=Q(relation=Relation.UPSTREAM.value, state=PeerState.ATTACHED.value),
                name="peer_one_upstream",
            )
        ]

    def as_suite(self) -> Suite:
        """The suite in which the two nodes sign and digest."""
        return SUITES[self.suite]


class PeerKeyRow(Entity):
    """A public key of a peer; during a rotation two are valid at once."""

    public: ClassVar[bool] = True

    peer = models.ForeignKey(Peer, models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=64, unique=True, help_text="RFC 7638 thumbprint")
    suite = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1, help_text="as the peer counts its keys")
    public_key = models.BinaryField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "peer_key"
        ordering: ClassVar[list[str]] = ["id"]

    def as_key(self) -> RegisteredKey:
        """The key as the rules of signatures know it."""
        return RegisteredKey(
            key_id=self.key_id,
            holder=self.peer.code,
            suite=SUITES[self.suite],
            public_key=bytes(self.public_key),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )

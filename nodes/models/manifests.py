"""Manifests of both sides, as they were compared."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from nodes.models.peers import Peer


class ManifestPair(Entity):
    """One comparison of a stream's numbers `first` to `last`: both signed manifests, and whether they agree."""

    public: ClassVar[bool] = True

    peer = models.ForeignKey(Peer, models.PROTECT, related_name="manifests")
    stream = models.CharField(max_length=64)
    sender = models.CharField(max_length=6, help_text="code of the sending node")
    day = models.DateField(help_text="in Shanghai")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    ours = models.JSONField(help_text="our signed statement")
    theirs = models.JSONField(help_text="the peer's signed statement")
    root = models.CharField(max_length=64)
    their_root = models.CharField(max_length=64)
    agreed = models.BooleanField()
    differing = models.JSONField(default=list, help_text="fields that differ")
    located = models.JSONField(default=list, help_text="numbers at which the two sides differ")

    class Meta:
        db_table = "manifest_pair"

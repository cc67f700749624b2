"""The national register of filed identifiers."""

from typing import ClassVar

from django.db import models

from kernel.models.base import Entity
from nodes.domain.filings import FilingState
from nodes.models.peers import Peer


class Filing(Entity):
    """One filed identifier as its region last said; every version stands in the stream (INVARIANTS G4)."""

    public: ClassVar[bool] = True

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12)
    peer = models.ForeignKey(Peer, models.PROTECT, related_name="filings")
    owner = models.UUIDField(help_text="id of the owning organisation at its region")
    state = models.CharField(max_length=10, choices=FilingState.choices())
    descriptor_version = models.PositiveIntegerField()
    profile = models.CharField(max_length=20)
    attributes = models.JSONField()
    number = models.CharField(
        max_length=64, unique=True, help_text="备案回执号 / receipt number of the filing"
    )
    sequence = models.BigIntegerField(help_text="of the last message about it")

    class Meta:
        db_table = "filing"

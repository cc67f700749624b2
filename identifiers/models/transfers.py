"""Transfers of identifiers from one holder to another."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from identifiers.domain.transfers import TransferState
from identifiers.models.identifiers import Identifier
from kernel.models.base import Entity


class Transfer(Entity):
    """One holder's offer of an identifier to another, and what the other said: the identifier's history of holders."""

    tenant_field: ClassVar[str] = "tenant_id"
    party_fields: ClassVar[list[str]] = ["receiver_id"]

    identifier = models.ForeignKey(Identifier, models.PROTECT, related_name="transfers")
    tenant_id = models.UUIDField(help_text="the holder who gives")
    receiver_id = models.UUIDField(help_text="the organisation that is to hold it")
    subject = models.UUIDField(help_text="the resource as the giver knows it")
    new_subject = models.UUIDField(null=True, help_text="the resource as the receiver knows it")
    reason = models.CharField(max_length=500)
    answer = models.CharField(max_length=500, blank=True, help_text="why it was declined")
    state = models.CharField(
        max_length=10, choices=TransferState.choices(), default=TransferState.OFFERED.value
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identifier_transfer"
        constraints = [
            models.UniqueConstraint(
                fields=["identifier"],
                condition=Q(state=TransferState.OFFERED.value),
                name="identifier_transfer_once_open",
            ),
            models.CheckConstraint(
                condition=~Q(receiver_id=F("tenant_id")), name="identifier_transfer_to_another"
            ),
            models.CheckConstraint(
                condition=~Q(state=TransferState.ACCEPTED.value) | Q(new_subject__isnull=False),
                name="identifier_transfer_has_resource",
            ),
        ]

"""Quotes: a bundle's firm price, signed by the node."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models.base import Entity


class Quote(Entity):
    """One signed price. `document` is the very text whose UTF-8 bytes were signed; insert-only."""

    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField()
    selection = models.UUIDField()
    bundle = models.PositiveIntegerField(help_text="index in the selection's bundles")
    line_quote = models.UUIDField(null=True, help_text="the carrier's firm word that the line is priced by")
    compute_fen = models.BigIntegerField(help_text="without the storage")
    storage_fen = models.BigIntegerField(default=0)
    line_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    valid_until = models.DateTimeField()
    document = models.TextField()
    digest = models.CharField(max_length=80, help_text="Content-Digest of document")
    signature = models.CharField(max_length=120, help_text="base64 over document's UTF-8 bytes")
    key_id = models.CharField(max_length=64)

    class Meta:
        db_table = "quote"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    total_fen=F("compute_fen") + F("storage_fen") + F("line_fen"),
                    compute_fen__gte=0,
                    storage_fen__gte=0,
                    line_fen__gte=0,
                ),
                name="quote_adds_up",
            )
        ]

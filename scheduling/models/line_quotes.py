"""Line quotes: a carrier's signed word on one line."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from kernel.models.base import Entity
from scheduling.domain.line_quotes import LIFE, LineQuoteState, QuoteKind
from scheduling.domain.uses import LineUse


class LineQuote(Entity):
    """One signed word. `document` is the very text whose UTF-8 bytes were signed; only `state` and what follows move.

    `follows` is the conditional quote whose survey made this firm one; `terms` are those of the bundle's line; `order` took
    it over.
    """

    tenant_field: ClassVar[str] = "provider_id"
    party_fields: ClassVar[list[str]] = ["user_id"]

    provider_id = models.UUIDField()
    user_id = models.UUIDField()
    selection = models.UUIDField()
    bundle = models.PositiveIntegerField(help_text="index in the selection's bundles")
    kind = models.CharField(max_length=12, choices=QuoteKind.choices())
    use = models.CharField(max_length=10, choices=LineUse.choices(), db_default=LineUse.ENTRY.value)
    state = models.CharField(max_length=10, choices=LineQuoteState.choices(), default=LIFE.initial.value)
    follows = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    terms = models.JSONField(help_text="the line's terms, as the order will have them")
    line_fen = models.BigIntegerField()
    promised_days = models.PositiveIntegerField()
    valid_until = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    order = models.UUIDField(null=True)
    document = models.TextField()
    digest = models.CharField(max_length=80, help_text="Content-Digest of document")
    signature = models.CharField(max_length=120, help_text="base64 over document's UTF-8 bytes")
    key_id = models.CharField(max_length=64)
    profile = models.CharField(max_length=20)

    class Meta:
        db_table = "line_quote"
        constraints = [
            models.CheckConstraint(condition=Q(line_fen__gte=0), name="line_quote_not_negative"),
            models.CheckConstraint(
                condition=~Q(state__in=["holding", "held", "refused", "lapsed", "ordered"]) | Q(kind="firm"),
                name="line_quote_only_firm_is_held",
            ),
            models.CheckConstraint(
                condition=Q(state="ordered", order__isnull=False)
                | ~Q(state="ordered") & Q(order__isnull=True),
                name="line_quote_ordered_has_its_order",
            ),
            models.UniqueConstraint(fields=["follows"], name="line_quote_one_firm_a_survey"),
        ]
        indexes = [
            models.Index(fields=["provider_id"], name="line_quote_by_provider"),
            models.Index(fields=["user_id"], name="line_quote_by_user"),
            models.Index(fields=["order"], condition=Q(order__isnull=False), name="line_quote_by_order"),
        ]

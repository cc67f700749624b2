"""The double-entry ledger: accounts, entries, postings. Entries add up to zero and never change."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from kernel.models.base import Entity
from marketplace.domain.ledger import AccountKind, EntryKind


class Account(Entity):
    """What is counted, for one party or (party null) for the node itself."""

    tenant_field: ClassVar[str] = "party"

    kind = models.CharField(max_length=20, choices=AccountKind.choices())
    party = models.UUIDField(null=True)

    class Meta:
        db_table = "account"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "party"], nulls_distinct=False, name="account_once_a_kind_and_party"
            )
        ]


class JournalEntry(Entity):
    """One balanced entry for a reason; corrected only by one reversal. Append-only."""

    public: ClassVar[bool] = False
    tenant_field: ClassVar[str] = "tenant_id"

    tenant_id = models.UUIDField(help_text="the user whose statement it books")
    kind = models.CharField(max_length=10, choices=EntryKind.choices())
    reason = models.CharField(max_length=500, blank=True)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversal")

    class Meta:
        db_table = "journal_entry"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=EntryKind.REVERSAL.value, reverses__isnull=False)
                | ~Q(kind=EntryKind.REVERSAL.value) & Q(reverses__isnull=True),
                name="journal_entry_reversal_names_its_entry",
            )
        ]


class Posting(models.Model):
    """One signed amount on one account; the postings of an entry add up to zero at commit. Append-only."""

    public: ClassVar[bool] = False
    tenant_field: ClassVar[str] = "account__party"

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings")
    amount_fen = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "posting"
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "account"], name="posting_once_an_account"),
            models.CheckConstraint(condition=~Q(amount_fen=0), name="posting_not_zero"),
        ]

"""Booking balanced entries, and reversing one by two people."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.locks import Lock, take_lock
from kernel.proposals import four_eyes
from kernel.services.outbox import publish
from marketplace import events
from marketplace.domain.ledger import AccountKind, Amount, EntryKind, balanced
from marketplace.errors import EntryReversed
from marketplace.models import Account, JournalEntry, Posting, Statement
from marketplace.services.vouchers import take_back_redemption


@transaction.atomic
def book_entry(
    *, kind: EntryKind, user: UUID, amounts: Sequence[Amount], reason: str = "", reverses: UUID | None = None
) -> JournalEntry:
    """Book one entry; its amounts add up to zero, which the database checks again at commit."""
    if not balanced(amounts):
        raise ValueError("the postings of an entry add up to zero")
    entry = JournalEntry.objects.create(tenant_id=user, kind=kind.value, reason=reason, reverses_id=reverses)
    accounts = _accounts(amounts)
    Posting.objects.bulk_create(
        Posting(entry=entry, account=accounts[amount.account.value, amount.party], amount_fen=amount.fen)
        for amount in amounts
    )
    return entry


@four_eyes("marketplace.reverse_entry", operation="marketplace.propose_reversal")
@transaction.atomic
def reverse_entry(subject: UUID, terms: dict[str, Any], actor: Actor) -> None:
    """Reverse an entry, once a second person has approved; its voucher goes back to the year it was drawn in.

    Raises EntryReversed for a second reversal and for the reversal of a reversal.
    """
    take_lock(
        Lock.LEDGER, f"entry:{subject}"
    )  # an entry is append-only: the application may not lock its row
    entry = JournalEntry.objects.get(id=subject)
    if entry.kind == EntryKind.REVERSAL or JournalEntry.objects.filter(reverses=entry).exists():
        raise EntryReversed
    postings = Posting.objects.filter(entry=entry).select_related("account")
    amounts = [Amount(AccountKind(row.account.kind), row.account.party, -row.amount_fen) for row in postings]
    reversal = book_entry(
        kind=EntryKind.REVERSAL,
        user=entry.tenant_id,
        amounts=amounts,
        reason=terms["reason"],
        reverses=entry.id,
    )
    statement = Statement.objects.filter(entry=entry).first()
    if statement is not None and statement.voucher_fen:
        take_back_redemption(order=statement.order_id, year=statement.voucher_year, fen=statement.voucher_fen)
    publish(events.EntryReversed(subject=reversal.id, tenant=entry.tenant_id, reverses=entry.id), actor=actor)


def _accounts(amounts: Sequence[Amount]) -> dict[tuple[str, UUID | None], Account]:
    wanted = {(amount.account.value, amount.party) for amount in amounts}
    Account.objects.bulk_create(
        [Account(kind=kind, party=party) for kind, party in sorted(wanted, key=str)], ignore_conflicts=True
    )
    rows = Account.objects.filter(kind__in=[kind for kind, _ in wanted])
    return {(row.kind, row.party): row for row in rows if (row.kind, row.party) in wanted}

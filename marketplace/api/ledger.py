"""The ledger over HTTP: balances of accounts, entries, and a reversal by two people."""

from typing import Any

from django.db.models import BigIntegerField, Sum, Value
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn
from kernel.api.pagination import PageQuery
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.services.proposals import propose_act
from kernel.systems import System
from marketplace.domain.ledger import AccountKind, EntryKind
from marketplace.models import Account, JournalEntry, Posting


class AccountOut(serializers.ModelSerializer[Account]):
    """An account and its balance in fen: positive is owed to the market, negative is owed by it."""

    balance_fen = serializers.IntegerField()

    class Meta:
        model = Account
        fields = ("id", "kind", "party", "balance_fen")


class PostingOut(serializers.ModelSerializer[Posting]):
    """One amount of an entry."""

    kind = serializers.CharField(source="account.kind")
    party = serializers.UUIDField(source="account.party", allow_null=True)

    class Meta:
        model = Posting
        fields = ("account", "kind", "party", "amount_fen")


class JournalEntryOut(serializers.ModelSerializer[JournalEntry]):
    """A balanced entry."""

    postings = PostingOut(many=True)

    class Meta:
        model = JournalEntry
        fields = ("id", "kind", "reason", "reverses", "postings", "created_at")


class AccountQuery(PageQuery):
    """Filters of the list."""

    kind = serializers.ChoiceField(AccountKind.choices(), required=False)
    party = serializers.UUIDField(required=False)


class AccountsView(HouseView):
    """`/api/v1/accounts`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_accounts"}

    @extend_schema(parameters=[AccountQuery], responses=page_of(AccountOut))
    def get(self, request: Request) -> Response:
        """List accounts with their balances."""
        balance = Coalesce(Sum("postings__amount_fen"), Value(0), output_field=BigIntegerField())
        rows = Account.objects.visible_to(self.actor).annotate(balance_fen=balance)
        return self.page(rows, AccountOut, AccountQuery)


class JournalEntryQuery(PageQuery):
    """Filters of the list."""

    kind = serializers.ChoiceField(EntryKind.choices(), required=False)


class JournalEntriesView(HouseView):
    """`/api/v1/journal-entries`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_entries"}

    @extend_schema(parameters=[JournalEntryQuery], responses=page_of(JournalEntryOut))
    def get(self, request: Request) -> Response:
        """List the entries of the ledger."""
        rows = JournalEntry.objects.visible_to(self.actor).prefetch_related("postings__account")
        return self.page(rows, JournalEntryOut, JournalEntryQuery)


class ProposeReversalView(HouseView):
    """`/api/v1/journal-entries/{id}:propose-reversal`."""

    system = System.SERVICE
    operations = {"POST": "marketplace.propose_reversal"}
    queryset = JournalEntry.objects.all()
    visible_by = "marketplace.list_entries"

    @extend_schema(request=ReasonIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to reverse an entry; a second person approves."""
        terms = {"reason": self.read(ReasonIn)["reason"]}
        row = propose_act(
            kind="marketplace.reverse_entry", subject=self.subject.id, terms=terms, actor=self.actor
        )
        return self.show(row, ProposalOut, status=201)

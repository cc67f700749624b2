"""Settlement over HTTP: run a period, close it by two people, read the statements and their evidence."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words, without_body
from kernel.api.documents import DocumentField
from kernel.api.instants import InstantField
from kernel.api.pagination import PageQuery
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.domain.windows import Window
from kernel.services.proposals import propose_act
from kernel.systems import System
from kernel.text import Text
from marketplace.api.orders import OrderOut
from marketplace.domain.settlements import LIFE, Ending, SettlementState, Unit
from marketplace.models import Order, Settlement, Statement, StatementLine
from marketplace.services import settlements as services


class PeriodIn(serializers.Serializer[Any]):
    """A half-open period."""

    start = InstantField()
    end = InstantField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """It ends after it starts."""
        if attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError(
                {"end": in_words(Text("须晚于 start", "must be later than start"))}
            )
        return attrs


class SettlementOut(serializers.ModelSerializer[Settlement]):
    """A settled period."""

    start = serializers.DateTimeField(source="period.lower")
    end = serializers.DateTimeField(source="period.upper")

    class Meta:
        model = Settlement
        fields = ("id", "start", "end", "state", "profile", "closed_at", "created_at", "generation")


class StatementLineOut(serializers.ModelSerializer[StatementLine]):
    """One part of a statement, and why so much of it: `quantity` is what is billed now, in units of `counts`.

    Of what is not metered `begun` months or hours were served so far; at its term, or ended early by its user, at least
    `least` of them are owed, and otherwise no more than began.
    """

    counts = serializers.ChoiceField(Unit.choices())
    begun = serializers.IntegerField(source="basis.begun", allow_null=True)
    least = serializers.IntegerField(source="basis.least", allow_null=True)
    ending = serializers.ChoiceField(Ending.choices(), source="basis.ending", allow_null=True)

    class Meta:
        model = StatementLine
        fields = ("part", "rule", "quantity", "counts", "begun", "least", "ending", "amount_fen")


class StatementOut(serializers.ModelSerializer[Statement]):
    """A statement, the same for every party. `user + voucher = provider + line provider + fee + residue`."""

    lines = StatementLineOut(many=True)
    reversed = serializers.BooleanField(source="is_reversed")
    marking = serializers.CharField(
        source="order.marking", help_text="of what was ordered: 演示数据 where it is invented"
    )

    expanded = expanded(
        "Statement",
        order=Related("order_id", "marketplace.read_order", Order.objects.all(), OrderOut),
        settlement=Related(
            "settlement_id", "marketplace.read_settlement", Settlement.objects.all(), SettlementOut
        ),
    )

    class Meta:
        model = Statement
        fields = (
            "id",
            "settlement",
            "order",
            "entry",
            "tenant_id",
            "compute_provider",
            "line_provider",
            "lines",
            "user_fen",
            "voucher_fen",
            "provider_fen",
            "line_provider_fen",
            "fee_fen",
            "residue_fen",
            "reversed",
            "marking",
            "created_at",
            "expanded",
        )


class MeterReadingOut(serializers.Serializer[Any]):
    """One window as both meters have it, in machine-seconds; `agreed` is what is billed."""

    usage = serializers.UUIDField()
    provider_record = serializers.UUIDField()
    node_record = serializers.UUIDField()
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    provider_machine_seconds = serializers.IntegerField()
    node_machine_seconds = serializers.IntegerField()
    agreed_machine_seconds = serializers.IntegerField()
    profile = serializers.CharField()


class ComputeEvidenceOut(serializers.Serializer[Any]):
    """What the compute's fen follow from, by the rule compute_metered."""

    price_cny_hour = serializers.CharField(help_text="of one machine")
    contract_fen = serializers.IntegerField()
    billed_before_machine_seconds = serializers.IntegerField()
    billed_before_fen = serializers.IntegerField()
    readings = MeterReadingOut(many=True)


class InstalmentStepOut(serializers.Serializer[Any]):
    """A change of price that was switched by then: the one-off is due, and each instalment after so many costs this."""

    after = serializers.IntegerField()
    one_off_fen = serializers.IntegerField()
    monthly_fen = serializers.IntegerField()


class ServedOut(serializers.Serializer[Any]):
    """A time that was served, on the service's clock."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class InstalmentsEvidenceOut(serializers.Serializer[Any]):
    """What the fen of a part paid by the month or by the hour follow from, by line_instalments, line_hours, storage_instalments."""

    contract_fen = serializers.IntegerField()
    one_off_fen = serializers.IntegerField()
    months = serializers.IntegerField(allow_null=True, help_text="null: by the hour")
    hours = serializers.CharField(allow_null=True, help_text="a decimal number; null: by the month")
    least = serializers.IntegerField(help_text="months owed at its term, or however soon its user ends it")
    steps = InstalmentStepOut(many=True)
    ending = serializers.ChoiceField(Ending.choices())
    served = ServedOut(many=True)
    begun = serializers.IntegerField(help_text="months or hours that began within what was served")
    instalments_before = serializers.IntegerField()
    instalments = serializers.IntegerField(help_text="that this statement bills")
    billed_before_fen = serializers.IntegerField()


class VoucherEvidenceOut(serializers.Serializer[Any]):
    """What a redemption follows from, by the rule voucher."""

    policy = serializers.CharField()
    rate_bp = serializers.IntegerField()
    granted_fen = serializers.IntegerField()
    redeemed_before_fen = serializers.IntegerField()
    year = serializers.IntegerField()
    year_left_fen = serializers.IntegerField()


class FeesEvidenceOut(serializers.Serializer[Any]):
    """The node's fee on each part, in basis points, by a version of the settlement profile."""

    profile = serializers.CharField()
    compute_bp = serializers.IntegerField()
    storage_bp = serializers.IntegerField()
    line_bp = serializers.IntegerField()


class StatementEvidenceOut(serializers.Serializer[Any]):
    """Every input of a statement by part, the rules by name, and the figures that must come out."""

    statement = serializers.UUIDField()
    order = serializers.UUIDField()
    rules = serializers.DictField(child=serializers.CharField())
    compute = DocumentField(ComputeEvidenceOut)
    storage = DocumentField(InstalmentsEvidenceOut, allow_null=True, required=False)
    line = DocumentField(InstalmentsEvidenceOut)
    voucher = DocumentField(VoucherEvidenceOut, allow_null=True)
    fees = DocumentField(FeesEvidenceOut)
    figures = serializers.DictField(child=serializers.IntegerField())


class StatementQuery(PageQuery):
    """Filters of the list."""

    orders = {"user_fen": "user_fen"}

    settlement = serializers.UUIDField(required=False)
    order = serializers.UUIDField(required=False)
    tenant_id = serializers.UUIDField(required=False)
    compute_provider = serializers.UUIDField(required=False)
    line_provider = serializers.UUIDField(required=False)


class SettlementQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(SettlementState.choices(), required=False)


class SettlementsView(HouseView):
    """`/api/v1/settlements`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_settlements", "POST": "marketplace.run_settlement"}
    natural_key = True
    may_wait = True

    @extend_schema(parameters=[SettlementQuery], responses=page_of(SettlementOut))
    def get(self, request: Request) -> Response:
        """List the settled periods."""
        return self.page(Settlement.objects.visible_to(self.actor), SettlementOut, SettlementQuery)

    @extend_schema(request=PeriodIn, responses={201: SettlementOut, 200: SettlementOut})
    def post(self, request: Request) -> Response:
        """Settle a period; the same period again changes nothing."""
        data = self.read(PeriodIn)
        row, new = services.run_settlement(
            window=Window(data["start"], data["end"]), actor=self.actor, report=self.report
        )
        location = f"/api/v1/settlements/{row.id}" if new else ""
        return self.show(row, SettlementOut, status=201 if new else 200, location=location)


class SettlementView(HouseView):
    """`/api/v1/settlements/{id}`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_settlement"}
    queryset = Settlement.objects.all()

    @extend_schema(responses=SettlementOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one settled period."""
        return self.show(self.subject, SettlementOut)


class ProposeClosingView(HouseView):
    """`/api/v1/settlements/{id}:propose-closing`."""

    system = System.SERVICE
    operations = {"POST": "marketplace.propose_closing"}
    queryset = Settlement.objects.all()
    visible_by = "marketplace.read_settlement"
    acts = {"POST": (LIFE, "close")}

    @without_body(responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to close the period for ever; a second person approves."""
        row = propose_act(
            kind="marketplace.close_settlement", subject=self.subject.id, terms={}, actor=self.actor
        )
        return self.show(row, ProposalOut, status=201)


class StatementsView(HouseView):
    """`/api/v1/statements`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_statements"}
    alongside = ("entry__reversal",)  # every party learns that a statement was reversed

    @extend_schema(parameters=[StatementQuery], responses=page_of(StatementOut))
    def get(self, request: Request) -> Response:
        """List the statements that the caller is a party to."""
        rows = Statement.objects.visible_to(self.actor).select_related("order").prefetch_related("lines")
        return self.page(rows, StatementOut, StatementQuery)


class StatementView(HouseView):
    """`/api/v1/statements/{id}`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_statement"}
    queryset = Statement.objects.select_related("order")
    alongside = ("entry__reversal",)

    @extend_schema(responses=StatementOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one statement: the same text for the user and for both providers."""
        return self.show(self.subject, StatementOut)


class EvidenceView(HouseView):
    """`/api/v1/statements/{id}/evidence`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_evidence"}
    queryset = Statement.objects.all()

    @extend_schema(responses=StatementEvidenceOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Every input and rule behind a statement, so that anybody can compute it again."""
        return Response(StatementEvidenceOut(self.subject.evidence).data)

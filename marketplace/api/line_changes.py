"""Changes of running lines over HTTP: asked for by users, offered and switched by line providers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import ReasonIn, without_body
from kernel.api.decimals import PlainDecimalField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.errors import InvalidField
from kernel.systems import System
from marketplace.domain.line_changes import LIFE, LineChangeKind, LineChangeState
from marketplace.models import LineChange
from marketplace.services import line_changes as services
from marketplace.services.line_changes import Wanted

MOST_MBPS = 400_000
LONGEST_NOTICE = 365


class LineChangeIn(serializers.Serializer[Any]):
    """Another rate, or the line from another A end: a bundle of a selection from there, with the same centre, provider and protection."""

    order = serializers.UUIDField()
    bandwidth_mbps = PlainIntegerField(min_value=1, max_value=MOST_MBPS, required=False)
    selection = serializers.UUIDField(required=False)
    bundle = PlainIntegerField(
        min_value=0, max_value=10_000, required=False, help_text="index in the answer, from 0"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One or the other."""
        rate, move = attrs.get("bandwidth_mbps") is not None, attrs.get("selection") is not None
        if rate == move:
            raise InvalidField(
                pointer="/bandwidth_mbps",
                reason_zh="请恰填其一：bandwidth_mbps（变更速率），或 selection 与 bundle（移机）。",
                reason_en="Give bandwidth_mbps for another rate, or selection and bundle for another A end, not both.",
            )
        if move and attrs.get("bundle") is None:
            raise InvalidField(
                pointer="/bundle",
                reason_zh="移机须指明该选择中的组合序号。",
                reason_en="A move names the bundle of the selection.",
            )
        return attrs


class ChangeOfferIn(serializers.Serializer[Any]):
    """What the changed line costs in all, and after how many days' notice it is switched."""

    one_off_cny = PlainDecimalField(18, 2, min_value=0)
    monthly_cny = PlainDecimalField(18, 2, min_value=0)
    notice_days = PlainIntegerField(
        min_value=0, max_value=LONGEST_NOTICE, help_text="over before the order is"
    )


class LineChangeOut(serializers.ModelSerializer[LineChange]):
    """A change as both parties see it; `from_month` instalments are those of before."""

    class Meta:
        model = LineChange
        fields = (
            "id",
            "order",
            "tenant_id",
            "line_provider",
            "kind",
            "state",
            "reason",
            "bandwidth_mbps",
            "selection",
            "bundle",
            "one_off_fen",
            "monthly_fen",
            "notice_days",
            "offer_ends",
            "agreed_at",
            "due_at",
            "switched_at",
            "from_month",
            "created_at",
            "generation",
        )


class LineChangeQuery(PageQuery):
    """Filters of the list."""

    order = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(LineChangeKind.choices(), required=False)
    state = serializers.ChoiceField(LineChangeState.choices(), required=False)
    state__in = any_code(LineChangeState.choices())


class LineChangesView(HouseView):
    """`/api/v1/line-changes`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_line_changes", "POST": "marketplace.ask_line_change"}

    @extend_schema(parameters=[LineChangeQuery], responses=page_of(LineChangeOut))
    def get(self, request: Request) -> Response:
        """List the changes of running lines that the caller is a party to."""
        return self.page(LineChange.objects.visible_to(self.actor), LineChangeOut, LineChangeQuery)

    @extend_schema(request=LineChangeIn, responses={201: LineChangeOut})
    def post(self, request: Request) -> Response:
        """Ask for another rate, or for another A end, of the line of a running order."""
        data = self.read(LineChangeIn)
        wanted = Wanted(
            bandwidth_mbps=data.get("bandwidth_mbps"),
            selection=data.get("selection"),
            bundle=data.get("bundle"),
        )
        row = services.ask_change(order=data["order"], wanted=wanted, actor=self.actor)
        return self.show(row, LineChangeOut, status=201, location=f"/api/v1/line-changes/{row.id}")


class LineChangeView(HouseView):
    """`/api/v1/line-changes/{id}`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.read_line_change"}
    queryset = LineChange.objects.all()

    @extend_schema(responses=LineChangeOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one change."""
        return self.show(self.subject, LineChangeOut)


class LineChangeActView(HouseView):
    """The base of the acts on one change."""

    system = System.SERVICE
    queryset = LineChange.objects.all()
    visible_by = "marketplace.read_line_change"


class OfferChangeView(LineChangeActView):
    """`/api/v1/line-changes/{id}:offer`."""

    operations = {"POST": "marketplace.offer_line_change"}
    acts = {"POST": (LIFE, "offer")}

    @extend_schema(request=ChangeOfferIn, responses={200: LineChangeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Offer the changed line, as its provider; what it needs more is pre-occupied for 72 hours."""
        data = self.read(ChangeOfferIn)
        row = services.offer_change(
            change=self.subject,
            one_off_cny=data["one_off_cny"],
            monthly_cny=data["monthly_cny"],
            notice_days=data["notice_days"],
            actor=self.actor,
        )
        return self.show(row, LineChangeOut)


class RefuseChangeView(LineChangeActView):
    """`/api/v1/line-changes/{id}:refuse`."""

    operations = {"POST": "marketplace.refuse_line_change"}
    acts = {"POST": (LIFE, "refuse")}

    @extend_schema(request=ReasonIn, responses={200: LineChangeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Refuse the change with a reason, as the line provider."""
        reason = self.read(ReasonIn)["reason"]
        return self.show(
            services.refuse_change(change=self.subject, reason=reason, actor=self.actor), LineChangeOut
        )


class WithdrawChangeView(LineChangeActView):
    """`/api/v1/line-changes/{id}:withdraw`."""

    operations = {"POST": "marketplace.withdraw_line_change"}

    @without_body(responses={200: LineChangeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Ask no more, before it is agreed: what the offer held is free again."""
        return self.show(services.withdraw_change(change=self.subject, actor=self.actor), LineChangeOut)


class AgreeChangeView(LineChangeActView):
    """`/api/v1/line-changes/{id}:agree`."""

    operations = {"POST": "marketplace.agree_line_change"}

    @without_body(responses={200: LineChangeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Agree to the offer, as the user: the contract is amended, and the notice runs."""
        return self.show(services.agree_change(change=self.subject, actor=self.actor), LineChangeOut)


class SwitchLineView(LineChangeActView):
    """`/api/v1/line-changes/{id}:switch`."""

    operations = {"POST": "marketplace.switch_line"}
    acts = {"POST": (LIFE, "switch")}

    @without_body(responses={200: LineChangeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Report that the line was switched: the one-off is due now, the new price from the next month of the service on."""
        return self.show(services.switch_line(change=self.subject, actor=self.actor), LineChangeOut)

"""Vouchers over HTTP: policies, balances taken over, claims."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import in_words, without_body
from kernel.api.instants import DayField
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.proposals import ProposalOut
from kernel.api.schema import page_of
from kernel.api.shapes import Related, expanded
from kernel.api.views import HouseView
from kernel.systems import System
from kernel.text import Text
from marketplace.api.orders import OrderOut
from marketplace.domain.vouchers import POLICY_LIFE, ClaimState, PolicyState
from marketplace.models import Order, VoucherBalance, VoucherClaim, VoucherPolicy
from marketplace.services import vouchers as services

MOST_FEN = 10**15


class VoucherPolicyIn(serializers.Serializer[Any]):
    """A policy profile; every rule of it is checked."""

    version = serializers.CharField(max_length=40)
    rate = serializers.CharField(max_length=8, help_text='share of the base, as "0.20"')
    annual_cap_fen = PlainIntegerField(min_value=1, max_value=MOST_FEN)
    base = serializers.ListField(child=serializers.CharField(max_length=40))
    eligible_sizes = serializers.ListField(child=serializers.CharField(max_length=20))
    claims_per_contract = PlainIntegerField()
    refuse_affiliated = serializers.BooleanField()
    status = serializers.ChoiceField(["provisional", "official"])
    source = serializers.CharField(max_length=500)  # type: ignore[assignment] # the profiles name it so
    profile = serializers.CharField(max_length=40, required=False)
    marking = serializers.CharField(max_length=40, required=False)
    name = serializers.CharField(max_length=120, required=False)
    name_en = serializers.CharField(max_length=120, required=False)
    outside_the_base = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    year = serializers.CharField(max_length=80, required=False)
    cap_counts = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    settlement = serializers.CharField(max_length=40, required=False)


class VoucherPolicyOut(serializers.ModelSerializer[VoucherPolicy]):
    """A policy, and who proposed and approved it."""

    class Meta:
        model = VoucherPolicy
        fields = ("id", "version", "body", "state", "proposer", "approver", "created_at", "generation")


class VoucherBalanceIn(serializers.Serializer[Any]):
    """One claim that an enterprise drew outside this node."""

    enterprise = serializers.RegexField(r"^[0-9A-HJ-NPQRTUWXY]{18}$", help_text="统一社会信用代码")
    claimed_on = DayField(help_text="the day in Asia/Shanghai")
    contract_ref = serializers.CharField(max_length=64)
    claimed_fen = PlainIntegerField(min_value=1, max_value=MOST_FEN)
    redeemed_fen = PlainIntegerField(min_value=0, max_value=MOST_FEN)
    evidence = serializers.CharField(max_length=200, help_text="where the paper behind it is")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """No more is redeemed than was claimed."""
        if attrs["redeemed_fen"] > attrs["claimed_fen"]:
            raise serializers.ValidationError(
                {"redeemed_fen": in_words(Text("不能大于 claimed_fen", "at most claimed_fen"))}
            )
        return attrs


class VoucherBalanceOut(serializers.ModelSerializer[VoucherBalance]):
    """A balance taken over."""

    class Meta:
        model = VoucherBalance
        fields = (
            "id",
            "enterprise",
            "claimed_on",
            "contract_ref",
            "claimed_fen",
            "redeemed_fen",
            "evidence",
            "created_at",
        )


class VoucherClaimIn(serializers.Serializer[Any]):
    """The contract to claim on."""

    order = serializers.UUIDField()


class VoucherClaimOut(serializers.ModelSerializer[VoucherClaim]):
    """A claim: what of the contract is eligible, what was granted, what of it is redeemed."""

    policy = serializers.CharField(source="policy.version")

    expanded = expanded(
        "VoucherClaim",
        order=Related("order_id", "marketplace.read_order", Order.objects.all(), OrderOut),
        policy=Related(
            "policy_id", "marketplace.list_policies", VoucherPolicy.objects.all(), VoucherPolicyOut
        ),
    )

    class Meta:
        model = VoucherClaim
        fields = (
            "id",
            "order",
            "policy",
            "enterprise",
            "year",
            "eligible_fen",
            "rate_bp",
            "amount_fen",
            "redeemed_fen",
            "state",
            "created_at",
            "generation",
            "expanded",
        )


class VoucherPolicyQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(PolicyState.choices(), required=False)
    version = serializers.CharField(required=False)


class VoucherPoliciesView(HouseView):
    """`/api/v1/voucher-policies`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_policies", "POST": "marketplace.propose_policy"}

    @extend_schema(parameters=[VoucherPolicyQuery], responses=page_of(VoucherPolicyOut))
    def get(self, request: Request) -> Response:
        """List the policies; anybody may know by which rule money is given."""
        return self.page(VoucherPolicy.objects.visible_to(self.actor), VoucherPolicyOut, VoucherPolicyQuery)

    @extend_schema(request=VoucherPolicyIn, responses={201: VoucherPolicyOut})
    def post(self, request: Request) -> Response:
        """Propose a policy; the authority approves it."""
        body = dict(self.read(VoucherPolicyIn))
        return self.show(services.propose_policy(body=body, actor=self.actor), VoucherPolicyOut, status=201)


class ApprovePolicyView(HouseView):
    """`/api/v1/voucher-policies/{id}:approve`."""

    system = System.SERVICE
    operations = {"POST": "marketplace.approve_policy"}
    queryset = VoucherPolicy.objects.all()
    visible_by = "marketplace.list_policies"
    acts = {"POST": (POLICY_LIFE, "approve")}

    @without_body(responses={200: VoucherPolicyOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Put a policy in force in place of the one before."""
        return self.show(services.approve_policy(policy=self.subject, actor=self.actor), VoucherPolicyOut)


class VoucherBalanceQuery(PageQuery):
    """Filters of the list."""

    orders = {"claimed_on": "claimed_on"}

    enterprise = serializers.CharField(required=False)
    contract_ref = serializers.CharField(required=False)


class VoucherBalancesView(HouseView):
    """`/api/v1/voucher-balances`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_balances", "POST": "marketplace.propose_balance"}

    @extend_schema(parameters=[VoucherBalanceQuery], responses=page_of(VoucherBalanceOut))
    def get(self, request: Request) -> Response:
        """List the balances taken over."""
        return self.page(
            VoucherBalance.objects.visible_to(self.actor), VoucherBalanceOut, VoucherBalanceQuery
        )

    @extend_schema(request=VoucherBalanceIn, responses={201: ProposalOut})
    def post(self, request: Request) -> Response:
        """Propose to take over a claim drawn outside this node; it counts in its year once a second person approves."""
        row = services.propose_balance(body=dict(self.read(VoucherBalanceIn)), actor=self.actor)
        return self.show(row, ProposalOut, status=201)


class VoucherClaimQuery(PageQuery):
    """Filters of the list."""

    orders = {"amount_fen": "amount_fen"}

    order = serializers.UUIDField(required=False)
    policy = serializers.UUIDField(required=False)
    enterprise = serializers.CharField(required=False)
    year = PlainIntegerField(required=False)
    state = serializers.ChoiceField(ClaimState.choices(), required=False)


class VoucherClaimsView(HouseView):
    """`/api/v1/voucher-claims`."""

    system = System.SERVICE
    operations = {"GET": "marketplace.list_claims", "POST": "marketplace.claim_voucher"}

    @extend_schema(parameters=[VoucherClaimQuery], responses=page_of(VoucherClaimOut))
    def get(self, request: Request) -> Response:
        """List the claims that the caller may see."""
        return self.page(
            VoucherClaim.objects.visible_to(self.actor).select_related("policy"),
            VoucherClaimOut,
            VoucherClaimQuery,
        )

    @extend_schema(request=VoucherClaimIn, responses={201: VoucherClaimOut})
    def post(self, request: Request) -> Response:
        """Claim the voucher of one contract: what the rate gives and the year's cap leaves."""
        row = services.claim_voucher(order=self.read(VoucherClaimIn)["order"], actor=self.actor)
        return self.show(row, VoucherClaimOut, status=201)

"""Proposals that wait for a second person."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery, any_code
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.models.proposals import Proposal, ProposalState
from kernel.services.proposals import approve_act, withdraw_act


class ProposalOut(serializers.ModelSerializer[Proposal]):
    """A proposal as its proposer and approvers see it."""

    class Meta:
        model = Proposal
        fields = ("id", "kind", "subject", "terms", "proposer", "approver", "state", "created_at")


class ProposalQuery(PageQuery):
    """Filters of the list."""

    state = serializers.ChoiceField(ProposalState.choices(), required=False)
    kind = serializers.CharField(required=False)
    state__in = any_code(ProposalState.choices())
    subject = serializers.UUIDField(required=False)


class ProposalsView(HouseView):
    """`/api/v1/proposals`."""

    operations = {"GET": "kernel.list_proposals"}

    @extend_schema(parameters=[ProposalQuery], responses=page_of(ProposalOut))
    def get(self, request: Request) -> Response:
        """List the proposals of the caller's organisation."""
        return self.page(Proposal.objects.visible_to(self.actor), ProposalOut, ProposalQuery)


class ApproveProposalView(HouseView):
    """`/api/v1/proposals/{id}:approve`."""

    operations = {"POST": "kernel.approve_proposal"}
    queryset = Proposal.objects.all()
    visible_by = "kernel.list_proposals"

    @without_body(responses={200: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Approve as the second person: the act runs now."""
        return self.show(approve_act(proposal=self.subject, actor=self.actor), ProposalOut)


class WithdrawProposalView(HouseView):
    """`/api/v1/proposals/{id}:withdraw`."""

    operations = {"POST": "kernel.withdraw_proposal"}
    queryset = Proposal.objects.all()
    visible_by = "kernel.list_proposals"

    @without_body(responses={200: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Close the proposal without the act."""
        return self.show(withdraw_act(proposal=self.subject, actor=self.actor), ProposalOut)

"""Invitations for nodes over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.schema import page_of
from kernel.api.views import HouseView
from kernel.crypto.suite import INTERNATIONAL, SUITES
from kernel.domain.systems import NodeRole
from nodes.models import Invitation
from nodes.services.invitations import invite_node


class NodeInvitationIn(serializers.Serializer[Any]):
    """Which node may attach here."""

    code = serializers.RegexField(r"^[1-9][0-9]{5}$", help_text="GB/T 2260 code of the node")
    role = serializers.ChoiceField(NodeRole.choices())
    suite = serializers.ChoiceField(
        list(SUITES), default=INTERNATIONAL.name, help_text="of the pair, for ever"
    )
    reason = serializers.CharField(
        max_length=500, default="", help_text="批准依据，记入认证记录 / for the certification log"
    )


class NodeInvitationOut(serializers.ModelSerializer[Invitation]):
    """An invitation, without its token."""

    class Meta:
        model = Invitation
        fields = ("id", "code", "role", "suite", "reason", "expires_at", "used_at", "created_at")


class NodeInvitedOut(serializers.Serializer[Any]):
    """A new invitation with its token, which is shown once."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    role = serializers.CharField()
    suite = serializers.CharField()
    expires_at = serializers.DateTimeField()
    token = serializers.CharField(help_text="hand it to the node's operator; null in a replay")


class NodeInvitationsView(HouseView):
    """`/api/v1/node-invitations`."""

    operations = {"GET": "nodes.list_invitations", "POST": "nodes.invite_node"}
    secrets = ("token",)

    @extend_schema(responses=page_of(NodeInvitationOut))
    def get(self, request: Request) -> Response:
        """List the invitations of this node."""
        return self.page(Invitation.objects.visible_to(self.actor), NodeInvitationOut)

    @extend_schema(request=NodeInvitationIn, responses={201: NodeInvitedOut})
    def post(self, request: Request) -> Response:
        """Invite a node to attach here; the token is shown once."""
        data = self.read(NodeInvitationIn)
        row, token = invite_node(
            code=data["code"],
            role=NodeRole(data["role"]),
            suite=SUITES[data["suite"]],
            reason=data["reason"],
            actor=self.actor,
        )
        shown = {name: getattr(row, name) for name in ("id", "code", "role", "suite", "expires_at")}
        return Response(NodeInvitedOut({**shown, "token": token}).data, 201)

"""Ending a tenant's keys and clients over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.proposals import ProposalOut
from kernel.api.views import HouseView
from participants.models import Organisation
from participants.services.revocations import propose_key_revocation


class KeyRevocationIn(serializers.Serializer[Any]):
    """Which keys and OAuth clients to end, and why."""

    prefixes = serializers.ListField(
        child=serializers.CharField(max_length=12), max_length=100, default=list, help_text="of keys"
    )
    clients = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=100,
        default=list,
        help_text="ids of OAuth clients, as audit events name them in actor_client",
    )
    reason = serializers.CharField(max_length=500)


class ProposeKeyRevocationView(HouseView):
    """`/api/v1/organisations/{id}:propose-key-revocation`."""

    operations = {"POST": "participants.propose_key_revocation"}
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"

    @extend_schema(request=KeyRevocationIn, responses={201: ProposalOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Propose to end keys and clients of an organisation that are misused; a second administrator approves."""
        data = self.read(KeyRevocationIn)
        row = propose_key_revocation(
            organisation=self.subject,
            prefixes=data["prefixes"],
            clients=data["clients"],
            reason=data["reason"],
            actor=self.actor,
        )
        return self.show(row, ProposalOut, status=201)

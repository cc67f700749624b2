"""OAuth 2 clients over HTTP: list, register, read, restrict, rotate, end."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.actor import Role
from kernel.api.bodies import without_body
from kernel.api.integers import PlainIntegerField
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.api.credentials import (
    DEFAULT_DAYS,
    LONGEST_DAYS,
    NetworksField,
    RestrictionIn,
    RotationIn,
    ScopesField,
)
from participants.api.people import TeamView
from participants.models import OAuthClient
from participants.services import clients as services


class ClientIn(serializers.Serializer[Any]):
    """A machine of the organisation."""

    name = serializers.CharField(max_length=80)
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices()), min_length=1, max_length=12)
    scopes = ScopesField()
    allowed_networks = NetworksField(default=list)
    valid_days = PlainIntegerField(
        min_value=1, max_value=LONGEST_DAYS, default=DEFAULT_DAYS, help_text="life of its first secret"
    )


class ClientOut(serializers.ModelSerializer[OAuthClient]):
    """A client as it can be read again: never a secret."""

    class Meta:
        model = OAuthClient
        fields = (
            "id",
            "client_id",
            "name",
            "roles",
            "scopes",
            "allowed_networks",
            "created_at",
            "ended_at",
            "last_used_at",
            "last_used_from",
        )


class NewClientOut(serializers.Serializer[Any]):
    """A client as it is shown once."""

    id = serializers.UUIDField()
    client_id = serializers.CharField()
    client_secret = serializers.CharField(help_text="shown once; POST /api/v1/oauth/token takes both")
    expires_at = serializers.DateTimeField(help_text="when this secret ends")


class ClientsView(TeamView):
    """`/api/v1/organisations/{id}/clients`."""

    operations = {"GET": "participants.list_clients", "POST": "participants.register_client"}
    secrets = ("client_secret",)

    @extend_schema(parameters=[PageQuery], responses=page_of(ClientOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List the OAuth 2 clients of the caller's organisation."""
        return self.page(OAuthClient.objects.filter(organisation=self.subject), ClientOut)

    @extend_schema(request=ClientIn, responses={201: NewClientOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Make a machine with roles and scopes within one's own, as an administrator; its secret is shown once."""
        data = self.read(ClientIn)
        row, secret, text = services.register_client(
            organisation=self.subject,
            name=data["name"],
            roles=data["roles"],
            scopes=data["scopes"],
            allowed_networks=data["allowed_networks"],
            valid_for=timedelta(days=data["valid_days"]),
            actor=self.actor,
        )
        shown = {
            "id": row.id,
            "client_id": row.client_id,
            "client_secret": text,
            "expires_at": secret.expires_at,
        }
        return Response(NewClientOut(shown).data, 201, headers={"Location": f"/api/v1/clients/{row.id}"})


class ClientView(HouseView):
    """`/api/v1/clients/{id}`."""

    operations = {"GET": "participants.read_client", "PATCH": "participants.restrict_client"}
    queryset = OAuthClient.objects.all()
    visible_by = "participants.read_client"
    if_match = frozenset({"PATCH"})

    @extend_schema(responses=ClientOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Read one client: what it may do, from where, and when it last did."""
        return self.show(self.subject, ClientOut)

    @extend_schema(request=RestrictionIn, responses=ClientOut)
    def patch(self, request: Request, **_: Any) -> Response:
        """Say from which networks the client may get tokens and use them."""
        networks = self.read(RestrictionIn)["allowed_networks"]
        row = services.restrict_client(client=self.subject, allowed_networks=networks, actor=self.actor)
        return self.show(row, ClientOut)


class RotateClientView(HouseView):
    """`/api/v1/clients/{id}:rotate`."""

    operations = {"POST": "participants.rotate_client"}
    queryset = OAuthClient.objects.all()
    visible_by = "participants.read_client"
    secrets = ("client_secret",)

    @extend_schema(request=RotationIn, responses={201: NewClientOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Give the client a new secret, shown once, and become its keeper; other secrets end after the overlap."""
        data = self.read(RotationIn)
        secret, text = services.rotate_secret(
            client=self.subject,
            overlap=timedelta(hours=data["overlap_hours"]),
            valid_for=timedelta(days=data["valid_days"]),
            actor=self.actor,
        )
        shown = {
            "id": self.subject.id,
            "client_id": self.subject.client_id,
            "client_secret": text,
            "expires_at": secret.expires_at,
        }
        return Response(NewClientOut(shown).data, 201)


class EndClientView(HouseView):
    """`/api/v1/clients/{id}:end`."""

    operations = {"POST": "participants.end_client"}
    queryset = OAuthClient.objects.all()
    visible_by = "participants.read_client"

    @without_body(responses={200: ClientOut})
    def post(self, request: Request, **_: Any) -> Response:
        """End a client at once, its secrets and tokens with it."""
        return self.show(services.end_client(client=self.subject, actor=self.actor), ClientOut)

"""Keys for signed requests over HTTP: list, add, end; and the rule that all machines of an organisation must sign."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.api.people import TeamView
from participants.models import Organisation, SigningKey
from participants.services import signing_keys as services


class JwkIn(serializers.Serializer[Any]):
    """An Ed25519 public key (RFC 8037)."""

    kty = serializers.CharField(max_length=10)
    crv = serializers.CharField(max_length=20)
    x = serializers.CharField(max_length=100)
    d = serializers.CharField(max_length=100, required=False, help_text="never: it is the private key")


class SigningKeyIn(serializers.Serializer[Any]):
    """A public key of the organisation's machines."""

    name = serializers.CharField(max_length=80)
    key = JwkIn()


class SigningKeyOut(serializers.ModelSerializer[SigningKey]):
    """A registered key; `key_id` is what `keyid` in a signature says."""

    class Meta:
        model = SigningKey
        fields = ("id", "name", "key_id", "created_at", "ended_at", "last_used_at")


class SignatureRule(serializers.Serializer[Any]):
    """Whether every call by key or token must be signed."""

    required = serializers.BooleanField(source="require_signatures")  # type: ignore[assignment] # its name


class SigningKeysView(TeamView):
    """`/api/v1/organisations/{id}/signing-keys`."""

    operations = {"GET": "participants.list_signing_keys", "POST": "participants.add_signing_key"}

    @extend_schema(parameters=[PageQuery], responses=page_of(SigningKeyOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List the keys with which the organisation's machines sign."""
        return self.page(SigningKey.objects.filter(organisation=self.subject), SigningKeyOut)

    @extend_schema(request=SigningKeyIn, responses={201: SigningKeyOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Register a public key, as an administrator; the private one stays with the machine."""
        data = self.read(SigningKeyIn)
        row = services.add_signing_key(
            organisation=self.subject, name=data["name"], jwk=data["key"], actor=self.actor
        )
        return self.show(row, SigningKeyOut, status=201)


class EndSigningKeyView(HouseView):
    """`/api/v1/signing-keys/{id}:end`."""

    operations = {"POST": "participants.end_signing_key"}
    queryset = SigningKey.objects.all()

    @without_body(responses={200: SigningKeyOut})
    def post(self, request: Request, **_: Any) -> Response:
        """End a key at once, as an administrator: nothing that it signed is taken any more."""
        return self.show(services.end_signing_key(key=self.subject, actor=self.actor), SigningKeyOut)


class RequireSignaturesView(HouseView):
    """`/api/v1/organisations/{id}:require-signatures`."""

    operations = {"POST": "participants.require_signatures"}
    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"

    @extend_schema(request=SignatureRule, responses={200: SignatureRule})
    def post(self, request: Request, **_: Any) -> Response:
        """Let every call by key or token be signed, or not any more: by a signed call, or as an administrator."""
        required = self.read(SignatureRule)["require_signatures"]
        row = services.require_signatures(organisation=self.subject, required=required, actor=self.actor)
        return self.show(row, SignatureRule)

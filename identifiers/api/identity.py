"""Identity proof over HTTP: the agent's key, a challenge, and its answer."""

import base64
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identifiers.api.identifiers import ActView, IdentifierOut
from identifiers.models import Challenge
from identifiers.services import identity as services
from kernel.api.bodies import in_words, without_body
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.text import Text

NO_KEY = Text(
    "不是有效的 Ed25519 公钥（JWK）：须有 kty OKP、crv Ed25519 和 x，且不得含 d。",
    "Not a public Ed25519 key as JWK: it has kty OKP, crv Ed25519 and x, and no d.",
)
NO_SIGNATURE = Text("不是 base64 编码的 64 字节签名。", "Not the 64 bytes of a signature in base64.")
SIGNATURE_BYTES = 64


class ProofKeyIn(serializers.Serializer[Any]):
    """The agent's public key."""

    jwk = serializers.DictField(child=serializers.CharField(), help_text="public key as JWK (RFC 8037)")

    def validate_jwk(self, value: dict[str, str]) -> bytes:
        """Its bytes."""
        try:
            return SUITE.public_key_of(value)
        except ValueError as error:
            raise serializers.ValidationError(in_words(NO_KEY)) from error


class ChallengeOut(serializers.ModelSerializer[Challenge]):
    """A challenge: the agent signs `cin-challenge-v1`, a zero byte and the text in UTF-8."""

    keyid = serializers.CharField(source="key.key_id")

    class Meta:
        model = Challenge
        fields = ("id", "text", "keyid", "expires_at", "result", "answered_at")


class ProofIn(serializers.Serializer[Any]):
    """The agent's answer."""

    challenge = serializers.UUIDField()
    signature = serializers.CharField(max_length=100, help_text="base64")

    def validate_signature(self, value: str) -> bytes:
        """Its bytes."""
        try:
            found = base64.b64decode(value, validate=True)
        except ValueError:
            found = b""
        if len(found) != SIGNATURE_BYTES:
            raise serializers.ValidationError(in_words(NO_SIGNATURE))
        return found


class ProofKeyView(ActView):
    """`/api/v1/identifiers/{id}/key`."""

    operations = {"PUT": "identifiers.register_proof_key"}
    if_match = frozenset({"PUT"})

    @extend_schema(request=ProofKeyIn, responses=IdentifierOut)
    def put(self, request: Request, **_: Any) -> Response:
        """Register the public key of the resource's agent, in place of the former one."""
        key = self.read(ProofKeyIn)["jwk"]
        row = services.register_key(identifier=self.subject, public_key=key, actor=self.actor)
        return self.show(row, IdentifierOut)


class ChallengeView(ActView):
    """`/api/v1/identifiers/{id}:challenge`."""

    operations = {"POST": "identifiers.challenge_identity"}

    @without_body(responses={201: ChallengeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Ask for a text that the resource's agent is to sign, once and within five minutes."""
        row = services.challenge_identity(identifier=self.subject, actor=self.actor)
        return self.show(row, ChallengeOut, status=201)


class ProveView(ActView):
    """`/api/v1/identifiers/{id}:prove`."""

    operations = {"POST": "identifiers.prove_identity"}

    @extend_schema(request=ProofIn, responses={200: ChallengeOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Answer a challenge; the result, right or wrong, is part of what the code resolves to."""
        data = self.read(ProofIn)
        row = services.prove_identity(
            identifier=self.subject,
            challenge=data["challenge"],
            signature=data["signature"],
            actor=self.actor,
        )
        return self.show(row, ChallengeOut)

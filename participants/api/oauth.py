"""The OAuth 2 endpoints: tokens for client credentials, revocation, introspection, and the metadata that finds them.

Their errors are RFC 6749's own (`error`, `error_description`), the one exception to problem documents: OAuth
libraries read nothing else. What is refused before OAuth begins (too many requests, a body too large) is a problem.
"""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauthlib.oauth2 import OAuth2Error
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.api.callers import address_of
from kernel.api.views import HouseView
from participants.api.oauth_validator import ADDRESS

FORM = "application/x-www-form-urlencoded"
UNAUTHORISED = 401


class TokenIn(serializers.Serializer[Any]):
    """RFC 6749 §4.4.2; the client's id and secret as HTTP Basic, or as members of the form."""

    grant_type = serializers.ChoiceField([("client_credentials", "client_credentials")])
    scope = serializers.CharField(
        required=False, help_text="separated by spaces; absent: all of the client's"
    )
    client_id = serializers.CharField(required=False)
    client_secret = serializers.CharField(required=False)


class TokenOut(serializers.Serializer[Any]):
    """RFC 6749 §5.1."""

    access_token = serializers.CharField(help_text="send it as Authorization: Bearer …")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="seconds")
    scope = serializers.CharField()


class HeldTokenIn(serializers.Serializer[Any]):
    """RFC 7009 §2.1, RFC 7662 §2.1."""

    token = serializers.CharField()
    token_type_hint = serializers.CharField(required=False)
    client_id = serializers.CharField(required=False)
    client_secret = serializers.CharField(required=False)


class IntrospectionOut(serializers.Serializer[Any]):
    """RFC 7662 §2.2; of a token that is not live, or not the client's own, only that it is not active."""

    active = serializers.BooleanField()
    client_id = serializers.CharField(required=False)
    scope = serializers.CharField(required=False)
    token_type = serializers.CharField(required=False)
    iat = serializers.IntegerField(required=False)
    exp = serializers.IntegerField(required=False)


class OAuthErrorOut(serializers.Serializer[Any]):
    """RFC 6749 §5.2."""

    error = serializers.CharField(help_text="invalid_client, invalid_request, invalid_scope, …")
    error_description = serializers.CharField(required=False)


REFUSALS: dict[Any, Any] = {(status, "application/json"): OAuthErrorOut for status in (400, UNAUTHORISED)}


class OAuthView(HouseView):
    """The base of addresses at which clients show their secret: nobody is signed in."""

    authentication_classes = []
    natural_key = True
    tolerant = True  # RFC 6749 §3.2: what is not recognised is ignored

    def ask(self, question: Callable[[Any], Callable[..., Any]]) -> Response:
        """Let the toolkit's server answer a question of OAuth; nothing of it is kept by caches."""
        raw = self.request._request  # noqa: SLF001 - the toolkit reads Django's own request
        raw.META[ADDRESS] = address_of(raw)
        core = get_oauthlib_core()
        uri, method, form, headers = core._extract_params(raw)  # noqa: SLF001 - its adapter of requests
        try:
            _, body, status = question(core.server)(uri, method, form, headers)
        except OAuth2Error as error:
            body, status = error.json, error.status_code
        answer = Response(json.loads(body) if body else None, status)
        answer["Cache-Control"], answer["Pragma"] = "no-store", "no-cache"
        if status == UNAUTHORISED:
            answer["WWW-Authenticate"] = 'Basic realm="node"'
        return answer


class TokenView(OAuthView):
    """`/api/v1/oauth/token`."""

    operations = {"POST": "participants.issue_token"}

    @extend_schema(request={FORM: TokenIn}, responses={200: TokenOut, **REFUSALS})
    def post(self, request: Request) -> Response:
        """Get a token for ten minutes by client credentials (RFC 6749 §4.4)."""
        return self.ask(lambda server: server.create_token_response)


class RevokeTokenView(OAuthView):
    """`/api/v1/oauth/revoke`."""

    operations = {"POST": "participants.revoke_token"}

    @extend_schema(request={FORM: HeldTokenIn}, responses={200: None, **REFUSALS})
    def post(self, request: Request) -> Response:
        """End one of the client's own tokens (RFC 7009); for any other text nothing happens, and 200 says so too."""
        return self.ask(lambda server: server.create_revocation_response)


class IntrospectTokenView(OAuthView):
    """`/api/v1/oauth/introspect`."""

    operations = {"POST": "participants.introspect_token"}

    @extend_schema(request={FORM: HeldTokenIn}, responses={200: IntrospectionOut, **REFUSALS})
    def post(self, request: Request) -> Response:
        """Tell a client whether one of its own tokens is live, and what it opens (RFC 7662)."""
        return self.ask(lambda server: server.create_introspect_response)


class MetadataOut(serializers.Serializer[Any]):
    """RFC 8414 §2."""

    issuer = serializers.CharField()
    token_endpoint = serializers.CharField()
    revocation_endpoint = serializers.CharField()
    introspection_endpoint = serializers.CharField()
    service_documentation = serializers.CharField()
    grant_types_supported = serializers.ListField(child=serializers.CharField())
    response_types_supported = serializers.ListField(child=serializers.CharField())
    token_endpoint_auth_methods_supported = serializers.ListField(child=serializers.CharField())
    revocation_endpoint_auth_methods_supported = serializers.ListField(child=serializers.CharField())
    introspection_endpoint_auth_methods_supported = serializers.ListField(child=serializers.CharField())
    scopes_supported = serializers.ListField(child=serializers.CharField())


class MetadataView(HouseView):
    """`/.well-known/oauth-authorization-server`."""

    operations = {"GET": "participants.read_authorization_server"}

    @extend_schema(responses=MetadataOut)
    def get(self, request: Request) -> Response:
        """Say where and how clients get tokens (RFC 8414); operation ids are scopes too."""
        issuer = settings.NODE_URL.rstrip("/")
        here = f"{issuer}/api/v1/oauth"
        methods = ["client_secret_basic", "client_secret_post"]
        return Response(
            {
                "issuer": issuer,
                "token_endpoint": f"{here}/token",
                "revocation_endpoint": f"{here}/revoke",
                "introspection_endpoint": f"{here}/introspect",
                "service_documentation": f"{issuer}/api/v1/docs",
                "grant_types_supported": ["client_credentials"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": methods,
                "revocation_endpoint_auth_methods_supported": methods,
                "introspection_endpoint_auth_methods_supported": methods,
                "scopes_supported": ["*", *settings.FLOORS],
            }
        )

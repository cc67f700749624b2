"""What django-oauth-toolkit asks when a client wants a token: answered from the house's own rows."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator

from kernel.permissions import scope_covers
from participants.domain.networks import allows
from participants.models import ClientSecret, OAuthClient
from participants.selectors.clients import live_token, secret_shown, usable_client
from participants.services.clients import issue_token, revoke_token
from participants.services.credentials import note_use

ADDRESS = "node.caller_address"  # among the request's headers, where no client can write: it is no HTTP_ name


class MachineValidator(OAuth2Validator):  # type: ignore[misc] # the toolkit has no types
    """Client credentials for the machines of organisations. One instance serves one request.

    An unknown client, a wrong, old or ended secret and a call from elsewhere are one answer: invalid_client.
    """

    shown: ClientSecret | None = None

    def _load_application(self, client_id: str | None, request: Any) -> OAuthClient | None:
        """The client with its live secrets, as the toolkit's checks of Basic and form credentials ask for it."""
        request.client = usable_client(client_id)
        if request.client is not None:
            request.client.client_secret = request.client.live_secrets
        return request.client  # type: ignore[no-any-return]

    def _check_secret(self, provided_secret: str, stored_secret: list[ClientSecret]) -> bool:
        """Whether the client showed one of its live secrets."""
        self.shown = secret_shown(provided_secret, stored_secret)
        return self.shown is not None

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether a client shows a live secret from one of its networks."""
        return bool(
            super().authenticate_client(request, *args, **kwargs)
            and allows(request.client.allowed_networks, request.headers.get(ADDRESS))
        )

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        """Who asks for nothing in particular gets all that the client holds."""
        return list(request.client.scopes)

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: OAuthClient, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether every scope that is asked for lies within the client's."""
        held = frozenset(client.scopes)
        return bool(scopes) and all(scope_covers(held, scope) for scope in scopes)

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **kwargs: Any) -> None:
        """Keep the digest of the new token."""
        assert self.shown is not None  # noqa: S101 - the client is authenticated
        issue_token(secret=self.shown, text=token["access_token"], scopes=request.scopes)
        note_use(self.shown)
        note_use(request.client, last_used_from=request.headers.get(ADDRESS))

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """End the token where it is the client's own."""
        revoke_token(client=request.client, text=token)

    def introspect_token(
        self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """What one of the client's own live tokens opens; None for any other text (RFC 7662 §2.2)."""
        row = live_token(token)
        if row is None or row.secret.client_id != request.client.id:
            return None
        return {
            "client_id": row.secret.client.client_id,
            "scope": " ".join(row.scopes),
            "token_type": "Bearer",
            "iat": int(row.created_at.timestamp()),
            "exp": int(row.expires_at.timestamp()),
        }

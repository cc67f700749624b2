"""From a client's secret or token to the machine it stands for."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Now

from kernel.actor import Actor
from kernel.questions import question
from participants.domain.organisations import OrganisationState
from participants.models.clients import AccessToken, ClientSecret, OAuthClient
from participants.selectors.credentials import USE_NOTED_EVERY
from participants.selectors.mandates import given_by, operations_given


def _live(before: str = "") -> Q:
    """A secret that signs in: of a client that has not ended, unexpired, and its keeper still a member.

    `before` is the path to the secret, with its underscores.
    """
    asked = {
        "revoked_at": None,
        "expires_at__gt": Now(),
        "client__ended_at": None,
        "membership__ended_at": None,
        "membership__user__is_active": True,
    }
    closed = {f"{before}membership__organisation__state": OrganisationState.CLOSED}
    return Q(**{before + name: value for name, value in asked.items()}) & ~Q(**closed)


def usable_client(client_id: str | None) -> OAuthClient | None:
    """The client of this id with its live secrets as `live_secrets`; None where it has none."""
    if not client_id or not client_id.isascii() or not client_id.isalnum():
        return None
    secrets = ClientSecret.objects.filter(_live()).select_related("membership")
    row: OAuthClient | None = (
        OAuthClient.objects.filter(client_id=client_id)
        .prefetch_related(Prefetch("secrets", secrets, to_attr="live_secrets"))
        .first()
    )
    return row if row is not None and row.live_secrets else None


def secret_shown(text: str, secrets: Iterable[ClientSecret]) -> ClientSecret | None:
    """The one among the secrets that the text is."""
    digest = hashlib.sha256(text.encode()).digest()
    return next((row for row in secrets if hmac.compare_digest(bytes(row.digest), digest)), None)


def live_token(text: str) -> AccessToken | None:
    """The token's row with its secret, keeper, client and house's mandate; None for one that is unknown, expired or revoked.

    Also None once its secret or its client has ended. One round trip.
    """
    return next(iter(_live_tokens(digest=hashlib.sha256(text.encode()).digest())), None)


@question
def _live_tokens(*, digest: bytes) -> QuerySet[Any]:
    return (
        AccessToken.objects.filter(_live("secret__"), digest=digest, revoked_at=None, expires_at__gt=Now())
        .select_related("secret__membership__organisation", "secret__client")
        .annotate(
            mandate=operations_given("secret__client__organisation_id"),
            mandator=given_by("secret__client__organisation_id"),
            use_is_stale=Q(secret__client__last_used_at=None)
            | Q(secret__client__last_used_at__lt=Now() - USE_NOTED_EVERY),
        )
    )


def machine_of(
    secret: ClientSecret, scopes: Iterable[str], *, mandate: Iterable[str] = (), mandator: UUID | None = None
) -> Actor:
    """The machine that a client is: no person, and never more than its keeper and its house's mandate at this time."""
    client = secret.client
    return Actor(
        tenant_id=client.organisation_id,
        roles=frozenset(client.roles) & frozenset(secret.membership.roles),
        scopes=frozenset(scopes),
        credential=client.id,
        mandate=frozenset(mandate),
        mandator=mandator,
    )

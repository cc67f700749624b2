"""Who signs in: the `Authorization` header becomes an Actor."""

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from kernel.actor import Actor
from kernel.api.callers import address_of
from kernel.api.messages import SIGNED, plain
from kernel.errors import Unauthenticated
from kernel.services.messages import accept_request
from participants.domain.networks import allows
from participants.models import OAuthClient, Organisation, SigningKey
from participants.models.people import User
from participants.selectors.clients import live_token, machine_of
from participants.selectors.credentials import actor_of_key
from participants.selectors.signing_keys import key_of
from participants.services.credentials import note_use

SIGNATURE_FIELDS = frozenset({"Signature", "Signature-Input"})

logger = logging.getLogger(__name__)


class ApiKeyAuthentication(BaseAuthentication):
    """People's programs sign in with a key; nobody signs in with half of one."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """The person and the actor; None without the header. Raises Unauthenticated for a bad key."""
        key = shown(request, "api-key")
        if key is None:
            return None
        found = actor_of_key(key)
        if found is None:
            raise Unauthenticated
        row, actor, use_is_stale = found
        require_network(request, row.allowed_networks, actor)
        actor = signed(request, row.membership.organisation, actor)
        if use_is_stale:
            note_use(row)
        return row.membership.user, actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Api-Key"


class BearerAuthentication(BaseAuthentication):
    """An organisation's machines sign in with a token that they got for their secret (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[OAuthClient, Actor] | None:
        """The client and the machine; None without the header. Raises Unauthenticated for a token that is not live."""
        token = shown(request, "bearer")
        if token is None:
            return None
        row = live_token(token)
        if row is None:
            raise Unauthenticated
        actor = machine_of(row.secret, row.scopes, mandate=row.mandate, mandator=row.mandator)  # type: ignore[attr-defined] # asked with the row
        if not actor.roles:
            raise Unauthenticated
        client = row.secret.client
        require_network(request, client.allowed_networks, actor)
        actor = signed(request, row.secret.membership.organisation, actor)
        if row.use_is_stale:  # type: ignore[attr-defined] # asked with the row
            note_use(client, last_used_from=address_of(request))
        return client, actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


def shown(request: Request, scheme: str) -> str | None:
    """The credential in the Authorization header, if it is of this scheme."""
    kind, _, credential = request.headers.get("Authorization", "").partition(" ")
    return credential.strip() if kind.lower() == scheme else None


def signed(request: Request, organisation: Organisation, actor: Actor) -> Actor:
    """The actor, marked where one of its organisation's keys signed the request. Raises SignatureRefused.

    A signature that is there is checked; one that is not is missed only where the organisation requires it.
    """
    if not organisation.require_signatures and not SIGNATURE_FIELDS.intersection(request.headers):
        return actor
    verified = accept_request(plain(request), find_key=partial(key_of, organisation.id))
    request.META[SIGNED] = verified
    note_use(SigningKey.objects.get(organisation=organisation, key_id=verified.key.key_id))
    return replace(actor, signed=True)


def require_network(request: Request, allowed_networks: Any, actor: Actor) -> None:
    """Raise Unauthenticated where the caller's address is not on the credential's list.

    The answer is that of a credential that nobody knows: who found it is not told that it is good. The log is.
    """
    if not allows(allowed_networks, address_of(request)):
        logger.warning("credential used from elsewhere", extra={"credential": str(actor.credential)})
        raise Unauthenticated

"""Who signs in: the `Authorization` header becomes an Actor."""

import logging

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from kernel.actor import Actor
from kernel.api.callers import address_of
from kernel.errors import Unauthenticated
from participants.domain.networks import allows
from participants.models.people import User
from participants.selectors.credentials import actor_of_key
from participants.services.credentials import note_use

logger = logging.getLogger(__name__)


class ApiKeyAuthentication(BaseAuthentication):
    """People's programs sign in with a key; nobody signs in with half of one."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """The person and the actor; None without the header. Raises Unauthenticated for a bad key.

        A key that is used from elsewhere than its networks is answered as one that nobody knows: who found it is not
        told that it is good. The log says what it was.
        """
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "api-key":
            return None
        found = actor_of_key(key.strip())
        if found is None:
            raise Unauthenticated
        row, actor, use_is_stale = found
        require_network(request, row.allowed_networks, actor)
        if use_is_stale:
            note_use(row)
        return row.membership.user, actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Api-Key"


def require_network(request: Request, allowed_networks: list[str], actor: Actor) -> None:
    """Raise Unauthenticated where the caller's address is not on the credential's list."""
    if not allows(allowed_networks, address_of(request)):
        logger.warning("credential used from elsewhere", extra={"credential": str(actor.credential)})
        raise Unauthenticated

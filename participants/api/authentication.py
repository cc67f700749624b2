"""Who signs in: the `Authorization: Api-Key …` header becomes an Actor."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from kernel.actor import Actor
from kernel.errors import Unauthenticated
from participants.models.people import User
from participants.selectors.credentials import actor_of_key
from participants.services.credentials import note_use


class ApiKeyAuthentication(BaseAuthentication):
    """Machines sign in with a key; nobody signs in with half of one."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        """The person and the actor; None without the header. Raises Unauthenticated for a bad key."""
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "api-key":
            return None
        found = actor_of_key(key.strip())
        if found is None:
            raise Unauthenticated
        row, actor, use_is_stale = found
        if use_is_stale:
            note_use(row)
        return row.membership.user, actor

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Api-Key"

"""Rate limits by credential, or by address for those who are not signed in."""

import logging
from typing import Any

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from kernel.actor import Actor

logger = logging.getLogger(__name__)


class ActorThrottle(SimpleRateThrottle):
    """So many requests a minute for each key, client, session's person and node, and for each anonymous address."""

    scope = "actor"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the caller is within its rate. Without Redis nobody is counted and nobody is refused."""
        try:
            return super().allow_request(request, view)
        except RedisError as error:
            logger.warning("requests are not counted", extra={"reason": str(error)})
            return True

    def get_cache_key(self, request: Request, view: object) -> str:
        """One counter for each caller; a spoofed header does not make a new one."""
        actor = request.auth
        ident = actor.credential or actor.user_id or actor.node if isinstance(actor, Actor) else None
        return f"throttle:{ident or self.get_ident(request)}"

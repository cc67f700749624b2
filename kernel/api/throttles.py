"""Rate limits by credential, or by address for those who are not signed in; every counted answer says what is left."""

import logging
import math
from typing import Any

from django.http.response import HttpResponseBase
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

    def report(self, response: HttpResponseBase) -> None:
        """Say the policy and what is left of it (draft-ietf-httpapi-ratelimit-headers), from what was counted."""
        known: Any = self  # the stubs do not know what a rate is parsed into
        history = getattr(known, "history", None)
        if history is None or known.num_requests is None:
            return  # not counted: asked by nobody, or without Redis
        left = max(0, known.num_requests - len(history))
        reset = max(1, math.ceil(history[-1] + known.duration - known.now)) if history else known.duration
        response["RateLimit-Policy"] = f'"{self.scope}";q={known.num_requests};w={known.duration}'
        response["RateLimit"] = f'"{self.scope}";r={left};t={reset}'

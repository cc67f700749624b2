"""Rate limits by credential, or by address for those who are not signed in; every counted answer says what is left."""

import logging
from typing import Any

from django.core.cache import cache
from django.http.response import HttpResponseBase
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from kernel.actor import Actor

logger = logging.getLogger(__name__)


class ActorThrottle(SimpleRateThrottle):
    """So many requests a minute for each key, client, session's person and node, and for each anonymous address.

    They are counted in windows of the clock, by one atomic step and one round trip: DRF's own list of instants grows
    with the rate, and two requests at once lose one of their entries.
    """

    scope = "actor"
    num_requests: int | None
    duration: int | None  # seconds
    count: int | None = None  # of the window at hand, this request included

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the caller is within its rate. Without Redis nobody is counted and nobody is refused."""
        if self.num_requests is None or self.duration is None:
            return True
        self.now = self.timer()
        window = int(self.now // self.duration)
        try:
            self.count = self._counted(f"{self.get_cache_key(request, view)}:{window}", 2 * self.duration)
        except RedisError as error:
            logger.warning("requests are not counted", extra={"reason": str(error)})
            return True
        return self.count <= self.num_requests

    def _counted(self, key: str, seconds: int) -> int:
        """Count one more under a key that is forgotten after so many seconds; how many there are now."""
        store: Any = cache._cache.get_client(key, write=True)  # type: ignore[attr-defined] # noqa: SLF001 - its own incr() asks thrice
        with store.pipeline(transaction=False) as both:
            both.incr(cache.make_and_validate_key(key))
            both.expire(cache.make_and_validate_key(key), seconds)
            counted, _ = both.execute()
        return int(counted)

    def get_cache_key(self, request: Request, view: object) -> str:
        """One counter for each caller; a spoofed header does not make a new one."""
        actor = request.auth
        ident = actor.credential or actor.user_id or actor.node if isinstance(actor, Actor) else None
        return f"throttle:{ident or self.get_ident(request)}"

    def wait(self) -> int | None:
        """Seconds until the window ends; None where nothing was counted."""
        return self.duration - int(self.now % self.duration) if self.count and self.duration else None

    def report(self, response: HttpResponseBase) -> None:
        """Say the policy and what is left of it (draft-ietf-httpapi-ratelimit-headers), from what was counted."""
        if self.count is None or self.num_requests is None:
            return  # not counted: asked by nobody, or without Redis
        left = max(0, self.num_requests - self.count)
        response["RateLimit-Policy"] = f'"{self.scope}";q={self.num_requests};w={self.duration}'
        response["RateLimit"] = f'"{self.scope}";r={left};t={self.wait()}'

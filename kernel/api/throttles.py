"""Rate limits by credential, or by address for those who are not signed in; every counted answer says what is left."""

import functools
import logging
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.core.cache import cache
from django.http.response import HttpResponseBase
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from kernel.actor import Actor

logger = logging.getLogger(__name__)
COUNTED = "node.counted"  # in the environment of a request that was counted ahead: which of its window it is


@functools.cache
def _store() -> Any:
    """The cache's own client, one a process: Django's cache makes one with each call, and its incr() asks thrice."""
    return cache._cache.get_client(write=True)  # type: ignore[attr-defined] # noqa: SLF001 - it is asked for nowhere else


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
        if COUNTED in request.META:
            self.count = request.META[COUNTED]
            return True
        window = int(self.now // self.duration)
        try:
            self.count = self.counted(f"{self.get_cache_key(request, view)}:{window}", 2 * self.duration)
        except RedisError as error:
            logger.warning("requests are not counted", extra={"reason": str(error)})
            return True
        return self.count <= self.num_requests

    def counted(self, key: str, seconds: int, more: int = 1) -> int:
        """Count so many more under a key that is forgotten after so many seconds; how many there are now."""
        with _store().pipeline(transaction=False) as both:
            both.incrby(cache.make_and_validate_key(key), more)
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
        for name, value in self.told():
            response[name] = value

    def told(self) -> tuple[tuple[str, str], ...]:
        """The same as headers."""
        if self.count is None or self.num_requests is None:
            return ()  # not counted: asked by nobody, or without Redis
        left = max(0, self.num_requests - self.count)
        return (
            ("RateLimit-Policy", f'"{self.scope}";q={self.num_requests};w={self.duration}'),
            ("RateLimit", f'"{self.scope}";r={left};t={self.wait()}'),
        )


@dataclass(slots=True)
class Lease:
    """Requests of an address that this process has counted ahead: `used` of the window's so far, `left` of the last lease."""

    window: int
    count: int = 0
    used: int = 0
    left: int = 0


AHEAD = 100  # a lease is at most this part of the rate, and at most what the address has used
ADDRESSES = 10_000  # that are remembered; who falls out begins anew, counted all the same
leases: OrderedDict[str, Lease] = OrderedDict()  # by address
_lock = Lock()


class _Request:
    """What a throttle asks a request for, to know its address."""

    def __init__(self, meta: dict[str, Any]) -> None:
        self.META = meta
        self.headers = {"x-forwarded-for": meta.get("HTTP_X_FORWARDED_FOR")}


def count_anonymous(meta: dict[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """Count a request of somebody who is not signed in, and what is left as headers; None for one too many.

    It is counted where ActorThrottle counts, never less, but ahead: a process takes as many as the address has used, a
    hundredth of the rate at most, so that not each answer waits for Redis. Should Django answer it after all, it is not
    counted again. Without Redis nobody is counted.
    """
    throttle = ActorThrottle()
    most, seconds = throttle.num_requests, throttle.duration
    if most is None or seconds is None:
        return ()
    throttle.now = throttle.timer()
    window = int(throttle.now // seconds)
    ident = throttle.get_ident(_Request(meta))  # type: ignore[arg-type] # it asks for META alone
    with _lock:
        lease = leases.get(ident)
        if lease is None or lease.window != window:
            lease = leases[ident] = Lease(window)
        leases.move_to_end(ident)
        if len(leases) > ADDRESSES:
            leases.popitem(last=False)
        if not lease.left:
            wanted = max(1, min(lease.used, most // AHEAD))
            try:
                lease.count = throttle.counted(f"throttle:{ident}:{window}", 2 * seconds, wanted)
            except RedisError as error:
                logger.warning("requests are not counted", extra={"reason": str(error)})
                return ()
            lease.left = min(wanted, most - lease.count + wanted)
            if lease.left <= 0:
                lease.left = 0
                return None
        lease.left -= 1
        lease.used += 1
        throttle.count = meta[COUNTED] = min(lease.count, most) - lease.left
    return throttle.told()

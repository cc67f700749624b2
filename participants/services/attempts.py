"""Letting attempts at a password or a code through, or not: counters in the cache, and the mark of a known browser.

Without the cache nobody signs in with a password (fail closed): an attacker who could make it go away would otherwise
guess without limit. Sessions and keys that are there go on.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from kernel.actor import Actor
from kernel.api.callers import address_of
from kernel.errors import Busy
from kernel.services.outbox import publish
from participants.domain.attempts import ACCOUNT, BURST, Limit, code_counters, counters, link_counters
from participants.errors import TooManyAttempts
from participants.events import SignInsFailing
from participants.models import User

BROWSER_COOKIE = "cin_browser"
BROWSER_SECONDS = 180 * 86400
IPV6_NETWORK = 64  # one household or one machine's own addresses


def account_mark(email: str) -> str:
    """A name for an account in the cache: of known and of unknown addresses alike, and no address itself."""
    return hmac.new(
        settings.SECRET_KEY.encode(), f"attempts:{email.strip().lower()}".encode(), hashlib.sha256
    ).hexdigest()[:32]


def network_of(request: HttpRequest) -> str:
    """The network that a request is counted under: an IPv4 address, or the /64 of an IPv6 one."""
    address = address_of(request)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network(f"{parsed}/{IPV6_NETWORK}", strict=False))
    return str(parsed)


def count_attempt(request: HttpRequest, *, email: str) -> list[str]:
    """Count an attempt at a password before it is looked at; the counters, for `forgive`.

    Raises TooManyAttempts, and Busy without the cache.
    """
    account = account_mark(email)
    found = counters(account=account, network=network_of(request), browser=_browser(request, account))
    return _count(found)


def count_code(request: HttpRequest, *, user: User) -> list[str]:
    """Count an attempt at a code of the second factor before it is looked at; the counters, for `forgive`.

    They are those of her present password: once she has a new one, whoever used them up with the old one can do
    so no more. Raises TooManyAttempts, and Busy without the cache.
    """
    browser = _browser(request, account_mark(user.email))
    account = f"{user.pk}|{user.get_session_auth_hash()}"
    return _count(code_counters(account=account, network=network_of(request), browser=browser))


def count_link(request: HttpRequest, *, email: str) -> None:
    """Count a request for a link by mail. Raises TooManyAttempts, and Busy without the cache."""
    _count(link_counters(account=account_mark(email), network=network_of(request)))


def forgive(counted: Iterable[str]) -> None:
    """Take back what a good attempt counted; the failures before it stay counted."""
    try:
        for key in counted:
            cache.decr(key)
    except (ValueError, RedisError):  # the window ended meanwhile, or the cache is gone
        return


@transaction.atomic
def note_failure(*, email: str, counted: Iterable[str]) -> None:
    """After many failures on one account in a window, say so once in the audit, if anybody has the account."""
    key = _key(ACCOUNT, account_mark(email))
    if key not in counted or cache.get(key) != BURST:
        return
    person = User.objects.filter(email=email.strip().lower()).first()
    if person is not None:
        actor = Actor()
        publish(SignInsFailing(subject=person.id, tenant=None, failures=BURST), actor=actor)


def mark_browser(request: HttpRequest, response: HttpResponse, *, user: User) -> None:
    """Let the browser be known as one in which the person has signed in."""
    account = account_mark(user.email)
    if _browser(request, account):
        return
    value = signing.dumps([account, secrets.token_urlsafe(16)], salt=BROWSER_COOKIE)
    response.set_cookie(
        BROWSER_COOKIE,
        value,
        max_age=BROWSER_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _browser(request: HttpRequest, account: str) -> str | None:
    """The mark of the browser, where it is a known one of this very account."""
    try:
        read: Any = signing.loads(
            request.COOKIES.get(BROWSER_COOKIE, ""), salt=BROWSER_COOKIE, max_age=BROWSER_SECONDS
        )
    except signing.BadSignature:
        return None
    whose, mark = read
    return f"{account}|{mark}" if whose == account else None


def _count(wanted: Iterable[tuple[Limit, str]]) -> list[str]:
    counted = []
    try:
        for limit, who in wanted:
            key = _key(limit, who)
            cache.add(key, 0, timeout=limit.seconds)
            if cache.incr(key) > limit.attempts:
                cache.decr(key)  # a refused attempt is not one: the window ends when it ends
                raise TooManyAttempts(minutes=limit.seconds // 60, retry_after=limit.seconds)
            counted.append(key)
    except RedisError as error:
        raise Busy(retry_after=5) from error
    except ValueError:  # the window ended between the two: the next attempt opens a new one
        return counted
    return counted


def _key(limit: Limit, who: str) -> str:
    return f"attempts:{limit.name}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"

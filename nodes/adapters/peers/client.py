"""HTTP to other nodes: through the egress proxy where there is one, no redirects, answers of a bounded size."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx
from django.conf import settings

from kernel.egress import trust
from nodes.domain.sender import LONGEST_REST

TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # seconds
LARGEST_ANSWER = 4 * 2**20  # bytes
LONGEST_ANSWER = 30.0  # seconds for all of it: each of TIMEOUT's is for one read only
UNAUTHENTICATED = 401
LONGEST_WORDS = 400  # characters of what a peer said, where people read it
CLOCKS_APART = re.compile(r"[(（](clock_ahead|signature_expired)[)）]")  # as kernel.crypto.messages refuses


class PeerSilentError(Exception):
    """No answer came. `nobody_there` tells that not even a connection could be made, so nothing arrived."""

    def __init__(self, reason: str, *, nobody_there: bool) -> None:
        """Keep why."""
        super().__init__(reason)
        self.nobody_there = nobody_there


class AnswerTooLargeError(PeerSilentError):
    """More came than an answer may have; the rest was not read."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the answer is too large", nobody_there=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer said; `pause` is its Retry-After in seconds, where it gave one."""

    status: int
    body: bytes
    pause: timedelta | None

    @property
    def words(self) -> str:
        """Status and detail, for people: nobody signed them."""
        try:
            detail = json.loads(self.body)["detail"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return f"HTTP {self.status}"
        return f"HTTP {self.status}: {detail}"[:LONGEST_WORDS]

    @property
    def clock(self) -> str:
        """Its words where it refused the time at which the request was signed, else nothing."""
        words = self.words
        return words if self.status == UNAUTHENTICATED and CLOCKS_APART.search(words) else ""


def open_client(seconds: float | None = None) -> httpx.Client:
    """A client that keeps its connections, and waits for no read longer than `seconds`; close it, as `with` does."""
    timeout = TIMEOUT if seconds is None else httpx.Timeout(seconds)
    proxy = settings.EGRESS_PROXY or None
    return httpx.Client(proxy=proxy, timeout=timeout, trust_env=False, verify=trust())


def ask(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float | None = None,
    largest: int = LARGEST_ANSWER,
) -> Answer:
    """Send one signed request. Raises PeerSilentError where no whole answer of at most `largest` bytes comes back."""
    until = time.monotonic() + (LONGEST_ANSWER if seconds is None else seconds)
    request = client.build_request(method, url, content=body, headers=dict(headers))
    try:
        response = client.send(request, stream=True)
        try:
            content = b""
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > largest:
                    raise AnswerTooLargeError
                if time.monotonic() > until:
                    raise PeerSilentError("the answer takes too long", nobody_there=False)
        finally:
            response.close()
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise PeerSilentError(str(error), nobody_there=True) from error
    except httpx.HTTPError as error:
        raise PeerSilentError(type(error).__name__, nobody_there=False) from error
    after = response.headers.get("Retry-After", "")
    pause = timedelta(seconds=min(int(after), LONGEST_REST.seconds)) if after.isdecimal() else None
    return Answer(response.status_code, content, pause)

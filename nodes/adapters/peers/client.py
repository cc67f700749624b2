"""HTTP to other nodes: through the egress proxy where there is one, no redirects, answers of a bounded size and time.

Whoever answers may lie: nothing is inflated, and every step of a request has only what is left of the time for all.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import httpcore
import httpx

from kernel.egress import Backend, Clock, pool_of
from nodes.domain.sender import LONGEST_REST

LARGEST_ANSWER = 4 * 2**20  # bytes
LONGEST_ANSWER = 30.0  # seconds for all of a request, of which one step has at most kernel.egress.SECONDS
KEPT_SECONDS = 5.0  # an idle connection
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
        return shown(f"HTTP {self.status}: {detail}")

    @property
    def clock(self) -> str:
        """Its words where it refused the time at which the request was signed, else nothing."""
        words = self.words
        return words if self.status == UNAUTHENTICATED and CLOCKS_APART.search(words) else ""


def shown(text: str) -> str:
    """What a peer wrote, as far as it is kept and shown to people."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:LONGEST_WORDS])


class PeerClient:
    """One thread's connections to peers, kept between requests; close it, as `with` does."""

    def __init__(self) -> None:
        """No connection yet."""
        self.clock = Clock(LONGEST_ANSWER)
        self.pool = pool_of(Backend(self.clock), kept_seconds=KEPT_SECONDS)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self.pool.close()


def ask(
    client: PeerClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float | None = None,
    largest: int = LARGEST_ANSWER,
) -> Answer:
    """Send one signed request. Raises PeerSilentError where no whole answer of at most `largest` bytes comes back in time."""
    request = httpx.Request(method, url, content=body, headers={"Accept-Encoding": "identity", **headers})
    where = request.url
    target = httpcore.URL(
        scheme=where.raw_scheme, host=where.raw_host, port=where.port, target=where.raw_path
    )
    client.clock.wind(LONGEST_ANSWER if seconds is None else seconds)
    content = b""
    try:
        with client.pool.stream(method, target, headers=request.headers.raw, content=body) as response:
            for chunk in response.iter_stream():
                content += chunk
                if len(content) > largest:
                    raise AnswerTooLargeError
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        raise PeerSilentError(str(error), nobody_there=True) from error
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as error:
        reason = "the answer takes too long" if client.clock.over else type(error).__name__
        raise PeerSilentError(reason, nobody_there=False) from error
    after = httpx.Headers(response.headers).get("Retry-After", "")
    written = after.isascii() and after.isdecimal()  # of thousands of digits Python reads none
    pause = timedelta(seconds=min(int(after[:9]), LONGEST_REST.seconds)) if written else None
    return Answer(response.status, content, pause)

"""The one way out to addresses that others name: judged, pinned, bounded in time and size, and never redirected."""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Thread
from typing import Any

import httpcore
import httpx
from django.conf import settings

from kernel.domain.egress import Target, check_addresses, read_url

SECONDS = 10.0  # for everything: asking the name, connecting, sending, and what is read of the answer
CONNECT_SECONDS = 3.0  # for each address
LARGEST_BODY = 2**18
LARGEST_HEAD = 10 * 2**20  # of an answer, whoever asks; nothing is inflated
CHUNK = 2**12


class NoAnswerError(Exception):
    """Nobody answered: no such name, no connection, no valid certificate, no answer in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the first bytes of the body as they were sent."""

    status: int
    head: bytes


def check_url(url: str, *, pointer: str) -> None:
    """Raise CallbackRefused unless the URL may be called by its looks; its name is asked at each call."""
    _read(url, pointer)


def post(url: str, *, body: bytes, headers: Mapping[str, str], pointer: str, keep: int = 0) -> Answer:
    """Send the body once, to the very address that was found safe; call it with no transaction open.

    The name is resolved once, every address behind it is judged, and the connection goes to one of those addresses:
    the name cannot point elsewhere between check and call. Certificate, SNI and Host stay the name's. No redirect is
    followed and no proxy is taken from the environment; EGRESS_PROXY is given the address, not the name. At most
    `keep` bytes of the answer are waited for. Raises CallbackRefused at `pointer`, NoAnswerError.
    """
    assert len(body) <= LARGEST_BODY  # noqa: S101 - ours to hold
    lines = {"Content-Length": str(len(body)), **headers}
    return _call("POST", url, body, lines, pointer=pointer, keep=keep, seconds=SECONDS)


def get(url: str, *, headers: Mapping[str, str], pointer: str, keep: int, seconds: float) -> Answer:
    """Ask once, in the same way, with `seconds` for everything. Raises CallbackRefused at `pointer`, NoAnswerError."""
    return _call("GET", url, b"", headers, pointer=pointer, keep=keep, seconds=seconds)


def _call(
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    pointer: str,
    keep: int,
    seconds: float,
) -> Answer:
    assert keep <= LARGEST_HEAD  # noqa: S101 - ours to hold
    clock = Clock(seconds)
    target = _read(url, pointer)
    addresses = _resolve(target, clock)
    check_addresses(addresses, pointer=pointer, **_rules())
    lines = {"Host": target.authority, "Connection": "close", **headers}
    for turn, address in enumerate(addresses, start=1):
        try:
            return _send(method, target, address, clock, body=body, headers=lines, keep=keep)
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if turn == len(addresses):  # nothing was sent yet, so the next address may be tried
                raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        except (
            httpcore.TimeoutException,
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.ProxyError,
        ) as error:
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
    raise NoAnswerError(f"{target.host} resolves to no address")


def _rules() -> Any:
    """What the operator lets the node call."""
    return {"allow_private": settings.ALLOW_PRIVATE_CALLBACKS, "refused": settings.EGRESS_REFUSED}


def _read(url: str, pointer: str) -> Target:
    return read_url(url, pointer=pointer, **_rules())


class Clock:
    """The time that is left of one call; `wind` begins the next."""

    def __init__(self, seconds: float) -> None:
        """Begin now."""
        self.wind(seconds)

    def wind(self, seconds: float) -> None:
        """Begin anew, with so much for everything."""
        self.seconds, self.ends = seconds, time.monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return time.monotonic() >= self.ends

    def left(self, most: float = SECONDS) -> float:
        """What one step may take. Raises httpcore.ReadTimeout where nothing is left."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"more than {self.seconds:g} s in all")
        return min(left, most)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step has only what is left, so that a trickle ends too; its TLS is the name's."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock, address: str, name: str) -> None:
        self._stream, self._clock, self._address, self._name = stream, clock, address, name

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the clock says
        return self._stream.read(max_bytes, self._clock.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the clock says
        for start in range(0, len(buffer), CHUNK):
            self._stream.write(buffer[start : start + CHUNK], self._clock.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the clock says
    ) -> httpcore.NetworkStream:
        name = self._name if server_hostname == self._address else server_hostname
        inner = self._stream.start_tls(ssl_context, name, self._clock.left())
        return _Stream(inner, self._clock, self._address, self._name)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Connects within the time that is left; where an `address` is given, its TLS is that of `name`."""

    def __init__(self, clock: Clock, address: str = "", name: str = "") -> None:
        """Give every connection this clock."""
        self._clock, self._address, self._name = clock, address, name

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the clock says
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """The connection."""
        seconds = self._clock.left(CONNECT_SECONDS)
        stream = httpcore.SyncBackend().connect_tcp(host, port, seconds, local_address, socket_options)
        return _Stream(stream, self._clock, self._address, self._name)


def _send(
    method: str,
    target: Target,
    address: str,
    clock: Clock,
    *,
    body: bytes,
    headers: Mapping[str, str],
    keep: int,
) -> Answer:
    host = f"[{address}]" if settings.EGRESS_PROXY and ":" in address else address
    url = httpcore.URL(scheme=target.scheme, host=host, port=target.port, target=target.path)
    with (
        pool_of(Backend(clock, host, target.host)) as pool,
        pool.stream(method, url, headers=list(headers.items()), content=body) as response,
    ):
        head = b""
        try:
            for part in response.iter_stream() if keep else ():
                head += part
                if len(head) >= keep:
                    break
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
            pass  # the status counts; an answer without an end is not waited for
        return Answer(response.status, head[:keep])


def pool_of(backend: Backend, *, kept_seconds: float | None = None) -> httpcore.ConnectionPool:
    """Connections through EGRESS_PROXY, where there is one; idle ones are kept for so long."""
    if not settings.EGRESS_PROXY:
        return httpcore.ConnectionPool(
            ssl_context=trust(), network_backend=backend, keepalive_expiry=kept_seconds
        )
    proxy = httpx.Proxy(settings.EGRESS_PROXY)
    address = httpcore.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/"
    )
    return httpcore.HTTPProxy(
        address,
        proxy_auth=proxy.raw_auth,
        ssl_context=trust(),
        network_backend=backend,
        keepalive_expiry=kept_seconds,
    )


@cache
def trust() -> ssl.SSLContext:
    """Whose certificates are believed: the usual authorities, or those of SSL_CERT_FILE."""
    return httpx.create_ssl_context()


def _resolve(target: Target, clock: Clock) -> list[str]:
    """The first addresses of a host, each once, IPv4 first; empty where it has none."""
    found: list[str] = []
    asking = Thread(target=lambda: found.extend(_lookup(target.host, target.port)), daemon=True)
    asking.start()  # the name service has time limits of its own, longer than ours
    asking.join(clock.left())
    if asking.is_alive():
        raise NoAnswerError(f"the name service does not answer for {target.host}")
    return sorted(dict.fromkeys(found), key=lambda address: ":" in address)


def _lookup(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]

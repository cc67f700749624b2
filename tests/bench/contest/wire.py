"""One connection to a web server that stays open, and the server's start."""

import http.client
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from config.embedded.place import EmbeddedError
from config.embedded.process import Process, is_alive

SECONDS_TO_START = 60
HOST = "127.0.0.1"


class Wire:
    """A connection that is kept, so that what is timed is the request alone."""

    def __init__(self, port: int) -> None:
        """Connect when first used."""
        self._connection = http.client.HTTPConnection(HOST, port, timeout=300)

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[float, int, bytes]:
        """One request: the seconds until its whole answer was read, the status and the body.

        A server that has hung up meanwhile, since nothing was asked for long, is asked anew.
        """
        try:
            return self._sent(method, path, headers, body)
        except ConnectionError:
            self._connection.close()
            return self._sent(method, path, headers, body)

    def _sent(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[float, int, bytes]:
        begin = time.perf_counter()
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        read = answer.read()
        return time.perf_counter() - begin, answer.status, read


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(process: Process, port: int, log: Path) -> None:
    """Wait until the server takes connections. Raises EmbeddedError with its last words where it ends instead."""
    deadline = time.monotonic() + SECONDS_TO_START
    while is_alive(process) and time.monotonic() < deadline:
        with suppress(OSError):
            socket.create_connection((HOST, port), timeout=5).close()
            return
        time.sleep(0.05)
    raise EmbeddedError(f"A server does not start. 服务未能启动。\n{log.read_text(errors='replace')[-3000:]}")

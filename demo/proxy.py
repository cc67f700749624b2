"""An egress proxy with faults: it forwards what a node sends out, and loses what it is told to lose, in the way it is told."""

import os
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler

import httpx

from demo.client import TRUST
from demo.listener import Listener

HOP_HEADERS = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length"}
ADDED_BY_CLIENT = {"content-encoding", "date", "server"}
REQUEST, REPLY, HALF_OPEN = "request", "reply", "half-open"
RESET, STORM, CLOSED = "reset", "storm", "closed"
HANGS = 15.0  # seconds that a half-open connection says nothing: longer than a sender waits


class FaultProxy:
    """A forward HTTP proxy on a free loopback port; `lose(n, part)` drops the next n matching requests."""

    def __init__(self) -> None:
        """Listen in a thread of its own."""
        self.lost = self.refused = 0
        self.hangs, self.pause = HANGS, ""
        self._to_lose, self._part, self._how, self._lock = 0, "", REQUEST, threading.Lock()
        self._cut = ""
        self._ending = threading.Event()
        self._listener = Listener(self._forward)
        self.url = self._listener.url

    def lose(self, count: int, part: str, *, how: str = REQUEST) -> None:
        """Drop the next `count` exchanges whose address contains `part`.

        `how`: the request never arrives and no answer comes; it arrives and the reply is lost; or the connection is
        half open, and says nothing for longer than anybody waits.
        """
        self._to_lose, self._part, self._how = count, part, how

    def partition(self, how: str = REQUEST) -> None:
        """Let nothing through until `heal`: lost as by `lose`, reset, answered 503 (Retry-After as `pause` says), or refused.

        Of lost replies (REPLY) the requests do arrive; a half-open connection says nothing for `hangs` seconds.
        """
        self._cut = how
        if how == CLOSED:
            self._listener.close()

    def heal(self) -> None:
        """Let everything through again."""
        if self._cut == CLOSED:
            self._listener = Listener(self._forward, port=self._listener.port)
        self._cut = ""

    def close(self) -> None:
        """Stop listening."""
        self._ending.set()
        if self._cut != CLOSED:
            self._listener.close()

    def _loses(self, address: str) -> str:
        """How this exchange is lost; empty where it is not."""
        with self._lock:
            if not self._to_lose or self._part not in address:
                return ""
            self._to_lose -= 1
            self.lost += 1
            return self._how

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        how = self._cut
        if how:
            self.refused += 1
        else:
            how = self._loses(handler.path)
        if how == HALF_OPEN:
            self._ending.wait(self.hangs)
        if how in (REQUEST, HALF_OPEN, RESET, CLOSED):
            _hang_up(handler, reset=how == RESET)
            return
        if how == STORM:
            _unavailable(handler, self.pause)
            return
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in HOP_HEADERS}
        try:
            answer = httpx.request(
                handler.command,
                handler.path,
                headers=headers,
                content=body,
                timeout=30,
                trust_env=False,
                verify=TRUST,
            )
        except httpx.HTTPError:
            handler.send_error(502)
            return
        if how == REPLY:
            _hang_up(handler)
            return
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_HEADERS | ADDED_BY_CLIENT:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        handler.wfile.write(answer.content)


def _hang_up(handler: BaseHTTPRequestHandler, *, reset: bool = False) -> None:
    handler.close_connection = True
    if reset:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(handler.connection.detach())  # at once, whoever else still holds the socket
        return
    handler.connection.shutdown(socket.SHUT_RDWR)  # not close: the handler still flushes nothing


def _unavailable(handler: BaseHTTPRequestHandler, pause: str) -> None:
    handler.send_response(503)
    if pause:
        handler.send_header("Retry-After", pause)
    handler.send_header("Content-Length", "0")
    handler.end_headers()

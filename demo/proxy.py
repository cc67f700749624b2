"""An egress proxy with faults: it forwards what a node sends out, and loses what it is told to lose."""

import socket
import threading
from http.server import BaseHTTPRequestHandler

import httpx

from demo.listener import Listener

HOP_HEADERS = {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length"}
ADDED_BY_CLIENT = {"content-encoding", "date", "server"}


class FaultProxy:
    """A forward HTTP proxy on a free loopback port; `lose(n, part)` drops the next n matching requests."""

    def __init__(self) -> None:
        """Listen in a thread of its own."""
        self.lost = 0
        self._to_lose, self._part, self._lock = 0, "", threading.Lock()
        self._listener = Listener(self._forward)
        self.url = self._listener.url

    def lose(self, count: int, part: str) -> None:
        """Drop the next `count` requests whose address contains `part`: they never arrive, no answer comes."""
        self._to_lose, self._part = count, part

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _loses(self, address: str) -> bool:
        with self._lock:
            if not self._to_lose or self._part not in address:
                return False
            self._to_lose -= 1
            self.lost += 1
            return True

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if self._loses(handler.path):
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)  # not close: the handler still flushes nothing
            return
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in HOP_HEADERS}
        try:
            answer = httpx.request(
                handler.command, handler.path, headers=headers, content=body, timeout=30, trust_env=False
            )
        except httpx.HTTPError:
            handler.send_error(502)
            return
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_HEADERS | ADDED_BY_CLIENT:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        handler.wfile.write(answer.content)

"""A fault proxy between two nodes: it passes HTTP through and can lose what it is told to lose."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class FaultProxy:
    """Listens on a free loopback port and forwards to `target`; `lose(n)` drops the next n matching requests."""

    def __init__(self, target: str) -> None:
        """Start forwarding in a thread of its own."""
        self.target, self.lost = target, 0
        self._to_lose, self._part = 0, ""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                proxy._forward(self)

            do_POST = do_GET  # noqa: N815 - the base class's name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def lose(self, count: int, part: str) -> None:
        """Drop the next `count` requests whose path contains `part`: they never arrive, no answer comes."""
        self._to_lose, self._part = count, part

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def _forward(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if self._to_lose and self._part in handler.path:
            self._to_lose -= 1
            self.lost += 1
            handler.close_connection = True
            handler.connection.close()
            return
        # the signature covers the authority that the sender meant: this proxy's own, passed on as it came
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in HOP_HEADERS}
        answer = httpx.request(
            handler.command, self.target + handler.path, headers=headers, content=body, timeout=30
        )
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_HEADERS | {"content-encoding", "date", "server"}:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        handler.wfile.write(answer.content)

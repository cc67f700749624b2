"""A small HTTP server on a free port of loopback, for whatever in the demo is called."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """Hands each request, with its body, to `take`, which answers it; listens until `close`."""

    def __init__(self, take: Callable[[BaseHTTPRequestHandler, bytes], None], *, port: int = 0) -> None:
        """Listen in a thread of its own, on a free port unless one is named."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                take(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

            do_POST = do_GET  # noqa: N815 - the base class's name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

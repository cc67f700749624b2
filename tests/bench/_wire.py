"""The cheapest client there is, and the same for every side of a measurement."""

import re
import socket

LENGTH = re.compile(rb"content-length: *(\d+)")


class Wire:
    """One kept connection, written and read as bytes."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; its status and body, of one chunk where the server tells no length. AssertionError if it hangs up."""
        self.socket.sendall(request)
        got = b""
        while (split := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        status, head, body = int(got[9:12]), got[:split].lower(), got[split + 4 :]
        if b"transfer-encoding: chunked" in head:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
            return status, body[body.find(b"\r\n") + 2 : -7]
        length = int(found[1]) if (found := LENGTH.search(head)) else 0
        while len(body) < length:
            body += self._more()
        return status, body

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        assert part, "the server hung up"
        return part


def share_within(times: list[float], share: float) -> float:
    """The time within which a share of the requests was answered."""
    return sorted(times)[int(len(times) * share)]

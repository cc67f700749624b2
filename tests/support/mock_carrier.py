"""A mock carrier behind the contract of docs/carriers.md, and the ways in which a real one may fail."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Answer = tuple[int, dict[str, Any]]


class MockCarrier:
    """What the carrier keeps, by key: `held`, `confirmed` or `spent`; and how it fails next.

    Faults, one for each call: `drop` (hangs up, does nothing), `lose` (does it, and the reply is lost), `refuse`, `garbage`,
    `late`, `soon` and `past` (another expiry than was wanted); a number is a status of that number with the body of a yes.
    """

    def __init__(self) -> None:
        """Listen on a free port."""
        self.lines: dict[str, str] = {}
        self.faults: list[str] = []
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.word: dict[str, Any] = {
            "reachable": True, "latency_us": 480, "one_off_cny": "2000.00", "monthly_cny": "9800.00", "days": 5,
        }  # fmt: skip
        self.lock = Lock()
        self.url = ""

    @property
    def kept(self) -> list[str]:
        """The keys of what is pre-occupied or confirmed."""
        return [key for key, state in self.lines.items() if state in ("held", "confirmed")]

    def answer(self, verb: str, asked: dict[str, Any], fault: str) -> Answer:
        """What the contract says: each verb by its key, and a spent key keeps nothing ever after."""
        key, verbs = asked["key"], {"query": self._query, "preoccupy": self._preoccupy}
        with self.lock:
            if verb in verbs:
                return verbs[verb](key, asked, fault)
            return self._confirm(key) if verb == "confirm" else self._release(key)

    def _query(self, _key: str, _asked: dict[str, Any], _fault: str) -> Answer:
        return 200, self.word

    def _preoccupy(self, key: str, asked: dict[str, Any], fault: str) -> Answer:
        if self.lines.get(key) == "spent":
            return 409, {"reason": "the key is spent"}
        until = datetime.fromisoformat(asked["until"])
        until = {
            "late": until + timedelta(days=9),
            "soon": datetime.now(UTC) + timedelta(hours=1),
            "past": datetime(2020, 1, 1, tzinfo=UTC),
        }.get(fault, until)
        if "replaces" in asked and key not in self.lines and self.lines.get(asked["replaces"]) != "confirmed":
            return 409, {"reason": "there is no line to replace"}
        self.lines.setdefault(key, "held")
        return 200, {"expires_at": until.isoformat()}

    def _confirm(self, key: str) -> Answer:
        if self.lines.get(key) not in ("held", "confirmed"):
            return 410, {"reason": "nothing is held under this key"}
        self.lines[key] = "confirmed"
        return 200, {}

    def _release(self, key: str) -> Answer:
        self.lines[key] = "spent"
        return 200, {}


@contextmanager
def mock_carrier() -> Iterator[MockCarrier]:
    """A mock carrier that listens until the end of the block."""
    carrier = MockCarrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            verb = self.path.rsplit("/", 1)[-1]
            carrier.heard.append((verb, asked))
            fault = carrier.faults.pop(0) if carrier.faults else ""
            faults: dict[str, Callable[[], Answer | None]] = {
                "drop": lambda: None,
                "refuse": lambda: (409, {"reason": "no duct"}),
                "garbage": lambda: (200, {"expires_at": 7, "reachable": "perhaps"}),
            }
            if fault.isdigit():
                told: Answer | None = (int(fault), {**carrier.word, "expires_at": asked.get("until")})
            else:
                told = faults[fault]() if fault in faults else carrier.answer(verb, asked, fault)
            if told is None or fault == "lose":
                self.close_connection = True
                return
            status, document = told
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    carrier.url = f"http://localhost:{server.server_port}/lines"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield carrier
    server.shutdown()
    server.server_close()

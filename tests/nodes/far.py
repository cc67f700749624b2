"""The other node, with a key of its own: it signs requests to ours, and answers ours over real HTTP."""

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

from kernel.api.problems import document
from kernel.crypto.keys import write_key
from kernel.crypto.messages import RegisteredKey, Request, sign_request, verify_request
from kernel.crypto.suite import INTERNATIONAL, Suite
from kernel.errors import SignatureRefused
from nodes.domain.attachments import GRANT_CONTEXT, Grant, write_token
from nodes.domain.envelopes import (
    REPORT_KNOWN,
    TOO_LARGE,
    Receipt,
    is_withdrawal,
    open_receipt,
    read_message,
    sign_receipt,
)
from nodes.domain.keys import read_next_key
from nodes.domain.manifests import compose_manifest, decode_manifest, entry_of, fingerprint, sign_manifest
from nodes.domain.recalls import Held, as_much_as_fits, to_document
from nodes.domain.receiver import Answer, Arrival, Inbound, Record, Store, receive
from nodes.domain.searches import Question, read_question
from nodes.domain.statements import Statement, from_wire, sign_statement, to_wire
from nodes.models import ReportedPeriod
from tests.support.caller import Caller

FEDERATION = "/api/v1/federation"


def new_pem(suite: Suite = INTERNATIONAL) -> str:
    """A fresh node key, as NODE_KEY holds it."""
    return write_key(suite, suite.new_private_key())


def reported_period(node: str, hour: datetime) -> None:
    """A node's word that this hour is complete."""
    ReportedPeriod.objects.create(
        node=node,
        upstream="national",
        start=hour,
        end=hour + timedelta(hours=1),
        version=1,
        body=b"{}",
        sections=[],
        state="received",
        sequence=1,
    )


@dataclass
class FarNode:
    """A node with a key, speaking to ours at `ours` (what NODE_URL says)."""

    code: str
    role: str = "regional"
    ours: str = "http://node.example"
    private_key: bytes = b""
    url: str = "http://far.example"
    suite: Suite = INTERNATIONAL

    def __post_init__(self) -> None:
        self.private_key = self.private_key or self.suite.new_private_key()

    @property
    def public_key(self) -> bytes:
        return self.suite.public_key(self.private_key)

    @property
    def key_id(self) -> str:
        return self.suite.key_id(self.public_key)

    def signed(self, method: str, path: str, body: bytes = b"", **more: Any) -> dict[str, str]:
        """The headers of a request to our node, signed now."""
        headers = {"content-type": "application/json", **more.get("headers", {})}
        return sign_request(
            Request(method, self.ours + path, headers, body),
            suite=self.suite,
            private_key=more.get("private_key", self.private_key),
            now=more.get("now", datetime.now(UTC)),
            nonce=more.get("nonce", token_urlsafe(24)),
        )

    def post(self, path: str, body: bytes, headers: dict[str, str] | None = None, **more: Any) -> Any:
        """Send a signed request; with `headers` given, just those."""
        sent = headers if headers is not None else self.signed("POST", path, body, **more)
        return Caller().client.generic(
            "POST",
            path,
            body,  # type: ignore[arg-type] # the stubs forget that bytes go as they are
            content_type="application/json",
            headers=sent,
        )

    def ask_to_attach(self, given: str, **changed: Any) -> Any:
        """Ask our node to attach this one, by its token."""
        asked = {
            "token": given.split(".", maxsplit=1)[0],
            "code": self.code,
            "name": f"节点 {self.code}",
            "role": self.role,
            "url": self.url,
            "key": self.suite.jwk(self.public_key),
        }
        return self.post(f"{FEDERATION}/attachments", json.dumps(asked | changed).encode())

    def message(self, stream: str, sequence: int, aggregate: str, body: bytes, **more: Any) -> Any:
        """Deliver one message; Django's test response."""
        named = {"aggregate": aggregate} | (
            {"supersedes": more["supersedes"]} if "supersedes" in more else {}
        )
        path = f"{FEDERATION}/streams/{stream}/messages?{urlencode(named)}"
        more.pop("supersedes", None)
        numbered = {"cin-stream": stream, "cin-sequence": str(sequence)}
        headers = self.signed("POST", path, body, headers=numbered, **more)
        return self.post(path, body, headers)

    def receipt_of(self, response: Any, public_key: bytes) -> Receipt:
        """The receipt in an answer, its signature verified."""
        statement = from_wire(response.content)
        assert statement is not None, response.content
        return open_receipt(statement, suite=self.suite, public_key=public_key)


class FarUpstream(FarNode):
    """The national node as our regional one meets it: a real server, with knobs for what can go wrong.

    `fate` says what becomes of the next requests for messages: `lost` (never arrives), `unanswered` (arrives, the
    reply is lost), `forged` (a receipt by another key), `altered` (its signature is not good), `refused` (the content can never be taken),
    `taken` (the same, since a number block is another's), `known` (the report is there already), `down` (503), `too large` (413).
    """

    def __init__(
        self,
        suite: Suite = INTERNATIONAL,
        *,
        code: str = "000000",
        role: str = "national",
        sender: str = "320000",
    ) -> None:
        super().__init__(code, role=role, suite=suite)
        self.fate: deque[str] = deque()
        self.streams: dict[str, Inbound] = {}
        self.stored: dict[tuple[str, int], tuple[Record, bytes]] = {}
        self.held: dict[str, list[Held]] = {}
        self.arrivals: list[tuple[str, int]] = []
        self.nonces: set[str] = set()
        self.ranges: list[int] = []  # how many each question for fingerprints named
        self.known: dict[str, RegisteredKey] = {}
        self.signers: list[str] = []
        self.ahead = timedelta()  # how far its clock is ahead of ours
        self.finds: Callable[[Question], Statement | tuple[int, bytes]] | None = None
        self.sender = sender
        far = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stream = self.path.rsplit("/", 1)[-1]
                state = far.streams.get(stream)
                answer = json.dumps({"stream": stream, "expected": state.expected if state else 1}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = far.answer(self.path, dict(self.headers.items()), body)
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.serving = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.serving.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.serving.join()

    @property
    def token(self) -> str:
        """A token as our operator would be handed."""
        return write_token(token_urlsafe(32), self.key_id, self.suite)

    def answer(  # noqa: PLR0911 - one line an address
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Status and body; status 0 hangs up."""
        request = Request("POST", self.url + path, headers, body)
        if path.endswith("/attachments"):
            return 201, json.dumps(to_wire(self.grant(json.loads(body), request))).encode()
        fate = self.fate.popleft() if "/messages" in path and self.fate else ""
        if fate == "lost":
            return 0, b""
        if fate in ("down", "too large"):
            return (503 if fate == "down" else 413), b"{}"
        try:
            verified = verify_request(request, find_key=self.known.get, now=datetime.now(UTC) + self.ahead)
        except SignatureRefused as refusal:
            return refusal.status, json.dumps(document(refusal)).encode()
        self.signers.append(verified.key.key_id)
        assert verified.nonce not in self.nonces
        self.nonces.add(verified.nonce)
        if path.endswith("/manifests"):
            return 200, json.dumps(to_wire(self.manifest(from_wire(body)))).encode()
        if path.endswith("/searches") and self.finds is not None:
            found = self.finds(read_question(body, asker=self.sender))
            return found if isinstance(found, tuple) else (200, json.dumps(to_wire(found)).encode())
        if path.endswith("/recalls"):
            asked = json.loads(body)
            held = (each for each in self.held.get(asked["stream"], []) if each.sequence >= asked["first"])
            told = [to_document(each) for each in as_much_as_fits(held)]
            return 200, json.dumps({"messages": told}).encode()
        if path.endswith("/fingerprints"):
            asked = json.loads(body)
            self.ranges.append(len(asked["ranges"]))
            return 200, json.dumps(self.fingerprints(asked)).encode()
        statement = self.take(path, headers, body, fate)
        return (0, b"") if fate == "unanswered" else (200, json.dumps(to_wire(statement)).encode())

    def grant(self, asked: dict[str, Any], request: Request) -> Statement:
        brought = self.suite.public_key_of(asked["key"])
        key_id = self.know(brought, asked["code"])
        verify_request(request, find_key=self.known.get, now=datetime.now(UTC))
        grant = Grant(
            node=self.code,
            name="国家节点",
            role=self.role,
            url=self.url,
            key=self.suite.jwk(self.public_key),
            downstream=asked["code"],
            downstream_key_id=key_id,
            prefix=f"86.{asked['code']}" if asked["role"] == "regional" else "",
            protocol=asked["protocols"][0],
            contact="",
        )
        return sign_statement(
            grant.encode(), context=GRANT_CONTEXT, suite=self.suite, private_key=self.private_key
        )

    def know(self, public_key: bytes, holder: str) -> str:
        """Register a key of our node's; its id."""
        key_id = self.suite.key_id(public_key)
        since = datetime(2020, 1, 1, tzinfo=UTC)
        self.known[key_id] = RegisteredKey(key_id, holder, self.suite, public_key, since)
        return key_id

    def take(self, path: str, headers: dict[str, str], body: bytes, fate: str) -> Statement:
        lowered = {name.lower(): value for name, value in headers.items()}
        parts = urlsplit(path)
        stream = parts.path.split("/")[-2]
        message = read_message(
            stream=stream,
            sequence=lowered["cin-sequence"],
            query=parts.query,
            digest=lowered["content-digest"],
            body=body,
        )
        self.arrivals.append((stream, message.sequence))
        state = self.streams.get(stream) or Inbound(self.code, self.sender, stream)
        known = self.stored.get((stream, message.sequence))
        refusal = {"refused": "refused_on_purpose", "taken": "block_taken", "known": REPORT_KNOWN}.get(
            fate, ""
        )
        refusal = TOO_LARGE if is_withdrawal(body) else refusal
        arrival = Arrival(message, refusal, datetime.now(UTC))
        self.streams[stream], effects = receive(state, arrival, known[0] if known else None)
        key = self.suite.new_private_key() if fate == "forged" else self.private_key
        for effect in effects:
            if isinstance(effect, Store):
                self.stored[stream, message.sequence] = (Record(message.digest, effect.receipt), body)
                if stream == "keys" and (coming := read_next_key(body)) is not None:
                    self.know(coming.public_key, coming.node)
        (answer,) = [effect for effect in effects if isinstance(effect, Answer)]
        signed = sign_receipt(answer.receipt, suite=self.suite, private_key=key)
        return replace(signed, signature=bytes(64)) if fate == "altered" else signed

    def bodies(self, stream: str) -> list[dict[str, Any]]:
        """What was stored of a stream, in its order."""
        return [json.loads(kept[1]) for (name, _), kept in sorted(self.stored.items()) if name == stream]

    def manifest(self, statement: Statement | None) -> Statement:
        assert statement is not None
        asked = decode_manifest(statement.payload)
        ours = compose_manifest(
            sender=asked.sender,
            receiver=asked.receiver,
            stream=asked.stream,
            day=asked.day,
            first=asked.first,
            last=asked.last,
            entries=[
                entry_of(number, kept[0].receipt.outcome, kept[1], self.suite)
                for (name, number), kept in self.stored.items()
                if name == asked.stream
            ],
            suite=self.suite,
        )
        return sign_manifest(ours, suite=self.suite, private_key=self.private_key)

    def fingerprints(self, asked: dict[str, Any]) -> dict[str, Any]:
        leaves = {
            number: entry_of(number, kept[0].receipt.outcome, kept[1], self.suite).leaf
            for (name, number), kept in self.stored.items()
            if name == asked["stream"]
        }
        found = [fingerprint(leaves, low, high, self.suite) for low, high in asked["ranges"]]
        return {
            "fingerprints": [
                {"first": each.first, "last": each.last, "count": each.count, "root": each.root.hex()}
                for each in found
            ]
        }

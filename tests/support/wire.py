"""A small Internet for tests: receivers with certificates, a name service that changes its mind, and who was dialled."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kernel import egress

PUBLIC = "93.184.215.14"
BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
A, AAAA = 1, 28
dial = socket.create_connection


@dataclass
class Heard:
    """One request that a receiver was sent, and by which name it was asked in TLS."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """An HTTP server on a free port of this machine; answers what it is told, 204 without being told."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Listen, with TLS where a context is given."""
        self.heard: list[Heard] = []
        self.answers: list[int] = []
        self.location = ""
        self.names: list[str | None] = []
        self.speak: Callable[[Any], None] | None = None  # writes the answer itself, however slowly
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                receiver.heard.append(Heard(self.path, dict(self.headers), body))
                if receiver.speak:
                    with suppress(OSError):
                        receiver.speak(self.wfile)
                    self.close_connection = True
                    return
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815 - the library's name

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def get_request(self) -> Any:
                connection, address = super().get_request()
                if context is None:
                    return connection, address
                connection.settimeout(5)
                return context.wrap_socket(connection, server_side=True), address

            def handle_error(self, *_: Any) -> None:
                """A caller that hangs up is a part of the story."""

        if context:
            context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


class Canary:
    """A listener inside, which nobody may ever reach; counts who does."""

    def __init__(self) -> None:
        """Listen on a free port of loopback."""
        self.hits = 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                self.hits += 1
                connection.close()

    def close(self) -> None:
        """Stop listening."""
        self.server.close()


class NameServer:
    """A DNS server over UDP: for each name a list of turns, each a list of addresses; the last turn stays."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self.zone: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self._lock = Lock()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                packet, asker = self.socket.recvfrom(512)
                self.socket.sendto(self._answer(packet), asker)

    def _answer(self, packet: bytes) -> bytes:
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1 : at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        (kind,) = struct.unpack("!H", packet[at + 1 : at + 3])
        name = ".".join(labels)
        with self._lock:
            turns = self.zone.get(name, [[]])
            found = [ip_address(each) for each in turns[0]]
            if kind == AAAA:  # asked second, so a turn ends here
                self.asked.append(name)
                if len(turns) > 1:
                    turns.pop(0)
        records = [ip.packed for ip in found if (ip.version == 4) == (kind == A)]
        answers = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(each)) + each for each in records
        )
        return (
            packet[:2] + struct.pack("!HHHHH", 0x8180, 1, len(records), 0, 0) + packet[12 : at + 5] + answers
        )

    def ask(self, host: str, port: int) -> list[Any]:
        """What getaddrinfo gives for a host: an address as it is, a name as the server answers over the wire."""
        try:
            found = [str(ip_address(host))]
        except ValueError:
            found = [each for kind in (A, AAAA) for each in self._query(host, kind)]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in found
        ]

    def _query(self, host: str, kind: int) -> list[str]:
        question = b"".join(bytes([len(part)]) + part.encode() for part in host.split(".")) + b"\0"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(5)
            head = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0)
            asking.sendto(head + question + struct.pack("!HH", kind, 1), self.socket.getsockname())
            packet = asking.recv(512)
        (count,) = struct.unpack("!H", packet[6:8])
        at, found = 12 + len(question) + 4, []
        for _ in range(count):
            (length,) = struct.unpack("!H", packet[at + 10 : at + 12])
            found.append(str(ip_address(packet[at + 12 : at + 12 + length])))
            at += 12 + length
        return found

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()


@dataclass
class Wire:
    """The Internet as the node sees it: its names, who was dialled, and where each public address really is."""

    names: NameServer
    canary: Canary
    folder: Path
    places: dict[tuple[str, int], int] = field(default_factory=dict)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    receivers: list[Receiver] = field(default_factory=list)

    def receiver(self, name: str, *, address: str = PUBLIC, certified: str = "") -> tuple[Receiver, str]:
        """A receiver of that name at a public address, with a certificate for it (or for another); and its URL."""
        receiver = Receiver(self._context(certified or name))
        self.receivers.append(receiver)
        self.places[address, receiver.port] = receiver.port
        self.names.zone.setdefault(name, [[address]])
        return receiver, f"https://{name}:{receiver.port}/hook"

    def connect(self, address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        """socket.create_connection: a public address is where a receiver is, all else leads to the canary."""
        host, port = address[:2]
        if (host, port) not in self.places:  # the real one asks the name again
            host = self.names.ask(host, port)[0][4][0]
        self.dialled.append((host, port))
        place = self.places.get((host, port), self.canary.port)
        return dial(("127.0.0.1", place), *args, **options)

    @property
    def hits(self) -> int:
        """How often something inside was dialled or reached."""
        return self.canary.hits + sum(not self._is_outside(host) for host, _ in self.dialled)

    def _is_outside(self, host: str) -> bool:
        with suppress(ValueError):
            return ip_address(host).is_global
        return False

    def _context(self, name: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        own, issuer = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)]) for words in (name, "test authority")
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGIN)
            .not_valid_after(END)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(AUTHORITY, hashes.SHA256())
        )
        file = self.folder / f"{name}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


AUTHORITY = ec.generate_private_key(ec.SECP256R1())


def authority() -> str:
    """The certificate of the authority that every receiver here is certified by."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(AUTHORITY.public_key())
        .serial_number(1)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(AUTHORITY, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        .decode()
    )


@contextmanager
def wired(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The Internet is this: names are asked of our server, whoever is dialled is noted, our authority is trusted."""
    wire = Wire(NameServer(), Canary(), folder)
    context = ssl.create_default_context(cadata=authority())
    monkeypatch.setattr(egress, "trust", lambda: context)
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *_, **__: wire.names.ask(host, port))
    monkeypatch.setattr(socket, "create_connection", wire.connect)
    try:
        yield wire
    finally:
        wire.names.close()
        wire.canary.close()
        for each in wire.receivers:
            each.close()

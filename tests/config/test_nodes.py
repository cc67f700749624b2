"""What a node is given before it starts: its port, its secrets, its environment; and the door that people knock at."""

import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from config.embedded import __main__ as commands
from config.embedded.nodes import HOST, NATIONAL, REGIONAL, Node, _reserve_port, ask_ready
from config.embedded.place import Place
from config.embedded.stack import ROOT, Stack


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGHOST", "elsewhere.example")
    return Node(REGIONAL, Stack(tmp_path / "run"))


def test_two_nodes_never_get_one_port_although_granian_would_share_it() -> None:
    first = _reserve_port(0)
    second = _reserve_port(first.getsockname()[1])
    with first, second:
        assert first.getsockname()[1] != second.getsockname()[1]


def test_the_web_server_can_listen_on_the_port_that_was_held_for_it() -> None:
    with _reserve_port(0) as held, socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as granian does
        server.bind(held.getsockname())
        server.listen()
        with socket.create_connection(held.getsockname(), timeout=5):
            assert server.accept()


def test_secrets_are_made_once_and_only_we_may_read_them(node: Node) -> None:
    environment = node.environment()
    files = [Path(environment[name]) for name in ("SECRET_KEY_FILE", "NODE_KEY_FILE")]
    secrets = [file.read_bytes() for file in files]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert isinstance(load_pem_private_key(secrets[1], None), Ed25519PrivateKey)
    node.environment()
    assert [file.read_bytes() for file in files] == secrets


def test_the_owner_connects_only_where_it_is_asked_for(node: Node) -> None:
    served, migrated = node.environment(), node.environment(as_owner=True)
    assert (served["CIN_AS_OWNER"], migrated["CIN_AS_OWNER"]) == ("0", "1")
    assert "node_app@" in served["DATABASE_URL"]
    assert "node_owner@" in migrated["DATABASE_OWNER_URL"]


def test_variables_of_libpq_do_not_lead_a_node_elsewhere(node: Node) -> None:
    assert not [name for name in node.environment() if name.startswith("PG")]


def test_two_roles_on_one_stack_share_no_secret_and_no_address(node: Node) -> None:
    mine, other = node.environment(), Node(NATIONAL, node.stack).environment()
    own = ["DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL", "NODE_URL", "CIN_MEDIA"]
    own += ["SECRET_KEY_FILE", "NODE_KEY_FILE", "NODE_ROLE", "NODE_CODE", "NODE_NAME"]
    assert not [name for name in own if mine[name] == other[name]]


def test_a_node_that_does_not_answer_is_not_ready() -> None:
    with _reserve_port(0) as held:
        assert not ask_ready(f"http://{HOST}:{held.getsockname()[1]}").ready


class Ready(BaseHTTPRequestHandler):
    """Whatever is asked is ready."""

    def do_GET(self) -> None:
        """Answer 200."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def somebody() -> Iterator[str]:
    """The address of a server that is not ours and is ready."""
    with HTTPServer((HOST, 0), Ready) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()


def test_our_own_node_is_not_asked_by_way_of_a_proxy(somebody: str) -> None:
    asks = f"from config.embedded.nodes import ask_ready; print(ask_ready({somebody!r}).ready)"
    done = subprocess.run(  # noqa: S603 - urllib reads the environment once a process
        [sys.executable, "-c", asks],
        cwd=ROOT,
        env={"http_proxy": f"http://{HOST}:9"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


def test_somebody_else_who_answers_at_our_port_is_not_taken_for_our_node(
    somebody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started = []

    class Started(Node):
        def start(self, *names: str) -> None:
            started.append(names)

        def wait(self) -> None:
            self.url = "http://ours"

    class Idle(Stack):
        def __init__(self) -> None:
            super().__init__(tmp_path / "run")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def keep(self) -> None:
            pass

    monkeypatch.setattr(commands, "Stack", Idle)
    monkeypatch.setattr(commands, "Node", Started)
    monkeypatch.setattr(commands, "prepare", lambda *_: None)
    monkeypatch.setattr(commands, "REGIONAL", replace(REGIONAL, port=int(somebody.rsplit(":", 1)[1])))
    assert commands.up([]) == 0
    assert started == [()]
    assert somebody not in capsys.readouterr().out


def test_programs_in_a_closed_folder_are_linked_to_where_the_services_may_run_them(tmp_path: Path) -> None:
    package = tmp_path / "closed" / "wheel"
    program = package / "bin" / "program"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho works\n")
    program.chmod(0o755)
    package.parent.chmod(0o700)
    home = tmp_path / "home"
    home.mkdir()
    place = Place(tmp_path, home, home, pwd.getpwuid(os.geteuid()))
    linked = place.command(program, package)
    assert linked == home / "programs" / "wheel" / "bin" / "program"
    assert linked == place.command(program, package)
    assert subprocess.check_output([linked]) == b"works\n"  # noqa: S603
    assert linked.samefile(program)


@pytest.mark.parametrize(("words", "status"), [([], 0), (["help"], 0), (["bake"], 2), (["attack"], 2)])
def test_an_unknown_command_is_answered_with_those_that_exist(words: list[str], status: int) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "config.embedded", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert "all" in done.stdout + done.stderr

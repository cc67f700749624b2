"""The processes of a node: its environment, its migrations, web workers and Celery worker, until they are ready or ended."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config.embedded.place import EmbeddedError
from config.embedded.process import Process, clean_environment, end, is_alive, spawn
from config.embedded.stack import ROOT, SECONDS_TO_STOP, Stack

HOST = "127.0.0.1"
SECONDS_TO_BE_READY = 60
TAIL = 3000  # characters of a log that an error shows


def say_nothing(_what: str, _seconds: float) -> None:
    """The progress callback of those who do not want to hear."""


def do_nothing(_node: "Node") -> None:
    """What is done while a node starts, by those who have nothing to do."""


@dataclass(frozen=True)
class NodeSpec:
    """Which node to run: its role, its code (GB/T 2260; 000000 is the national node), its name and its port.

    The port is on loopback; where it is taken a free one is used. `extra` are further variables of its environment;
    `place` names its databases where another node of its role is on the machine.
    """

    role: str
    code: str
    name: str
    port: int
    web_workers: int = 1
    job_workers: int = 3  # who calls agents and carriers, who delivers to webhooks, and the sweep
    place: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def databases(self) -> str:
        """The name of its databases: its role's, unless it has a place of its own."""
        return self.place or self.role


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
REGIONAL = NodeSpec("regional", "320000", "江苏省算力互联互通节点（演示）", 8320)
NEIGHBOUR = NodeSpec("regional", "330000", "浙江省算力互联互通节点（演示）", 8330, place="neighbour")
INDUSTRY = NodeSpec("industry", "320571", "医疗影像行业算力互联互通节点（演示）", 8357)
NATIONAL = NodeSpec("national", "000000", "国家算力互联互通节点（演示）", 8300)


class Node:
    """One node on the services of a stack."""

    def __init__(self, spec: NodeSpec, stack: Stack) -> None:
        """Name its folder; nothing starts yet."""
        self.spec = spec
        self.stack = stack
        self.folder = stack.place.run / spec.code
        recorded = self.folder / "url"
        self.url = recorded.read_text() if recorded.exists() else f"http://{HOST}:{spec.port}"
        self.processes: dict[str, Process] = {}
        self._port: socket.socket | None = None

    def environment(self, *, as_owner: bool = False) -> dict[str, str]:
        """The whole environment of the node's processes.

        `as_owner` makes the database's owner the one who connects: for migrations, and for tests, which make and
        empty databases of their own; they prove the application's grants through DATABASE_APP_URL.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        addresses = self.stack.addresses(self.spec.databases)
        return clean_environment(
            DJANGO_SETTINGS_MODULE="config.settings",
            NODE_ROLE=self.spec.role,
            NODE_CODE=self.spec.code,
            NODE_NAME=self.spec.name,
            NODE_URL=self.url,
            NODE_KEY_FILE=str(self._secret_file("node.pem", _new_node_key)),
            SECRET_KEY_FILE=str(self._secret_file("secret.key", lambda: secrets.token_urlsafe(50).encode())),
            CIN_MEDIA=str(self.folder / "media"),
            CIN_AS_OWNER="1" if as_owner else "0",
            CELERY_SKIP_CHECKS="1",  # Django's system checks: `migrate` has run them
            DATABASE_APP_URL=addresses.database,
            EMAIL_URL=f"file://{self.folder / 'mail'}",  # what the node writes to people is read there
            **(addresses.environment() | dict(self.spec.extra)),
        )

    def manage(self, *words: str, as_owner: bool = False) -> None:
        """Run a management command quietly; EmbeddedError with the end of its words when it fails."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment(as_owner=as_owner),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EmbeddedError(f"manage.py {' '.join(words)} failed. 命令失败。\n{done.stdout[-TAIL:]}")

    def migrate(self) -> None:
        """Bring the database to the code's schema, as its owner."""
        self.manage("migrate", "--verbosity", "0", as_owner=True)

    def start(self, *names: str) -> None:
        """Start the web workers (`web`) and the Celery worker with beat (`worker`); `wait` says when they are ready."""
        self._port = self._port or _reserve_port(urlsplit(self.url).port or 0)
        self.url = f"http://{HOST}:{self._port.getsockname()[1]}"
        environment = self.environment()
        python = (sys.executable, "-m")
        commands: dict[str, list[object]] = {
            "web": [
                *(
                    *python,
                    "granian",
                    "--interface",
                    "wsgi",
                    "--host",
                    HOST,
                    "--port",
                    urlsplit(self.url).port,
                ),
                *("--workers", self.spec.web_workers, "--blocking-threads", 4, "--no-ws"),
                *("--respawn-failed-workers", "--workers-kill-timeout", 5, "config.wsgi:application"),
            ],
            "worker": [
                *(
                    *python,
                    "celery",
                    "-A",
                    "config",
                    "worker",
                    "--beat",
                    "--concurrency",
                    self.spec.job_workers,
                    "--loglevel",
                    "INFO",
                ),
                *("--schedule", self.folder / "beat", "--hostname", f"{self.spec.code}@%h"),
                *("--without-mingle", "--without-gossip"),
            ],
        }
        for name in names or commands:
            process = spawn(commands[name], log=self._log(name), env=environment, cwd=ROOT)
            self.processes[name] = process
            self.stack.record(f"{self.spec.code}/{name}", process)
        (self.folder / "url").write_text(self.url)  # for later commands on the same run

    def wait(self) -> None:
        """Wait until the node says that it is ready; EmbeddedError with the end of the log when it never is."""
        deadline = time.monotonic() + SECONDS_TO_BE_READY
        while not (answer := ask_ready(self.url)).ready:
            for name, process in self.processes.items():
                if not is_alive(process):
                    raise EmbeddedError(f"{self.spec.code}/{name} ended. 进程已退出。\n{self._tail(name)}")
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.url}/readyz is not ready after {SECONDS_TO_BE_READY} s. 节点未就绪。\n"
                    f"{answer.words}\n{self._tail('web')}"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """End the node's processes and all they started; its port stays reserved, so that it can start again."""
        end(self.processes.values(), grace=SECONDS_TO_STOP)

    def release(self) -> None:
        """Give the port back."""
        if self._port:
            self._port.close()
            self._port = None

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _tail(self, name: str) -> str:
        return self._log(name).read_text(errors="replace")[-TAIL:]

    def _secret_file(self, name: str, make: Callable[[], bytes]) -> Path:
        """A file that only we may read, made once and kept for as long as the run is."""
        path = self.folder / name
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(make())
        return path


@dataclass(frozen=True)
class Readiness:
    """What a node answers to `/readyz`: whether it is ready, and its words."""

    ready: bool
    words: str


def ask_ready(url: str) -> Readiness:
    """Ask the node at `url`, by no proxy; one that does not answer is not ready."""
    try:
        with DIRECT.open(f"{url}/readyz", timeout=5) as answer:
            return Readiness(ready=True, words=answer.read().decode())
    except urllib.error.HTTPError as refusal:
        return Readiness(ready=False, words=refusal.read().decode(errors="replace"))
    except OSError as error:
        return Readiness(ready=False, words=str(error))


def prepare(nodes: Sequence[Node], stack: Stack, say: Callable[[str, float], None] = say_nothing) -> None:
    """Bring every node's database to the code's schema.

    On new services the first is migrated, unless they began with that done, and the others are made as copies of it,
    which takes a tenth of the time.
    """
    first, *others = nodes
    begin = time.monotonic()
    if not stack.migrated:
        first.migrate()
        stack.keep_mould()
    say(f"{first.spec.code} migrated", time.monotonic() - begin)
    for node in others:
        begin = time.monotonic()
        like = first.spec.databases if stack.new else None  # later the first one's holds facts of its own
        if not (stack.make_database(node.spec.databases, like=like) and like):
            node.migrate()
        say(f"{node.spec.code} migrated", time.monotonic() - begin)


@contextlib.contextmanager
def running_nodes(
    specs: Sequence[NodeSpec],
    stack: Stack,
    say: Callable[[str, float], None] = say_nothing,
    meanwhile: Callable[[Node], None] = do_nothing,
) -> Iterator[list[Node]]:
    """Migrated, started and ready nodes, in the order of `specs`; ended on the way out, however it is taken.

    The web workers load their code while the databases are made, for they ask nothing of them before they are asked;
    `meanwhile(node)` is called for all nodes at once as soon as their databases are there. Celery's workers load theirs
    last, while the first requests are answered: what they do is never waited for by one.
    `say(what, seconds)` hears of each thing done. Of services that are disposable nothing is wanted any more at the
    end, so their nodes end at once.
    """
    nodes = [Node(spec, stack) for spec in specs]
    try:
        for node in nodes:
            node.start("web")
        prepare(nodes, stack, say)
        begin = time.monotonic()
        with ThreadPoolExecutor() as all_at_once:
            list(all_at_once.map(meanwhile, nodes))
        for node in nodes:
            node.start("worker")
        for node in nodes:
            node.wait()
            say(f"{node.spec.code} ready at {node.url}", time.monotonic() - begin)
        yield nodes
    finally:
        begin = time.monotonic()
        grace = 0.0 if stack.disposable else SECONDS_TO_STOP
        end([process for node in nodes for process in node.processes.values()], grace=grace)
        for node in nodes:
            node.release()
        say("nodes stopped", time.monotonic() - begin)


def _new_node_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _reserve_port(wanted: int) -> socket.socket:
    """A socket that holds `wanted` on loopback where it is free, else a free port, for granian to listen on.

    Granian listens with SO_REUSEPORT, so two nodes started at the same moment could share a port, each answering
    every other request. The port is looked at without that option, which shows who else has it, and then held with it.
    """
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            free = probe.getsockname()[1]
            probe.close()
            return _hold_port(free)
    raise EmbeddedError(f"{HOST} has no free port. 本机没有空闲端口。")


def _hold_port(port: int) -> socket.socket:
    held = socket.socket()
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((HOST, port))
    except OSError:
        held.close()
        raise
    return held

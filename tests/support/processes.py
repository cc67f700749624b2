"""Real processes beside a test: web workers and Celery workers of the house on the very database of the test."""

import os
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from config.embedded.process import Process, clean_environment, end, is_alive, spawn
from config.embedded.stack import ROOT

SECONDS_TO_START = 30
UNTHROTTLED = "1000000/min"


def environment(**more: str) -> dict[str, str]:
    """What makes a child process a part of this node: the test's database, as the application's role."""
    url = urlsplit(os.environ["DATABASE_URL"])
    here = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
    own = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": here,
        "CIN_AS_OWNER": "0",
        "CACHE_URL": settings.CACHES["default"]["LOCATION"],
        "NODE_KEY": settings.NODE_KEY,
        "NODE_KEY_FILE": "",  # it would stand above the key of the test
        "THROTTLE_RATE": UNTHROTTLED,
        "PYTHONPATH": str(ROOT),
    }
    return clean_environment(**own | more)


@contextmanager
def web_server(
    folder: Path, *, workers: int = 1, application: str = "config.wsgi:application", **more: str
) -> Iterator[tuple[str, int]]:
    """Granian with workers of four threads; its host and port. Ended on the way out."""
    process, host, port = start_web(folder, workers=workers, application=application, **more)
    try:
        yield host, port
    finally:
        end([process], grace=5)


def start_web(
    folder: Path, *, workers: int = 1, application: str = "config.wsgi:application", **more: str
) -> tuple[Process, str, int]:
    """The same, to be ended or killed by whoever asked for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
    command: list[object] = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        port,
    ]
    command += ["--workers", workers, "--blocking-threads", 4, "--no-ws", application]
    folder.mkdir(exist_ok=True)
    log = folder / "web.log"
    process = spawn(command, log=log, env=environment(**more), cwd=ROOT)
    try:
        wait_for_web(process, f"http://{host}:{port}/healthz", log)
    except BaseException:
        end([process], grace=5)
        raise
    return process, host, port


def wait_for_web(process: Process, url: str, log: Path) -> None:
    """Wait until the server answers at all. Raises AssertionError with its last words when it does not."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own http address
            return
        assert is_alive(process), log.read_text()[-3000:]
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.05)


def celery_worker(folder: Path, *, include: str, **more: str) -> Process:
    """A Celery worker of two children without beat, which has also imported the module `include`."""
    command: list[object] = [sys.executable, "-m", "celery", "-A", "config", "worker", "-I", include]
    command += ["--concurrency", 2, "--loglevel", "WARNING", "--hostname", f"test-{os.getpid()}@%h"]
    command += ["--without-mingle", "--without-gossip"]
    return spawn(command, log=folder / "worker.log", env=environment(**more), cwd=ROOT)


def children(process: Process) -> list[int]:
    """The ids of a process's children; empty when it is gone."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
    try:
        return [int(word) for each in tasks for word in each.read_text().split()]
    except OSError:
        return []

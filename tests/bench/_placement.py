"""The peer of the measurements of claims: OpenStack Placement in an environment of its own, on a database beside ours."""

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from config.embedded.bootstrap import find_uv
from config.embedded.process import clean_environment, end, is_alive, spawn
from config.embedded.stack import RUN

PACKAGES = ("openstack-placement==16.0.0", "psycopg2-binary==2.9.13", "granian==2.8.7", "setuptools")
SECONDS_TO_START = 60
HEADERS = {
    "X-Auth-Token": "admin",
    "OpenStack-API-Version": "placement 1.36",
    "Content-Type": "application/json",
}
MOST = 2**31 - 1
LOAD = """
    INSERT INTO resource_providers (uuid, name, generation, created_at, updated_at)
    SELECT gen_random_uuid()::text, 'pool-' || n, 0, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
    FROM generate_series(1, %(count)s) AS n;
    UPDATE resource_providers SET root_provider_id = id;
    INSERT INTO inventories (resource_provider_id, resource_class_id, total, reserved, min_unit, max_unit, step_size,
                             allocation_ratio, created_at, updated_at)
    SELECT p.id, c.id, %(total)s, 0, 1, %(total)s, 1, 1.0, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
    FROM resource_providers p, resource_classes c WHERE c.name = 'VCPU';
    ANALYZE;
"""


def installed() -> Path:
    """The folder of Placement's environment, made once and kept beside the embedded services' data."""
    home = RUN / "peers" / "placement"
    if not (home / "ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        python = home / "bin" / "python"
        commands: list[list[object]] = [
            [sys.executable, "-m", "venv", home],
            [python, "-m", "pip", "install", "--quiet", *PACKAGES],
        ]
        if uv := find_uv():
            commands = [
                [uv, "venv", "--quiet", "--python", sys.executable, home],
                [uv, "pip", "install", "--quiet", "--python", python, *PACKAGES],
            ]
        for command in commands:
            subprocess.run([str(word) for word in command], check=True)  # noqa: S603 - our own words
        (home / "ready").touch()
    return home


@contextmanager
def placement(
    folder: Path, owner_url: str, *, workers: int, pools: int, total: int
) -> Iterator[tuple[int, list[str]]]:
    """Placement on the same PostgreSQL with the same number of web workers; its port and its providers' ids."""
    home, port = installed(), _free_port()
    database = "placement_" + uuid4().hex[:8]
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {database}")
        info = owner.info
        where = f"postgresql+psycopg2://{info.user}:{info.password or ''}@/{database}?host={info.host}&port={info.port}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "placement.conf").write_text(
        f"[DEFAULT]\ndefault_log_levels = placement=ERROR\n[api]\nauth_strategy = noauth2\n[placement_database]\nconnection = {where}\n"
    )
    environment = clean_environment(OS_PLACEMENT_CONFIG_DIR=str(folder))
    subprocess.run(  # noqa: S603 - our own words
        [home / "bin" / "placement-manage", "--config-file", folder / "placement.conf", "db", "sync"],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip
    command: list[object] = [
        home / "bin" / "python",
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
    ]
    command += [
        "--port",
        port,
        "--workers",
        workers,
        "--blocking-threads",
        4,
        "--no-ws",
        "placement.wsgi.api:application",
    ]
    process = spawn(command, log=folder / "placement.log", env=environment, cwd=folder)
    try:
        _wait(port, lambda: is_alive(process))
        with psycopg.connect(owner_url, dbname=database, autocommit=True) as owner:
            for statement in LOAD.split(";")[:-1]:
                owner.execute(statement, {"count": pools, "total": total} if "%(" in statement else None)
            ids = [row[0] for row in owner.execute("SELECT uuid FROM resource_providers ORDER BY id")]
        yield port, ids
        with psycopg.connect(owner_url, dbname=database) as owner:
            over = owner.execute(
                "SELECT count(*) FROM (SELECT 1 FROM allocations a JOIN inventories i USING (resource_provider_id, resource_class_id) "
                "GROUP BY i.id, i.total HAVING sum(a.used) > i.total) x"
            ).fetchone()
            assert over == (0,), "the peer oversold"
    finally:
        end([process], grace=5)
        with suppress(psycopg.Error), psycopg.connect(owner_url, autocommit=True) as owner:
            owner.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def claim(pool: str) -> tuple[str, str, bytes, dict[str, str]]:
    """A claim of one unit for a new consumer: method, path, body, headers."""
    wish: dict[str, Any] = {
        "allocations": {pool: {"resources": {"VCPU": 1}}},
        "project_id": "p", "user_id": "u", "consumer_generation": None,
    }  # fmt: skip
    return "PUT", f"/allocations/{uuid4()}", json.dumps(wish).encode(), HEADERS


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, alive: Any) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and alive():
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise AssertionError("Placement does not answer")

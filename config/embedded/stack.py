"""PostgreSQL and Redis together: started once for all who use a run, stopped when the last of them has gone, however."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from config.embedded.addresses import Addresses, addresses_of, database_name, named_by_user
from config.embedded.mould import Mould
from config.embedded.place import EmbeddedError, place_of
from config.embedded.postgresql import PostgreSQL
from config.embedded.process import Process, clean_environment, end
from config.embedded.redis import Redis
from config.embedded.state import State

ROOT = Path(__file__).resolve().parents[2]
RUN = Path(os.environ.get("CIN_RUN") or ROOT / ".run")
SECONDS_TO_STOP = 15.0


class Stack:
    """The services of one run folder.

    Whoever uses them holds a shared lock on the file `users`; who leaves last stops them. A keeper, a small
    process of its own, leaves in the place of a user that was killed. So nothing outlives its last user, unless
    `keep` said that it shall (`./dev up`), until `stop`.
    """

    def __init__(
        self,
        run: Path = RUN,
        *,
        durable: bool = True,
        disposable: bool = False,
        mould: Mould | None = None,
    ) -> None:
        """Name the run. Data that are `disposable` go with the last user; logs stay only where `keep_logs` says so.

        A new run with a `mould` begins as a copy of it.
        """
        self.place = place_of(run)
        self.named = named_by_user(os.environ)
        self.state = State(self.place.run / "services.json")
        self.postgresql = PostgreSQL(self.place, durable=durable, mould=mould)
        self.redis = Redis(self.place)
        self.disposable = disposable
        self.new = False
        self.keep_logs = False
        self._users: IO[str] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Use the services, starting them where nobody did. Raises EmbeddedError with the reason and the way out."""
        self.place.make()
        with self._alone():
            if self.disposable and not self.in_use() and not self.state.read("kept"):
                self._stop()  # what a crash of the whole machine left
                self._dispose(logs=False)
                self.place.make()
            self._users = (self.place.run / "users").open("w")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._keeper = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "config.embedded.keeper", str(self.place.run), str(os.getpid())],
                cwd=ROOT,
                env=clean_environment(),
                stdin=subprocess.PIPE,  # closes when we end, in whatever way
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                self._start()
            except BaseException:
                self.keep_logs = True
                self._leave_alone()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop using the services."""
        self.keep_logs |= kind is not None
        self.leave()

    def leave(self) -> None:
        """Give up our use; stop everything when nobody else uses it and it is not to be kept."""
        with self._alone():
            self._leave_alone()

    def keep(self) -> None:
        """Let the services run on when we leave."""
        with self._alone():
            self.state.write(kept=True)

    def stop(self) -> bool:
        """Stop everything, kept or not; whether something ran."""
        if not self.place.run.exists():
            return False
        with self._alone():
            ran = self.redis.answers() or self.postgresql.answers() or bool(self.state.processes())
            self._stop()
            return ran

    def private(self) -> list[str]:
        """The names of the commands that use services of their own beside these, as `private_stack` gives them."""
        parts = (Stack(users.parent) for users in sorted(self.place.run.glob("*/users")))
        return [part.place.run.name for part in parts if part.in_use()]

    def reset(self) -> None:
        """Stop everything and remove every trace. Raises EmbeddedError while a command still uses the services."""
        if self.place.run.exists():
            for part in sorted(self.place.run.glob("*/users")):
                Stack(part.parent).reset()
            with self._alone():
                if self.in_use():
                    raise EmbeddedError(
                        f"A command still uses {self.place.run}: end it first. 仍有命令在使用该目录：请先结束它。"
                    )
                self._stop()
        self.place.remove_outside()
        shutil.rmtree(self.place.run, ignore_errors=True)

    def record(self, name: str, process: Process) -> None:
        """Remember a process that must end with the services, under a name such as `320000/web`."""
        self.state.add_process(name, process)

    def addresses(self, role: str) -> Addresses:
        """The addresses of a node of `role` on these services."""
        return addresses_of(role, self.place.sockets, self.named)

    def make_database(self, role: str, *, like: str | None = None) -> bool:
        """Make the embedded database of `role`, where `like` is given as a copy of that role's; whether it was missing.

        Real servers have theirs made by their administrator: nothing is done for them.
        """
        if "DATABASE_URL" in self.named:
            return False
        return self.postgresql.make_database(
            database_name(role), like=database_name(like) if like else "template1"
        )

    @property
    def migrated(self) -> bool:
        """Whether the services began with the schema made."""
        return self.postgresql.migrated

    def keep_mould(self) -> None:
        """Keep the schema that has just been made on new services, and nothing else yet, for later runs."""
        if self.new:
            with self._alone():
                self.postgresql.keep_mould(lambda process: self.record("postgresql", process))

    def _start(self) -> None:
        """Start what is embedded here; under the lock."""
        if self.disposable:
            self.state.write(disposable=True)
        if "REDIS_URL" not in self.named:
            self.redis.start(lambda process: self.record("redis", process))
        if "DATABASE_URL" not in self.named:
            self.new = self.postgresql.start(lambda process: self.record("postgresql", process))
            self.make_database("regional")

    def _stop(self) -> None:
        """End the nodes' processes, then the services they speak to; under the lock."""
        processes = self.state.processes()
        services = [processes.pop(name) for name in ("redis", "postgresql") if name in processes]
        end(processes.values(), grace=SECONDS_TO_STOP)
        self.postgresql.stop(at_once=bool(self.state.read("disposable")))
        end(services, grace=SECONDS_TO_STOP)
        self.state.forget()

    def _leave_alone(self) -> None:
        """Give up our use; under the lock."""
        if self._users:
            self._users.close()
            self._users = None
        if self.place.run.exists() and not self.in_use() and not self.state.read("kept"):
            disposable = self.state.read("disposable")
            self._stop()
            if disposable:
                self._dispose(logs=not self.keep_logs)
        if self._keeper:
            self._keeper.kill()  # there is nothing left to do in our place
            self._keeper.communicate()
            self._keeper = None

    def _dispose(self, *, logs: bool) -> None:
        """Remove the data, and the logs too where `logs` says so; under the lock, whose file goes last."""
        self.place.remove_outside()
        for each in self.place.run.glob("pgdata*"):
            shutil.rmtree(each, ignore_errors=True)
        if logs:
            shutil.rmtree(self.place.run, ignore_errors=True)

    def in_use(self) -> bool:
        """Whether some command holds the services."""
        with (self.place.run / "users").open("w") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else starts or stops the services of this run meanwhile."""
        with (self.place.run / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def private_stack(purpose: str, *, durable: bool) -> Stack:
    """Services of one command alone, so that several may run at once in one clone; their data go when it ends."""
    return Stack(RUN / f"{purpose}-{os.getpid()}", durable=durable, disposable=True, mould=Mould(ROOT, RUN))

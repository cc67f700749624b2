"""Processes that run beside this one: started in a session of their own, recognised later, ended with all they started."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_children: dict[int, subprocess.Popen[bytes]] = {}  # those of this process, so that they are reaped


@dataclass(frozen=True)
class Process:
    """A process by its number and the moment it started, since numbers are used again."""

    pid: int
    started: str
    boot: str


def clean_environment(**more: str) -> dict[str, str]:
    """The environment for a child: ours without libpq's own variables, which would redirect its connections."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | more


def started_at(pid: int) -> str | None:
    """When `pid` started, as an opaque text (proc(5), field 22); None when it is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        fields = _ask_ps(pid)
    return None if not fields or fields[0][0] in "ZX" else fields[19]


def _ask_ps(pid: int) -> list[str]:
    """The same fields where there is no /proc: state first, start time at index 19."""
    if Path("/proc/self/stat").exists():
        return []
    answer = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return [answer[0], *[""] * 18, answer[1].strip()] if len(answer) == 2 else []  # noqa: PLR2004


def this_boot() -> str:
    """What tells this boot of the machine from the last one; empty where the system does not say."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def spawn(
    command: Sequence[object],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    account: pwd.struct_passwd | None = None,
) -> Process:
    """Start `command` in a new session, as `account` where one is given, its words appended to `log`."""
    with log.open("ab") as words:
        child = subprocess.Popen(  # noqa: S603 - only commands written in this package
            [str(word) for word in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
    _children[child.pid] = child
    return Process(child.pid, started_at(child.pid) or "", this_boot())


def is_alive(process: Process) -> bool:
    """Whether this very process still runs."""
    if process.pid in _children:
        _children[process.pid].poll()
    return process.boot == this_boot() and started_at(process.pid) == process.started


def end(processes: Iterable[Process], *, grace: float) -> None:
    """Ask each process to stop, wait up to `grace` seconds for all of them, then kill what is left of their groups."""
    mine = [
        each
        for each in processes
        if each.boot == this_boot() and started_at(each.pid) in (each.started, None)
    ]
    for each in mine:
        if is_alive(each):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGTERM)  # the leader only: it knows how to end its own workers
    deadline = time.monotonic() + grace
    while any(map(is_alive, mine)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for each in mine:
        if is_alive(each):
            os.kill(each.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(each.pid, signal.SIGKILL)
        if child := _children.pop(each.pid, None):
            child.wait()


def follow(
    command: Sequence[object],
    *,
    env: Mapping[str, str],
    cwd: Path,
    record: Callable[[Process], None] = lambda _: None,
) -> int:
    """Run `command` in the foreground on our own terminal; its exit status as a shell counts it (128 + signal)."""
    with subprocess.Popen([str(word) for word in command], env=dict(env), cwd=cwd) as child:  # noqa: S603
        record(Process(child.pid, started_at(child.pid) or "", this_boot()))
        while True:
            try:
                status = child.wait()
            except KeyboardInterrupt:
                continue  # the terminal told the child too: it says when it has ended
            except BaseException:
                child.terminate()
                raise
            return status if status >= 0 else 128 - status


@contextlib.contextmanager
def unwinding_on_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit while inside, so that `with` blocks stop what they started."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Where a run keeps its files, and the account that PostgreSQL and Redis run as."""

import contextlib
import hashlib
import os
import pwd
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# A socket's path may have 104 bytes on macOS and 108 on Linux (unix(7)); PostgreSQL appends a name of 17.
LONGEST_SOCKET_FOLDER = 80
OUTSIDE = Path("/var/tmp")  # noqa: S108 - survives a reboot; the folder made there is private and its owner is checked


class EmbeddedError(RuntimeError):
    """An embedded service or a node cannot be started, stopped or found; the text says why and the way out."""


def unprivileged_account() -> pwd.struct_passwd | None:
    """The account that services run as when we are root, because PostgreSQL refuses root; else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root and there is no account postgres or nobody: make one, or run as a user. "
        "PostgreSQL 不能以 root 运行，且没有 postgres 或 nobody 账户：请新建其一，或以普通用户运行。"
    )


@dataclass(frozen=True)
class Place:
    """The folders of one run: `run` for people, `home` for the services' data, `sockets` for their sockets."""

    run: Path
    home: Path
    sockets: Path
    account: pwd.struct_passwd | None

    def make(self) -> None:
        """Make the folders, private to us or to the services' account; refuse one that is somebody else's."""
        self.run.mkdir(parents=True, exist_ok=True)
        for folder in sorted({self.home, self.sockets} - {self.run}):
            self._make_private(folder)

    def remove_outside(self) -> None:
        """Remove what stands outside `run`."""
        for folder in {self.home, self.sockets} - {self.run}:
            if folder.parent == OUTSIDE:
                shutil.rmtree(folder, ignore_errors=True)

    def _make_private(self, folder: Path) -> None:
        owners = {os.geteuid(), self.account.pw_uid if self.account else os.geteuid()}
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        if folder.is_symlink() or not folder.is_dir() or folder.lstat().st_uid not in owners:
            raise EmbeddedError(
                f"{folder} belongs to somebody else: remove it or set CIN_RUN. 该目录属于他人：请删除，或设置 CIN_RUN。"
            )
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        folder.chmod(0o700)

    def command(self, executable: Path, package: Path | None, companions: Sequence[Path] = ()) -> Path:
        """A path by which the services' account can run `executable`.

        The environment may lie in a folder closed to others, as root's home is. Then `package`, the folder of the
        wheel that holds the executable, and `companions`, its libraries, are linked into `home` (copied where it
        is another file system), side by side as they were, for they find each other by relative paths.
        """
        if self.account is None or package is None or _open_to_all(executable):
            return executable
        programs = self.home / "programs"
        for folder in (package, *companions):
            target = programs / folder.name
            if not target.exists():
                unfinished = target.with_name(f"{target.name}.unfinished")
                shutil.rmtree(unfinished, ignore_errors=True)
                shutil.copytree(
                    folder,
                    unfinished,
                    symlinks=True,
                    ignore=shutil.ignore_patterns("include", "__pycache__"),
                    copy_function=_link_or_copy,
                )
                unfinished.rename(target)
        programs.chmod(0o755)
        return programs / package.name / executable.relative_to(package)


def place_of(run: Path) -> Place:
    """The place of the run whose folder is `run`.

    For a user everything lies in `run`, but the sockets of a long path. For root all of it lies in one folder
    outside, since the services' account may not be able to enter the parents of `run`.
    """
    run = run.absolute()
    account = unprivileged_account()
    tag = hashlib.sha256(f"{run}:{os.geteuid()}".encode()).hexdigest()[:12]
    outside = OUTSIDE / f"cin-{tag}"
    if account:
        return Place(run, outside, outside, account)
    inside = run / "sockets"
    return Place(run, run, inside if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER else outside, None)


def _open_to_all(path: Path) -> bool:
    """Whether any account may read `path` and pass every folder above it."""
    return bool(path.stat().st_mode & 0o004) and all(above.stat().st_mode & 0o001 for above in path.parents)


def _link_or_copy(source: str, target: str) -> None:
    """A second name for a file that others may read; a copy that they may, where that cannot be."""
    if Path(source).stat().st_mode & 0o004:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
    Path(target).chmod(Path(source).stat().st_mode | 0o055 if os.access(source, os.X_OK) else 0o644)

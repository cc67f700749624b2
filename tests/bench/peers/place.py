"""The peers' own environment, made once under the folder of embedded services, and programs that run in it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from config.embedded.bootstrap import find_uv, run
from config.embedded.place import EmbeddedError
from config.embedded.stack import ROOT, RUN

WANTED = Path(__file__).with_name("requirements.txt")
PLACE = RUN / "peers"
PYTHON = PLACE / "bin" / "python"
INSTALLED = PLACE / "requirements.txt"


def install_peers() -> Path:
    """Install the peers where they are not as wanted; the Python that has them. Raises EmbeddedError where it fails."""
    if not INSTALLED.exists() or INSTALLED.read_bytes() != WANTED.read_bytes():
        print("Installing the peers, once …", file=sys.stderr)  # noqa: T201 - a command line
        RUN.mkdir(exist_ok=True)
        uv = find_uv()
        if not (uv and _with_uv(uv)) and not _with_pip():
            raise EmbeddedError(
                "The peers cannot be installed: see above, and leave out what needs them with --only. "
                "无法安装对照软件，原因见上；可用 --only 只运行其余部分。"
            )
        shutil.copyfile(WANTED, INSTALLED)
    return PYTHON


def _with_uv(uv: str) -> bool:
    made = run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, PLACE)
    return made and run(
        uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON, "-r", WANTED
    )


def _with_pip() -> bool:
    made = run(sys.executable, "-m", "venv", "--clear", PLACE)
    return made and run(PYTHON, "-m", "pip", "install", "--quiet", "-r", WANTED)


class Peer:
    """One peer in a process of its own: it reads what it is asked, a JSON line each, and answers with seconds and answer.

    A context: the process ends with it.
    """

    def __init__(self, script: str, *words: object) -> None:
        """Start `script` of this package with `words`."""
        path = Path(__file__).with_name("scripts") / script
        command: Sequence[str] = [str(install_peers()), str(path), *map(str, words)]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def __enter__(self) -> Self:
        """Wait until it has read its rows."""
        self.read()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def ask(self, question: Any) -> tuple[float, Any]:
        """One question; the seconds that the peer itself measured, and its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self.read()

    def read(self) -> tuple[float, Any]:
        """The next line of the peer. Raises EmbeddedError where it has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EmbeddedError(f"A peer ended: {self._process.args!r}. 对照程序已退出。")
        seconds, answer = json.loads(line)
        return float(seconds), answer

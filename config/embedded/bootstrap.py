"""Make `.venv` from the hashed lock with nothing but the standard library, before anything else can be imported."""

import fcntl
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "requirements.lock"
UV = "uv==0.13.8"
# uv brings certificates of its own; where the machine has some, a company's proxy stands only among those.
ENVIRONMENT = {**({"UV_SYSTEM_CERTS": "1"} if ssl.get_default_verify_paths().cafile else {}), **os.environ}


def run(*command: object, quiet: bool = False) -> bool:
    """Run `command` in the project's folder; whether it succeeded. `quiet` hides the words of an expected refusal."""
    stderr = subprocess.DEVNULL if quiet else None
    try:
        done = subprocess.run(  # noqa: S603 - the commands are written below
            [str(word) for word in command],
            cwd=ROOT,
            env=ENVIRONMENT,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            stderr=stderr,
        )
    except FileNotFoundError:
        return False
    return done.returncode == 0


def find_uv() -> str | None:
    """The path of uv: the machine's own, or a pinned one put into `.tools`; None where neither can be had."""
    if on_path := shutil.which("uv"):
        return on_path
    own = TOOLS / "bin" / "uv"
    # `--target` is exempt from PEP 668, so this works with the Python of a distribution and as any user.
    if own.exists() or run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"),
        *("--target", TOOLS, UV),
        quiet=True,
    ):
        return str(own)
    return None


def install_with_uv(uv: str) -> bool:
    """Make the environment hold exactly the locked packages, compiled: a process then starts in half the time.

    Whether it succeeded.
    """
    made = PYTHON.exists() or run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV)
    return made and run(
        uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode", "--python", PYTHON, LOCK
    )


def install_with_pip() -> bool:
    """The same without uv, and with what only pip's configuration knows, such as a mirror; whether it succeeded."""
    install = ("install", "--quiet", "--no-input", "--require-hashes", "-r", LOCK)
    if run(sys.executable, "-m", "venv", "--clear", VENV, quiet=True):
        return run(PYTHON, "-m", "pip", "--disable-pip-version-check", *install)
    # Debian's Python comes without ensurepip: an empty environment, filled by the system's pip.
    made = run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    return made and run(
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", PYTHON, *install
    )


def main() -> int:
    """Install where the installed lock differs from the project's; the exit status."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once in one clone install once
        if STAMP.exists() and STAMP.read_bytes() == LOCK.read_bytes():
            return 0
        print("Installing the locked packages into .venv … 正在安装锁定的依赖", file=sys.stderr)
        uv = find_uv()
        if not ((uv and install_with_uv(uv)) or install_with_pip()):
            print(
                "The installation failed; the reason stands above. Behind a slow link set UV_DEFAULT_INDEX or "
                "PIP_INDEX_URL to your mirror; without pip install python3-pip or uv.\n"
                "安装失败，原因见上。网络较慢时请将 UV_DEFAULT_INDEX 或 PIP_INDEX_URL 设为镜像；没有 pip 时请安装 python3-pip 或 uv。",
                file=sys.stderr,
            )
            return 1
        shutil.copyfile(LOCK, STAMP)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Waits for a user of the services to end, then leaves in its place: `python -m config.embedded.keeper RUN PID`."""

import sys
import time
from pathlib import Path

from config.embedded.process import started_at
from config.embedded.stack import Stack


def main(run: Path, user: int) -> None:
    """Wait until process `user` is gone, which a kill -9 cannot prevent us from learning; then do what it would."""
    sys.stdin.buffer.read()  # ends when the user's side of the pipe closes
    while started_at(user):  # its lock may be let go a moment later
        time.sleep(0.01)
    if run.exists():
        stack = Stack(run)
        stack.keep_logs = True
        stack.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

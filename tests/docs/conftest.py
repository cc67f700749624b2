"""What documents are tried in: a newcomer's folder beside a running demo."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.credentials import credentials_file
from tests.scheduling.live import open_whole_market
from tests.support.cast import World
from tests.support.keys import new_node_key

ACTORS = {"imaging": "ben", "compute-jia": "ada", "compute-yi": "cleo", "line-jia": "lin", "line-yi": "lou"}


@pytest.fixture
def newcomer(tmp_path: Path, world: World, live_server: Any, settings: Any) -> Iterator[Path]:
    """The newcomer's folder: where the demo runs, it has left the addresses and keys of its actors."""
    settings.NODE_KEY = new_node_key()
    open_whole_market(world)
    keys = {name: getattr(world, person).key for name, person in ACTORS.items()}
    run = tmp_path / ".run" / "demo-1"
    run.mkdir(parents=True)
    with credentials_file(run, {"node": live_server.url, **keys}):
        yield tmp_path

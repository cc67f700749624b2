"""What documents are tried in: a newcomer's folder beside a running demo."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection

from demo.credentials import credentials_file
from identifiers.domain.lifecycle import IdentifierState
from identifiers.models import Identifier
from identifiers.services.identifiers import accept_filing
from kernel.tasks import sweep
from kernel.tenancy import as_node
from scheduling.services import dispatches
from scheduling.services.supply import keep_up
from security.services.audit import append_checkpoint
from tests.docs.test_readme import ROOT
from tests.scheduling.live import open_whole_market
from tests.support.calls import call_next
from tests.support.cast import World
from tests.support.keys import new_node_key

ACTORS = {
    "imaging": "ben",
    "compute-jia": "ada",
    "compute-yi": "cleo",
    "line-jia": "lin",
    "line-yi": "lou",
    "operator-system": "otto",
    "operator-security": "olga",
    "regulator-one": "rhea",
    "regulator-two": "ron",
}


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


@pytest.fixture
def at_work(newcomer: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Path]:
    """The newcomer's folder beside a node that does what is due, as a demo's does; agents take every order, the nation files every code."""
    settings.DAY_SECONDS = 6  # an hour is over before the next request, and three days are not
    (newcomer / "demo").symlink_to(ROOT / "demo")
    monkeypatch.setattr(dispatches, "_call", lambda _: "")
    over = Event()

    def work() -> None:
        with as_node("as the sweep of a node does"):
            while not over.wait(0.05):
                sweep()
                while call_next():
                    pass
                keep_up()
                append_checkpoint()
                for code in Identifier.objects.filter(state=IdentifierState.FILING).values_list(
                    "code", flat=True
                ):
                    accept_filing(code=code or "", receipt=f"N-{code}")
        connection.close()

    worker = Thread(target=work)
    worker.start()
    try:
        yield newcomer
    finally:
        over.set()
        worker.join()

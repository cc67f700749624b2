"""The full house, built once a worker for all questions about who sees what; every test gives back what it changed."""

import logging
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from kernel.logs import JsonFormatter
from participants.models import Mail
from tests.isolation.owners import Ledger
from tests.isolation.traces import left_behind
from tests.isolation.world import furnish, unnoted
from tests.nodes.far import FarNode, new_pem
from tests.support.caller import Caller
from tests.support.cast import CAST, World

HERE = Path(__file__).parent
NO_RIGHT = "kernel.read_root"  # what everybody may do anyhow


class Heard(logging.Handler):
    """Keeps every line as it would be written, from before the house is built."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; the database's own echo of statements is no log of the node's."""
        if not record.name.startswith(("django.db", "faker", "factory")):
            self.lines.append(self.format(record))


@dataclass
class House:
    """The world with everything in it, the peer node, and what was asked of it: each question once."""

    world: World
    peer: FarNode
    heard: Heard
    told: dict[tuple[str, ...], Any] = field(default_factory=dict)
    unscoped: dict[str, Caller] = field(default_factory=dict)  # a colleague of each, whose key may do nothing
    ledger: Ledger = field(default_factory=Ledger)
    letters: list[Mail] = field(
        default_factory=list
    )  # every mail as it was written, whatever became of its row
    kept: list[Any] = field(default_factory=list)  # what a commit would call: files live as long as this does
    _marked: tuple[tuple[str | None, ...] | None, str] = (None, "")

    def mark(self) -> str:
        """The savepoint to which an asker's acts are taken back; made once in each transaction of a test's."""
        depth = tuple(connection.savepoint_ids)
        if depth != self._marked[0]:
            self._marked = (depth, transaction.savepoint())
        connection._told = None  # type: ignore[attr-defined] # noqa: SLF001 - each asks as after a rollback
        return self._marked[1]

    def take_back(self, mark: str) -> None:
        """Undo what was done since."""
        transaction.savepoint_rollback(mark)
        connection.run_on_commit = list(self.kept)


class Keeper:
    """The house of this worker: built when it is first asked for, pulled down when the tests leave this folder."""

    def __init__(self) -> None:
        """Start with no house."""
        self.house: House | None = None
        self._open = ExitStack()

    def furnished(self, blocker: DjangoDbBlocker) -> House:
        """The house, in a transaction that is never committed; each test's own is a savepoint in it."""
        if self.house is None:
            with ExitStack() as building:  # what fails halfway is given back
                building.enter_context(blocker.unblock())
                building.enter_context(as_jiangsu())
                building.enter_context(transaction.atomic())
                building.callback(transaction.set_rollback, True)  # noqa: FBT003 - Django's own
                heard = building.enter_context(listening())
                letters = building.enter_context(postbox())
                world = World()
                peer = furnish(world)
                colleagues = {name: getattr(world, name).with_scopes(NO_RIGHT) for name in CAST}
                unnoted()
                connection.check_constraints()  # here, or each test's end would check all of the house again
                self.house = House(
                    world,
                    peer,
                    heard,
                    unscoped=colleagues,
                    letters=letters,
                    kept=list(transaction.get_connection().run_on_commit),
                )
                self._open = building.pop_all()
        return self.house

    def pull_down(self) -> None:
        """Give everything back; nothing of all that was asked has left a private word behind."""
        house, self.house = self.house, None
        left = left_behind(house.heard.lines, house.letters) if house else []
        self._open.close()
        assert left == []


KEEPER = Keeper()


def as_jiangsu() -> override_settings:
    """The node of one province; what was heard stays fresh for as long as the house stands, also on a slow machine."""
    return override_settings(
        NODE_ROLE="regional",
        NODE_CODE="320000",
        NODE_URL="http://node.example",
        NODE_KEY=new_pem(),
        HEARTBEAT_SECONDS=86400,
    )


@contextmanager
def listening() -> Iterator[Heard]:
    """Every log line of the node's."""
    heard, root = Heard(), logging.getLogger()
    before = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(heard)
        root.setLevel(before)


@contextmanager
def postbox() -> Iterator[list[Mail]]:
    """Every mail that is written: what an asker caused is taken back with its row, and the row is emptied once it has left."""
    letters: list[Mail] = []

    def keep(instance: Mail, **_: Any) -> None:
        letters.append(copy(instance))

    post_save.connect(keep, sender=Mail)
    try:
        yield letters
    finally:
        post_save.disconnect(keep, sender=Mail)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First comes what furnishes the house on trial: the worker that does so need not furnish it again."""
    here = [place for place, each in enumerate(items) if HERE in each.path.parents]
    trial_first = sorted(
        (items[place] for place in here), key=lambda each: each.path.name != "test_bodies.py"
    )
    for place, each in zip(here, trial_first, strict=True):
        items[place] = each


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
    """No open transaction outlives the folder."""
    try:
        return (yield)
    finally:
        if nextitem is None or HERE not in nextitem.path.parents:
            KEEPER.pull_down()


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> House:
    """The house of this worker."""
    return KEEPER.furnished(django_db_blocker)


@pytest.fixture(scope="module")
def ledger(house: House) -> Ledger:
    """Whose every row is."""
    return house.ledger

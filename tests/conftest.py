"""What every test may ask for: the world with its cast, in a database that it meets as the application does."""

import os
import re
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from django.db.backends.signals import connection_created
from django.test import TransactionTestCase
from hypothesis import settings as settings_of_examples
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from config.embedded.addresses import shifted
from kernel.api.throttles import ActorThrottle
from kernel.shelves import forget_all
from kernel.tenancy import as_node
from tests.support.cast import World
from tests.support.emptying import empty
from tests.support.processes import UNTHROTTLED
from tests.support.stage import STAGE, scene_of
from tests.support.wire import Wire, wired

# What says nothing else of itself is tried with so many examples; at night, `--hypothesis-profile night`, with more.
settings_of_examples.register_profile("change", max_examples=50, deadline=None)  # a busy machine is no fault
settings_of_examples.register_profile("night", max_examples=1000, deadline=None)
settings_of_examples.load_profile("change")

CACHES_APART = 4  # workers; each is four databases of Redis further on, as two nodes of a test take four


def pytest_configure() -> None:
    """Give each of up to four workers a cache of its own: one counts no calls, and clears no counts, of another's."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    cache = settings.CACHES["default"]
    cache["LOCATION"] = shifted(cache["LOCATION"], 2 * (int(worker) % CACHES_APART))
    settings.WHITENOISE_AUTOREFRESH = True  # or each client would read all static files ahead
    # A test's servers have this rate too, and count the same addresses in the same cache.
    ActorThrottle.THROTTLE_RATES = {"actor": UNTHROTTLED}
    PBKDF2PasswordHasher.iterations = 1  # a password of a test guards nothing


class TogetherScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist says nothing of its types
    """Gives one worker what shares a world: a file, all files of a scene, the folder whose tests share one house."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "house" if "/isolation/" in file else _scene_or_file(file)


@cache
def _scene_or_file(file: str) -> str:
    """The name of the scene that the file says its tests begin with, else the file: a scene is set once, not once a file."""
    scene = re.search(r"^SCENE = (\w+)$", Path(file).read_text("utf-8"), re.MULTILINE)
    return scene[1] if scene else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> TogetherScheduling:
    """Deal the tests out in their order, so that a worker does not leave a folder before it is done with it."""
    config.option.loadscopereorder = False
    return TogetherScheduling(config, log)


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """What a process keeps of one test's facts is no answer to another."""
    yield
    forget_all()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Make the database as its owner, then act with the application's rights only, as a node does."""

    def act_as_application(connection: Any, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE node_app")

    connection_created.connect(act_as_application)
    connections.close_all()
    with (
        patch.object(TransactionTestCase, "_fixture_teardown", empty),
        as_node("what a test does itself, it does as the node does"),
    ):
        yield
    connection_created.disconnect(act_as_application)
    connections.close_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, Any, Any]:
    """No scene stays for a test that asks for another, or for none."""
    try:
        return (yield)
    finally:
        STAGE.strike_for(nextitem)


@pytest.fixture(scope="class", autouse=True)
def scene(request: pytest.FixtureRequest) -> None:
    """The scene of the test's module, set before the test's own transaction begins.

    For a function that stands in no class, pytest makes a fixture of this scope once a test and before those of the
    function's own scope.
    """
    if found := scene_of(request.node):
        request.getfixturevalue("django_db_setup")
        STAGE.set(found, request.getfixturevalue("django_db_blocker"))


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The lazy world; a test that speaks of its people also asks for the database. A module's `SCENE` was played in it."""
    if scene_of(request.node):
        return STAGE.world()
    world = World()
    if played := getattr(request.module, "SCENE", None):
        played(world)
    return world


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A small Internet, for whatever calls an address that somebody named."""
    with wired(tmp_path, monkeypatch) as internet:
        yield internet

"""Scenes: what all tests of a module begin with, built once a worker; every test gives back what it changed of it."""

from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy

import pytest
from django.db import connection, transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.support.caller import node
from tests.support.cast import World
from tests.support.keys import new_node_key

Scene = Callable[[World], object]


def scene_of(item: pytest.Item) -> Scene | None:
    """What the module of the test names `SCENE`; none for a test that commits, for it sees only what was committed."""
    mark = item.get_closest_marker("django_db")
    if not mark or mark.kwargs.get("transaction"):
        return None
    scene: Scene | None = getattr(getattr(item, "module", None), "SCENE", None)
    return scene


class Stage:
    """The scene of this worker: set when a test first asks for it, struck when the next test asks for another."""

    def __init__(self) -> None:
        """Start empty."""
        self._scene: Scene | None = None
        self._world = World()
        self._open = ExitStack()

    def set(self, scene: Scene, blocker: DjangoDbBlocker) -> None:
        """Play the scene in a transaction that is never committed; each test's own is a savepoint in it."""
        if scene is self._scene:
            return
        self.strike()
        with ExitStack() as building:  # what fails halfway is given back
            building.enter_context(blocker.unblock())
            building.enter_context(override_settings(NODE_KEY=new_node_key()))
            building.enter_context(transaction.atomic())
            building.callback(transaction.set_rollback, True)  # noqa: FBT003 - Django's own
            world = World()
            scene(world)
            connection.check_constraints()  # here, or each test's end would check all of the scene again
            self._scene, self._world, self._open = scene, world, building.pop_all()

    def world(self) -> World:
        """The people of the scene as they were when it was set, for one test to change."""
        return deepcopy(self._world, {id(node()): node()})

    def strike_for(self, item: pytest.Item | None) -> None:
        """Give everything back before a test that asks for the database as it is without this scene."""
        if item is None or (_asks(item) and scene_of(item) is not self._scene):
            self.strike()

    def strike(self) -> None:
        """Give everything back."""
        self._scene = None
        self._open.close()


def _asks(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    return bool(item.get_closest_marker("django_db")) or not {
        "db",
        "transactional_db",
        "django_db_setup",
    }.isdisjoint(names)


STAGE = Stage()

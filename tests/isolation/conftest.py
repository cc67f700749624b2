"""The full house, built once a module for all questions about who sees what; every test gives back what it changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.isolation.owners import Ledger
from tests.isolation.world import furnish, unnoted
from tests.nodes.far import FarNode, new_pem
from tests.support.caller import Caller
from tests.support.cast import CAST, World

NO_RIGHT = "kernel.read_root"  # what everybody may do anyhow


@dataclass
class House:
    """The world with everything in it, the peer node, and what was read of it (operation and asker → answers)."""

    world: World
    peer: FarNode
    read: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    unscoped: dict[str, Caller] = field(default_factory=dict)  # a colleague of each, whose key may do nothing


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """The house in a transaction that is never committed; each test's own is a savepoint in it."""
    as_jiangsu = override_settings(
        NODE_ROLE="regional", NODE_CODE="320000", NODE_URL="http://node.example", NODE_KEY=new_pem()
    )
    with django_db_blocker.unblock(), as_jiangsu, transaction.atomic():
        world = World()
        peer = furnish(world)
        house = House(
            world, peer, unscoped={name: getattr(world, name).with_scopes(NO_RIGHT) for name in CAST}
        )
        unnoted()
        yield house
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def ledger(house: House) -> Ledger:
    """Whose every row is."""
    return Ledger()

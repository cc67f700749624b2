"""Our node in either role, with a key; and the other one."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.nodes.far import FarNode, FarUpstream, new_pem
from tests.support.cast import World


@pytest.fixture
def national(settings: Settings, db: None) -> None:
    """Our node is the national one."""
    settings.NODE_ROLE, settings.NODE_CODE, settings.NODE_NAME = "national", "000000", "国家节点"
    settings.NODE_URL, settings.NODE_KEY = "http://node.example", new_pem()


@pytest.fixture
def jiangsu(world: World, national: None) -> FarNode:
    """A region that is attached to us."""
    far = FarNode("320000")
    asked = world.otto.post("/api/v1/node-invitations", {"code": far.code, "role": far.role})
    assert far.ask_to_attach(asked.json()["token"]).status_code == 201
    return far


@pytest.fixture
def regional(settings: Settings, db: None) -> None:
    """Our node is Jiangsu's."""
    settings.NODE_ROLE, settings.NODE_CODE = "regional", "320000"
    settings.NODE_URL, settings.NODE_KEY = "http://node.example", new_pem()


@pytest.fixture
def nation(regional: None) -> Iterator[FarUpstream]:
    """The national node, far and not yet attached to."""
    far = FarUpstream()
    yield far
    far.close()


@pytest.fixture
def attached(world: World, nation: FarUpstream) -> FarUpstream:
    """The national node, our upstream."""
    answer = world.otto.post("/api/v1/upstreams", {"url": nation.url, "token": nation.token})
    assert answer.status_code == 201, answer.content
    return nation

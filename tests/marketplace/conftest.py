"""What every test of the market may ask for: a node with a key of its own, and a carrier with an interface of its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.keys import new_node_key
from tests.support.mock_carrier import MockCarrier, mock_carrier


@pytest.fixture(autouse=True)
def _node_key(settings: Any) -> None:
    """The node signs with a fresh key."""
    settings.NODE_KEY = new_node_key()


@pytest.fixture
def carrier(settings: Any) -> Iterator[MockCarrier]:
    """A mock carrier that listens."""
    settings.ALLOW_PRIVATE_CALLBACKS = True
    with mock_carrier() as listening:
        yield listening

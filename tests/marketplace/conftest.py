"""What every test of the market may ask for: a node with a key of its own."""

from typing import Any

import pytest

from tests.support.keys import new_node_key


@pytest.fixture(autouse=True)
def _node_key(settings: Any) -> None:
    """The node signs with a fresh key."""
    settings.NODE_KEY = new_node_key()

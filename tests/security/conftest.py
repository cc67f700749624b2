"""What every test of security may ask for: a node with a key of its own, and the public half to verify with."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from nodes.services.signing import own_keys
from tests.support.keys import new_node_key


@pytest.fixture(autouse=True)
def node_public_key(settings: Any) -> Ed25519PublicKey:
    """The node signs with a fresh key."""
    settings.NODE_KEY = new_node_key()
    return Ed25519PublicKey.from_public_bytes(own_keys(settings.NODE_KEY)[0].public_key)

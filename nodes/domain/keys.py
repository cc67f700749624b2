"""How a node tells its peers its next key: a message under the old key that carries proof of having the new one."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kernel.crypto.suite import Suite, suite_of_key

STREAM = "keys"
AGGREGATE = "node-key"
SCHEMA = "cin-key/1"
SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)  # a first key has signed whatever there is
PROOF_CONTEXT = b"cin-next-key-v1\x00"


@dataclass(frozen=True, slots=True)
class NextKey:
    """The key that follows: whose, in which suite, the how-manieth."""

    node: str
    version: int
    suite: Suite
    public_key: bytes

    @property
    def key_id(self) -> str:
        """Its thumbprint."""
        return self.suite.key_id(self.public_key)

    def _claim(self) -> dict[str, Any]:
        key = self.suite.jwk(self.public_key)
        return {"schema": SCHEMA, "node": self.node, "version": self.version, "key": key}

    def encode(self, private_key: bytes) -> bytes:
        """The message's bytes; `private_key` is the new one and proves that we have it."""
        proof = self.suite.sign(private_key, PROOF_CONTEXT + _canonical(self._claim()))
        return _canonical(self._claim() | {"proof": base64.b64encode(proof).decode()})

    def is_proved_by(self, proof: bytes) -> bool:
        """Whether the proof is a signature by the new key over this claim."""
        return self.suite.verify(self.public_key, proof, PROOF_CONTEXT + _canonical(self._claim()))


def read_next_key(body: bytes) -> NextKey | None:
    """The key that these bytes announce with a good proof; None where they do not."""
    try:
        document = json.loads(body)
        suite, public_key = suite_of_key(document["key"])
        found = NextKey(document["node"], document["version"], suite, public_key)
        proof = base64.b64decode(document["proof"], validate=True)
        typed = type(found.version) is int and found.version > 1 and document["schema"] == SCHEMA
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return found if typed and found.is_proved_by(proof) else None


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

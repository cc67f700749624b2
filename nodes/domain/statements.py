"""Exact bytes with a signature beside them: verified offline, without the request that carried them."""

import base64
import json
from dataclasses import dataclass

from kernel.crypto.suite import Suite


@dataclass(frozen=True, slots=True)
class Statement:
    """`payload` as it was signed, the signer's key by thumbprint, the RFC 9421 name of the algorithm, raw signature."""

    payload: bytes
    key_id: str
    algorithm: str
    signature: bytes


def sign_statement(payload: bytes, *, context: bytes, suite: Suite, private_key: bytes) -> Statement:
    """The payload signed for one purpose; `context` keeps the signature from ever standing for another."""
    return Statement(
        payload=payload,
        key_id=suite.key_id(suite.public_key(private_key)),
        algorithm=suite.signature_algorithm,
        signature=suite.sign(private_key, context + payload),
    )


def is_signed_by(statement: Statement, *, context: bytes, suite: Suite, public_key: bytes) -> bool:
    """Whether the statement names this key and algorithm, and the signature is that key's for this purpose."""
    named = statement.algorithm == suite.signature_algorithm and statement.key_id == suite.key_id(public_key)
    return named and suite.verify(public_key, statement.signature, context + statement.payload)


def to_wire(statement: Statement) -> dict[str, str]:
    """The statement as JSON: `payload` and `signature` in base64, `keyid`, `alg`."""
    return {
        "payload": base64.b64encode(statement.payload).decode(),
        "keyid": statement.key_id,
        "alg": statement.algorithm,
        "signature": base64.b64encode(statement.signature).decode(),
    }


def from_wire(body: bytes) -> Statement | None:
    """The statement that an answer's body carries; None where it carries none."""
    try:
        document = json.loads(body)
        return Statement(
            payload=base64.b64decode(document["payload"], validate=True),
            key_id=str(document["keyid"]),
            algorithm=str(document["alg"]),
            signature=base64.b64decode(document["signature"], validate=True),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None

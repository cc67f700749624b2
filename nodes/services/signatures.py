"""The node's word on a text: digest and signature with the node's key."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kernel.crypto.digests import content_digest, matches
from kernel.crypto.suite import SUITES, Suite, suite_of_key
from nodes.selectors.keys import announced_keys
from nodes.services.signing import BYTES_CONTEXT, current_key, held_keys, main_suite, sign_bytes


def sign_text(text: str) -> tuple[str, str, str]:
    """Content-Digest, base64 signature and key id over the text's UTF-8 bytes.

    What is signed is `cin-bytes-v1`, a zero byte and the bytes, so that it never stands for a request.
    """
    data = text.encode()
    key_id, signature = sign_bytes(data)
    return (
        content_digest(main_suite().digest_algorithm, data),
        base64.b64encode(signature).decode(),
        key_id,
    )


def is_ours(text: str, *, digest: str, signature: str) -> bool:
    """Whether digest and signature are this node's over exactly this text, by a key that it has or had."""
    data, raw = text.encode(), base64.b64decode(signature)
    signed = any(suite.verify(public, raw, BYTES_CONTEXT + data) for suite, public in _public_keys())
    return signed and matches(digest, data)


def signer_of(text: str, *, digest: str, signature: str, keys: Iterable[Mapping[str, object]]) -> str | None:
    """The id of the one of these public keys (JWK) that signed exactly this text; None where none did. Asks no database.

    Raises ValueError for what is no key, digest or base64.
    """
    data, raw = text.encode(), base64.b64decode(signature, validate=True)
    if not matches(digest, data):
        return None
    for suite, public in map(suite_of_key, keys):
        if suite.verify(public, raw, BYTES_CONTEXT + data):
            return suite.key_id(public)
    return None


def published_keys() -> dict[str, Any]:
    """The public keys as the node publishes them: the one it signs texts with now, and all by which earlier words are verified."""
    current = current_key()
    shown: list[dict[str, Any]] = [
        {
            "keyid": row.key_id,
            "suite": row.suite,
            "version": row.version,
            "jwk": SUITES[row.suite].jwk(bytes(row.public_key)),
            "valid_from": row.valid_from,
            "valid_until": row.valid_until,
        }
        for row in announced_keys()
    ]
    for key in held_keys():  # a suite that never saw a rotation has its first key only
        if key.suite.name not in {each["suite"] for each in shown}:
            only = {"suite": key.suite.name, "version": 1, "valid_from": None, "valid_until": None}
            shown.append({"keyid": key.key_id, "jwk": key.jwk, **only})
    return {"keyid": current.key_id, "jwk": current.jwk, "keys": shown}


def _public_keys() -> Iterator[tuple[Suite, bytes]]:
    """The keys of now first; those of before are asked of the database only where need be."""
    for key in held_keys():
        yield key.suite, key.public_key
    for row in announced_keys():
        yield SUITES[row.suite], bytes(row.public_key)

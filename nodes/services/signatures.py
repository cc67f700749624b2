"""The node's word on a text: digest and signature with the node's key."""

import base64
from collections.abc import Iterator

from kernel.crypto.digests import content_digest, matches
from kernel.crypto.suite import SUITES, Suite
from nodes.selectors.keys import announced_keys
from nodes.services.signing import BYTES_CONTEXT, held_keys, main_suite, sign_bytes


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


def _public_keys() -> Iterator[tuple[Suite, bytes]]:
    """The keys of now first; those of before are asked of the database only where need be."""
    for key in held_keys():
        yield key.suite, key.public_key
    for row in announced_keys():
        yield SUITES[row.suite], bytes(row.public_key)

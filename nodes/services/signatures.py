"""The node's word on a text: digest and signature with the node's key."""

import base64

from kernel.crypto.digests import content_digest, matches
from kernel.crypto.suite import INTERNATIONAL
from nodes.services.signing import BYTES_CONTEXT, node_private_key, sign_bytes


def sign_text(text: str) -> tuple[str, str, str]:
    """Content-Digest, base64 signature and key id over the text's UTF-8 bytes.

    What is signed is `cin-bytes-v1`, a zero byte and the bytes, so that it never stands for a request.
    """
    data = text.encode()
    key_id, signature = sign_bytes(data)
    return (
        content_digest(INTERNATIONAL.digest_algorithm, data),
        base64.b64encode(signature).decode(),
        key_id,
    )


def is_ours(text: str, *, digest: str, signature: str) -> bool:
    """Whether digest and signature are this node's over exactly this text."""
    data, public = text.encode(), INTERNATIONAL.public_key(node_private_key())
    signed = INTERNATIONAL.verify(public, base64.b64decode(signature), BYTES_CONTEXT + data)
    return signed and matches(digest, data)

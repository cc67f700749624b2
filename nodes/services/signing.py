"""Signing with the node's own key: requests to peers and to providers' agents, and bytes that others verify."""

import secrets
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kernel.clock import now
from kernel.crypto.messages import Request, sign_request
from kernel.crypto.suite import INTERNATIONAL as SUITE

BYTES_CONTEXT = b"cin-bytes-v1\x00"  # so that this signature never stands for a receipt or a manifest
NONCE_BYTES = 24


def signed_request(
    *,
    method: str,
    url: str,
    body: bytes,
    content_type: str = "application/json",
    stream: str | None = None,
    sequence: int | None = None,
) -> dict[str, str]:
    """All headers to send with this request (RFC 9421); `url` is the receiver's own, absolute and encoded.

    Sign every sending anew, also of the same body: nonce and time belong to one request.
    """
    headers = {"Content-Type": content_type}
    if stream is not None and sequence is not None:
        headers |= {"Cin-Stream": stream, "Cin-Sequence": str(sequence)}
    return sign_request(
        Request(method, url, headers, body),
        suite=SUITE,
        private_key=node_private_key(),
        now=now(),
        nonce=secrets.token_urlsafe(NONCE_BYTES),
    )


def sign_bytes(payload: bytes) -> tuple[str, bytes]:
    """The thumbprint of the node's key, and its signature over `cin-bytes-v1`, a zero byte and the payload."""
    return node_key_id(), SUITE.sign(node_private_key(), BYTES_CONTEXT + payload)


def node_jwk() -> dict[str, str]:
    """The node's public key as JWK."""
    return SUITE.jwk(SUITE.public_key(node_private_key()))


def node_key_id() -> str:
    """The thumbprint of the node's public key (RFC 7638)."""
    return SUITE.key_id(SUITE.public_key(node_private_key()))


def node_private_key() -> bytes:
    """The 32 bytes of the node's private key. Raises ImproperlyConfigured where NODE_KEY is missing or no key."""
    return _raw_key(settings.NODE_KEY)


@cache
def _raw_key(pem: str) -> bytes:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except ValueError as error:
        raise ImproperlyConfigured("NODE_KEY is no private key in PEM; set NODE_KEY_FILE") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured("NODE_KEY must be an Ed25519 private key")
    return key.private_bytes_raw()

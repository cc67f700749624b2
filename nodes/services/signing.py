"""Signing with the node's own keys: requests to peers and to providers' agents, and bytes that others verify."""

import secrets
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from kernel.clock import now
from kernel.crypto.keys import read_keys
from kernel.crypto.messages import Request, sign_request
from kernel.crypto.suite import Suite
from kernel.shelves import Fresh, Shelf
from nodes.domain.statements import sign_statement, to_wire
from nodes.errors import KeyNotHere
from nodes.models import Peer
from nodes.selectors.keys import newest_key_id

BYTES_CONTEXT = b"cin-bytes-v1\x00"  # so that this signature never stands for a receipt or a manifest
NONCE_BYTES = 24
CURRENT_KEY = "current-key"  # under which it is kept
KEY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of this node's with its private half."""

    suite: Suite
    private_key: bytes
    public_key: bytes
    key_id: str

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as JWK."""
        return self.suite.jwk(self.public_key)


def signed_request(
    *,
    method: str,
    url: str,
    body: bytes,
    content_type: str = "application/json",
    stream: str | None = None,
    sequence: int | None = None,
    key: OwnKey | None = None,
) -> dict[str, str]:
    """All headers to send with this request (RFC 9421); `url` is the receiver's own, absolute and encoded.

    Sign every sending anew, also of the same body: nonce and time belong to one request. `key` is the one that a
    peer knows; who is no peer gets the node's current one.
    """
    headers = {"Content-Type": content_type}
    if stream is not None and sequence is not None:
        headers |= {"Cin-Stream": stream, "Cin-Sequence": str(sequence)}
    key = key or current_key()
    return sign_request(
        Request(method, url, headers, body),
        suite=key.suite,
        private_key=key.private_key,
        now=now(),
        nonce=secrets.token_urlsafe(NONCE_BYTES),
    )


def sign_bytes(payload: bytes) -> tuple[str, bytes]:
    """The thumbprint of the node's key, and its signature over `cin-bytes-v1`, a zero byte and the payload."""
    key = current_key()
    return key.key_id, key.suite.sign(key.private_key, BYTES_CONTEXT + payload)


def sign_for(payload: bytes, context: bytes) -> dict[str, str]:
    """The payload with the node's signature beside it, as JSON; `context` says for which purpose alone."""
    key = KEYS.answer(CURRENT_KEY) or current_key()
    return to_wire(sign_statement(payload, context=context, suite=key.suite, private_key=key.private_key))


def current_key(suite: Suite | None = None) -> OwnKey:
    """The newest key of the suite that was announced, else the first in NODE_KEY; the main suite where none is named.

    Raises KeyNotHere where the node has no key of the suite.
    """
    suite = suite or main_suite()
    held = own_keys(settings.NODE_KEY)
    announced = newest_key_id(suite)
    if announced:
        return held_key(announced)
    for key in held:
        if key.suite is suite:
            return key
    raise KeyNotHere(key=suite.name)


KEYS = Shelf(lambda names: dict.fromkeys(names, Fresh(current_key(), 0, KEY_SECONDS)), most=1)


def key_for(peer: Peer) -> OwnKey:
    """The newest key of ours that the peer knows: after a rotation the former one, until its receipt is there."""
    return held_key(peer.own_key) if peer.own_key else current_key(peer.as_suite())


def held_key(key_id: str) -> OwnKey:
    """The private half of a key that we announced. Raises KeyNotHere where it was taken out of NODE_KEY too early."""
    for key in own_keys(settings.NODE_KEY):
        if key.key_id == key_id:
            return key
    raise KeyNotHere(key=key_id)


def main_suite() -> Suite:
    """The suite of the first key in NODE_KEY: quotes, reports and checkpoints are signed in it."""
    return own_keys(settings.NODE_KEY)[0].suite


def held_keys() -> tuple[OwnKey, ...]:
    """Every key in NODE_KEY, in its order."""
    return own_keys(settings.NODE_KEY)


@cache
def own_keys(pem: str) -> tuple[OwnKey, ...]:
    """What NODE_KEY holds. Raises ImproperlyConfigured where it is missing or no key."""
    try:
        read = read_keys(pem)
    except ValueError as error:
        raise ImproperlyConfigured("NODE_KEY holds what is no Ed25519 or SM2 private key in PEM") from error
    if not read:
        raise ImproperlyConfigured("NODE_KEY holds no private key in PEM; set NODE_KEY_FILE")
    keys = []
    for suite, private_key in read:
        public_key = suite.public_key(private_key)
        keys.append(OwnKey(suite, private_key, public_key, suite.key_id(public_key)))
    return tuple(keys)

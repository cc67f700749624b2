"""The international suite: Ed25519 (RFC 8032) with SHA-256, keys exchanged as JWK (RFC 8037)."""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kernel.crypto.digests import sha256

KEY_BYTES = 32


# a node signs with few keys, and often
_private_key = lru_cache(64)(Ed25519PrivateKey.from_private_bytes)


@lru_cache(64)
def _public_key(private_key: bytes) -> bytes:
    return _private_key(private_key).public_key().public_bytes_raw()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@lru_cache(64)
def _thumbprint(public_key: bytes) -> str:
    canonical = json.dumps(_jwk(public_key), sort_keys=True, separators=(",", ":"))
    return _base64url(sha256(canonical.encode()))


def _jwk(public_key: bytes) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public_key)}


class International:
    """Ed25519 + SHA-256. Private and public keys are 32 raw bytes, signatures 64."""

    name = "international"
    status = "official"
    signature_algorithm = "ed25519"
    digest_algorithm = "sha-256"

    def new_private_key(self) -> bytes:
        """32 fresh random bytes: the Ed25519 seed."""
        return Ed25519PrivateKey.generate().private_bytes_raw()

    def public_key(self, private_key: bytes) -> bytes:
        """The 32 bytes of the public key. Raises ValueError on a private key of another length."""
        return _public_key(private_key)

    def sign(self, private_key: bytes, message: bytes) -> bytes:
        """The 64 bytes of a deterministic signature over `message`."""
        return _private_key(private_key).sign(message)

    def verify(self, public_key: bytes, signature: bytes, message: bytes) -> bool:
        """Whether `signature` is `public_key`'s over `message`; a malformed key or signature is simply not."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def digest(self, data: bytes) -> bytes:
        """32 bytes of SHA-256."""
        return sha256(data)

    def jwk(self, public_key: bytes) -> dict[str, str]:
        """The public key as JWK (RFC 8037 §2)."""
        return _jwk(public_key)

    def public_key_of(self, jwk: Mapping[str, object]) -> bytes:
        """The 32 bytes of a JWK's public key. Raises ValueError where it is not an Ed25519 public key."""
        x = jwk.get("x")
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or not isinstance(x, str) or "d" in jwk:
            raise ValueError(
                "not a public Ed25519 key: kty OKP, crv Ed25519 and x are needed, d must be absent"
            )
        key = base64.b64decode(x + "=" * (-len(x) % 4), altchars=b"-_", validate=True)
        if len(key) != KEY_BYTES or _base64url(key) != x:
            raise ValueError("x is not 32 bytes of canonical base64url")
        return key

    def key_id(self, public_key: bytes) -> str:
        """The key's SHA-256 thumbprint (RFC 7638): base64url of the digest of its JWK in canonical form."""
        return _thumbprint(public_key)

"""Digests by their registered name, and the Content-Digest field (RFC 9530) that carries one over HTTP."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes

Digest = Callable[[bytes], bytes]


class DigestMalformedError(ValueError):
    """A Content-Digest value is not one digest in the syntax of RFC 9530, or names an unknown algorithm."""


def sha256(data: bytes) -> bytes:
    """The 32 bytes of SHA-256 (FIPS 180-4)."""
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    """The 32 bytes of SM3 (GB/T 32905-2016)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


# "sha-256" is the IANA name; "sm3" is registered nowhere for HTTP and is private to this network.
DIGESTS: Mapping[str, Digest] = MappingProxyType({"sha-256": sha256, "sm3": sm3})


def content_digest(algorithm: str, data: bytes) -> str:
    """The Content-Digest value of `data`, for example `sha-256=:…:`. Raises KeyError on an unknown algorithm."""
    return _member(algorithm, DIGESTS[algorithm](data))


def parse_content_digest(value: str) -> tuple[str, bytes]:
    """Algorithm and digest of a Content-Digest value that holds exactly one. Raises DigestMalformedError.

    RFC 9530 allows several and spaces between them; here one digest has one text, because receipts,
    manifests and alarms compare the text.
    """
    algorithm, _, rest = value.partition("=")
    try:
        digest = base64.b64decode(rest.strip(":"), validate=True)
    except ValueError as error:
        raise DigestMalformedError(value) from error
    if algorithm not in DIGESTS or _member(algorithm, digest) != value:
        raise DigestMalformedError(value)
    return algorithm, digest


def matches(value: str, data: bytes) -> bool:
    """Whether a Content-Digest value is the digest of `data`. Raises DigestMalformedError."""
    algorithm, digest = parse_content_digest(value)
    return DIGESTS[algorithm](data) == digest


def _member(algorithm: str, digest: bytes) -> str:
    """One dictionary member of RFC 9651: the key, and the bytes between colons."""
    return f"{algorithm}=:{base64.b64encode(digest).decode()}:"

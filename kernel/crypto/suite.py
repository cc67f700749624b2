"""What a suite of signature and digest must offer, and the one table of the suites there are."""

import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from kernel.crypto.gm import Gm
from kernel.crypto.international import International


class Suite(Protocol):
    """A signature algorithm and a digest that belong together.

    Keys and signatures are the algorithm's raw bytes, so that no caller depends on a library's key objects.
    A suite whose names are registered nowhere (SM2 and SM3 under RFC 9421 and 9530) has status `provisional`.
    """

    @property
    def name(self) -> str:
        """Stable ASCII code, as a setting and an upstream profile name it."""

    @property
    def status(self) -> str:
        """`official` where the names below are registered, else `provisional`."""

    @property
    def signature_algorithm(self) -> str:
        """The `alg` of RFC 9421."""

    @property
    def digest_algorithm(self) -> str:
        """The key of RFC 9530; always one of `kernel.crypto.digests.DIGESTS`."""

    def new_private_key(self) -> bytes:
        """A fresh private key from the system's random source."""

    def public_key(self, private_key: bytes) -> bytes:
        """The public half of a private key. Raises ValueError on a malformed one."""

    def sign(self, private_key: bytes, message: bytes) -> bytes:
        """A signature over `message`; the suite hashes inside. Raises ValueError on a malformed key."""

    def verify(self, public_key: bytes, signature: bytes, message: bytes) -> bool:
        """Whether the signature is that key's over the message; never raises on malformed input."""

    def digest(self, data: bytes) -> bytes:
        """The suite's digest of `data`."""

    def jwk(self, public_key: bytes) -> dict[str, str]:
        """The public key as a JSON Web Key."""

    def public_key_of(self, jwk: Mapping[str, object]) -> bytes:
        """The public key of a JSON Web Key. Raises ValueError where it is none of this suite's."""

    def key_id(self, public_key: bytes) -> str:
        """The thumbprint by which requests and receipts name the key."""


INTERNATIONAL: Suite = International()
GM: Suite = Gm()

SUITES: Mapping[str, Suite] = MappingProxyType({suite.name: suite for suite in (INTERNATIONAL, GM)})


def suite_of_key(jwk: Mapping[str, object]) -> tuple[Suite, bytes]:
    """The suite of a JSON Web Key, and its public key. Raises ValueError where it is no key of any suite."""
    for suite in SUITES.values():
        with contextlib.suppress(ValueError):
            return suite, suite.public_key_of(jwk)
    raise ValueError(f"not a public key of the suites {', '.join(SUITES)}")

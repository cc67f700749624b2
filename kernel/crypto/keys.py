"""Private keys as files have them: PEM of PKCS #8, one after the other, of either suite."""

import base64
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from kernel.crypto.suite import GM, INTERNATIONAL, Suite

BLOCK = re.compile(r"-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END PRIVATE KEY-----")
# id-ecPublicKey with the curve 1.2.156.10197.1.301, which the library does not know
SM2_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
SM2_KEY = re.compile(
    rb"\x30(?:\x81.|.)\x02\x01\x00" + re.escape(SM2_ALGORITHM) + rb"\x04.\x30.\x02\x01\x01\x04\x20(.{32})",
    re.DOTALL,
)
SM2_PREFIX = b"\x30\x41\x02\x01\x00" + SM2_ALGORITHM + bytes.fromhex("042730250201010420")


def read_keys(pem: str) -> list[tuple[Suite, bytes]]:
    """Suite and raw private key of every block, in their order. Raises ValueError where one cannot be read."""
    return [_read(base64.b64decode(block)) for block in BLOCK.findall(pem)]


def write_key(suite: Suite, private_key: bytes) -> str:
    """The key as a PEM block."""
    if suite is INTERNATIONAL:
        key = Ed25519PrivateKey.from_private_bytes(private_key)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    text = base64.encodebytes(SM2_PREFIX + private_key).decode().replace("\n", "")
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"


def _read(der: bytes) -> tuple[Suite, bytes]:
    if (found := SM2_KEY.match(der)) is not None:
        GM.public_key(found[1])  # a number that is no key fails here
        return GM, found[1]
    key = load_der_private_key(der, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("neither an Ed25519 nor an SM2 key")  # noqa: TRY004 - of the file's content
    return INTERNATIONAL, key.private_bytes_raw()

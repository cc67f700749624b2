"""The GM suite: SM2 (GB/T 32918) with SM3 (GB/T 32905). Its names are private to this network (`provisional`)."""

import base64
import json
from collections.abc import Mapping

from kernel.crypto import sm2
from kernel.crypto.digests import sm3


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Gm:
    """SM2 + SM3. Private keys are 32 raw bytes, public keys x ‖ y and signatures r ‖ s, 64 each."""

    name = "gm"
    status = "provisional"
    signature_algorithm = "sm2-sm3"
    digest_algorithm = "sm3"

    def new_private_key(self) -> bytes:
        """32 fresh random bytes."""
        return sm2.new_private_key()

    def public_key(self, private_key: bytes) -> bytes:
        """X ‖ y of the public key. Raises ValueError on what is no private key."""
        return sm2.public_key(private_key)

    def sign(self, private_key: bytes, message: bytes) -> bytes:
        """R ‖ s over `message`, with the signer's default identity (GM/T 0009); two signatures of one message differ."""
        return sm2.sign(private_key, message)

    def verify(self, public_key: bytes, signature: bytes, message: bytes) -> bool:
        """Whether `signature` is `public_key`'s over `message`; a malformed key or signature is simply not."""
        return sm2.verify(public_key, signature, message)

    def digest(self, data: bytes) -> bytes:
        """32 bytes of SM3."""
        return sm3(data)

    def jwk(self, public_key: bytes) -> dict[str, str]:
        """The public key as JWK, by the rules of RFC 7518 §6.2 with `crv` SM2."""
        x, y = public_key[: sm2.SIZE], public_key[sm2.SIZE :]
        return {"crv": "SM2", "kty": "EC", "x": _base64url(x), "y": _base64url(y)}

    def public_key_of(self, jwk: Mapping[str, object]) -> bytes:
        """X ‖ y of a JWK's public key. Raises ValueError where it is not a public SM2 key."""
        x, y = jwk.get("x"), jwk.get("y")
        named = jwk.get("kty") == "EC" and jwk.get("crv") == "SM2" and "d" not in jwk
        if not named or not isinstance(x, str) or not isinstance(y, str):
            raise ValueError("not a public SM2 key: kty EC, crv SM2, x and y are needed, d must be absent")
        parts = [base64.b64decode(c + "=" * (-len(c) % 4), altchars=b"-_", validate=True) for c in (x, y)]
        key = b"".join(parts)
        if [_base64url(part) for part in parts] != [x, y] or not sm2.is_public(key):
            raise ValueError("x and y are not a point of the curve in canonical base64url")
        return key

    def key_id(self, public_key: bytes) -> str:
        """The key's thumbprint after RFC 7638, by SM3: base64url of the digest of its JWK in canonical form."""
        canonical = json.dumps(self.jwk(public_key), sort_keys=True, separators=(",", ":"))
        return _base64url(sm3(canonical.encode()))

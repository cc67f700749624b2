"""Signs one HTTP request after RFC 9421 as this node's API asks, with nothing of the node: for curl, and to copy from.

sign_request.py KEY.pem                          the public key as JWK, to be registered
sign_request.py KEY.pem METHOD URL [BODY]        the headers to send, one a line (curl -H @FILE)
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SECONDS = 300  # the longest life of a signature
KEY_ONLY = 2


def public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    """The public half (RFC 8037)."""
    x = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
    return {"crv": "Ed25519", "kty": "OKP", "x": x}


def thumbprint(jwk: dict[str, str]) -> str:
    """The `keyid` of a signature (RFC 7638)."""
    canonical = json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()


def signed_headers(
    key: Ed25519PrivateKey,
    method: str,
    url: str,
    body: bytes = b"",
    *,
    content_type: str = "application/json",
) -> dict[str, str]:
    """Content-Type, Content-Digest (RFC 9530), Signature-Input and Signature; sign every sending anew."""
    where = urlsplit(url)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    covered = {
        "@method": method,
        "@authority": where.netloc.lower(),
        "@path": where.path or "/",
        "@query": f"?{where.query}",
        "content-type": content_type,
        "content-digest": f"sha-256=:{digest}:",
    }
    created = int(time.time())
    names = " ".join(f'"{name}"' for name in covered)
    parameters = (
        f'({names});created={created};expires={created + SECONDS};nonce="{secrets.token_urlsafe(24)}"'
        f';keyid="{thumbprint(public_jwk(key))}";alg="ed25519"'
    )
    lines = [f'"{name}": {value}' for name, value in covered.items()]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = base64.b64encode(key.sign(base.encode())).decode()
    return {
        "Content-Type": content_type,
        "Content-Digest": covered["content-digest"],
        "Signature-Input": f"cin={parameters}",
        "Signature": f"cin=:{signature}:",
    }


def main(words: list[str]) -> None:
    """Print the JWK, or the headers."""
    key = load_pem_private_key(Path(words[1]).read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey), "an Ed25519 key is needed: openssl genpkey -algorithm ed25519"
    if len(words) == KEY_ONLY:
        print(json.dumps(public_jwk(key)))
        return
    method, url, *body = words[2:]
    headers = signed_headers(key, method, url, "".join(body).encode())
    print("\n".join(f"{name}: {value}" for name, value in headers.items()))


if __name__ == "__main__":
    main(sys.argv)

"""Check what a node said about a compute identifier, with the standard library and `cryptography` alone.

    python verify_identifier.py KEY.json ANSWER.json [CODE]

KEY.json is the node's `GET /api/v1/node-key`, had before and from the node itself; ANSWER.json is what it answered
for a code: a resolution, or the problem document of a denial. An answer that was fetched from another node is checked with
the key of the node above (the national one): its `delegation` names the key of the node that holds the prefix. CODE is the one that was asked for: without it the
script tells what was said, not that it was said of the right one. The script shares no code with the node.
Exit 0: the node said so, and its word still holds; 1: it does not, and why; 2: the files cannot be read.
"""

import base64
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CONTEXT = b"cin-resolution-v1\x00"
LONGEST = timedelta(seconds=60)  # no answer may hold for longer: a suspension is seen within it
LEEWAY = timedelta(seconds=30)  # how far the node's clock may be ahead of ours
Document = dict[str, Any]


class RefusedError(Exception):
    """Why the answer is not to be believed."""


def thumbprint(jwk: Document) -> str:
    """The name of a key (RFC 7638)."""
    canonical = json.dumps(
        {name: jwk[name] for name in ("crv", "kty", "x")}, sort_keys=True, separators=(",", ":")
    )
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def public_key(key: Document) -> Ed25519PublicKey:
    """The node's key. Raises RefusedError where its name is not its thumbprint (RFC 7638)."""
    if thumbprint(key["jwk"]) != key["keyid"]:
        raise RefusedError("the key's name is not its thumbprint")
    x = key["jwk"]["x"]
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))


def opened(statement: Document, key: Document) -> Document:
    """What the statement says, once it is seen to be signed with the key. Raises RefusedError."""
    if statement["alg"] != "ed25519" or statement["keyid"] != key["keyid"]:
        raise RefusedError("signed with another key")
    payload = base64.b64decode(statement["payload"], validate=True)
    signature = base64.b64decode(statement["signature"], validate=True)
    try:
        public_key(key).verify(signature, CONTEXT + payload)
    except InvalidSignature:
        raise RefusedError("the signature is not over these bytes") from None
    said: Document = json.loads(payload)
    return said


def check_time(said: Document, now: datetime) -> None:
    """Raise RefusedError unless the word holds at `now`."""
    issued, until = (datetime.fromisoformat(said[name]) for name in ("issued_at", "valid_until"))
    if until - issued > LONGEST:
        raise RefusedError("it claims to hold for too long")
    if issued > now + LEEWAY:
        raise RefusedError("it was signed in the future")
    if now >= until:
        raise RefusedError(f"it expired at {said['valid_until']}")


def delegated(delegation: Document, key: Document, now: datetime) -> list[Document]:
    """The keys of the node that holds a prefix, by the signed word of the one above. Raises RefusedError."""
    said = opened(delegation, key)
    check_time(said, now)
    if said["type"] != "delegation":
        raise RefusedError("nobody says whose prefix it is")
    return [{"keyid": thumbprint(jwk), "jwk": jwk} for jwk in said["keys"]]


def fits(key: Document, answer: Document) -> bool:
    """Whether the answer says that it is signed with this key."""
    return bool(answer["statement"]["keyid"] == key["keyid"])


def check_prefix(said: Document, delegation: Document) -> None:
    """Raise RefusedError where the code is not under the prefix that was delegated."""
    prefix, held = said["code"].split("/")[0], delegation["prefix"]
    if prefix != held and not prefix.startswith(held + "."):
        raise RefusedError(f"its node holds {held}")


def verify(answer: Document, key: Document, *, code: str | None = None, now: datetime) -> Document:
    """What the node says of the code, for certain. Raises RefusedError with the reason."""
    if "statement" not in answer:
        raise RefusedError("it is not signed")
    keys = [key]
    if "delegation" in answer:
        keys = delegated(answer["delegation"], key, now)
    said = opened(answer["statement"], next((each for each in keys if fits(each, answer)), key))
    check_time(said, now)
    if "delegation" in answer:
        check_prefix(said, opened(answer["delegation"], key))
    beside = {name: value for name, value in answer.items() if name not in ("statement", "delegation")}
    if said["type"] == "resolution":
        if beside != said:
            raise RefusedError("what stands beside the signature is not what was signed")
    elif said["type"] != "denial" or beside.get("code") != "unknown_code":
        raise RefusedError("it is neither a resolution nor a denial")
    if code is not None and said["code"] != code:
        raise RefusedError(f"it is about {said['code']}")
    return said


def main(arguments: list[str]) -> int:
    """Check the files that are named."""
    try:
        key, answer = (json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments[:2])
        said = verify(answer, key, code=next(iter(arguments[2:]), None), now=datetime.now(UTC))
    except RefusedError as why:
        print(f"REFUSED: {why}")
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

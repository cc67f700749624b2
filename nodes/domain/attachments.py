"""How two nodes come to trust each other: one secret handed over by people, two proofs of possession.

The token is `secret.thumbprint`: the secret proves to the upstream whom it invited, the thumbprint of the
upstream's key proves to the invited node whom it reached. So neither side trusts on first use.
"""

import json
import re
from dataclasses import asdict, dataclass

from kernel.crypto.suite import INTERNATIONAL, SUITES, Suite
from kernel.text import Text
from nodes.domain.statements import Statement, is_signed_by
from nodes.errors import EnvelopeMalformed

GRANT_CONTEXT = b"cin-attachment-v1\x00"
TOKEN = re.compile(r"(?P<secret>[A-Za-z0-9_-]{43})\.(?P<key_id>[A-Za-z0-9_-]{43})(?:\.(?P<suite>[a-z]+))?")


@dataclass(frozen=True, slots=True)
class Grant:
    """The upstream's word on an attachment: who it is, whom it attached under which key, what it delegates.

    `prefix` is empty where the downstream issues no identifiers, `block` the number block that comes with it; `key` is
    the upstream's JWK; `protocol` is the version of messages that the two will speak.
    """

    node: str
    name: str
    role: str
    url: str
    key: dict[str, str]
    downstream: str
    downstream_key_id: str
    prefix: str
    protocol: str
    contact: str
    block: int = 0

    def encode(self) -> bytes:
        """The bytes that are signed: JSON, keys sorted, ASCII, no spaces."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


def write_token(secret: str, key_id: str, suite: Suite) -> str:
    """What the upstream's operator hands over; the suite is named where it is not the international one."""
    return f"{secret}.{key_id}" if suite is INTERNATIONAL else f"{secret}.{key_id}.{suite.name}"


def read_token(token: str) -> tuple[str, str, Suite]:
    """The secret, the upstream's thumbprint, and the suite of the pair. Raises EnvelopeMalformed."""
    parts = TOKEN.fullmatch(token)
    suite = SUITES.get(parts["suite"] or INTERNATIONAL.name) if parts is not None else None
    if parts is None or suite is None:
        raise EnvelopeMalformed(
            pointer="/token",
            field="token",
            reason_zh="接入令牌不完整；请完整复制上级节点给出的令牌。",
            reason_en="The token is not whole; copy what the upstream node gave you, all of it.",
        )
    return parts["secret"], parts["key_id"], suite


def open_grant(statement: Statement, *, key_id: str, suite: Suite) -> Grant:
    """The grant, once it is seen to be signed by the key that the token names. Raises EnvelopeMalformed."""
    try:
        grant = Grant(**json.loads(statement.payload))
        public_key = suite.public_key_of(grant.key)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _untrusted() from error
    known = suite.key_id(public_key) == key_id
    if not known or not is_signed_by(statement, context=GRANT_CONTEXT, suite=suite, public_key=public_key):
        raise _untrusted()
    return grant


def _untrusted() -> EnvelopeMalformed:
    reason = Text(
        "应答不是令牌所指节点签发的；请核对上级节点地址与令牌。",
        "The answer is not signed by the node that the token names; check the upstream's address and the token.",
    )
    return EnvelopeMalformed(field="grant", reason_zh=reason.zh, reason_en=reason.en)

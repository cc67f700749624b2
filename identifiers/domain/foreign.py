"""What another node says, and whether to believe it: by the key that its prefix was given to, about what was asked, in time."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from identifiers.domain.answers import CONTEXT, VALID, AnswerType, Facts
from identifiers.domain.codes import Code
from kernel.crypto.messages import LEEWAY, RegisteredKey
from kernel.text import Vocabulary


class Doubt(Vocabulary):
    """Why another node's word is not passed on."""

    SILENT = "silent", "没有应答", "it did not answer in time"
    REFUSED = "refused", "其地址不允许访问", "its address is not one that this node may call"
    MALFORMED = "malformed", "应答无法读取", "what it sent cannot be read"
    UNSIGNED = "unsigned", "应答不是由该前缀的持有者签名", "it is not signed by who holds the prefix"
    EXPIRED = (
        "expired",
        "应答已过期、来自未来或有效期过长",
        "it has expired, is from the future, or holds for too long",
    )
    MISPLACED = "misplaced", "应答的不是所问的标识", "it is about something else than was asked"


class DoubtError(Exception):
    """Another node's word is not to be believed."""

    def __init__(self, doubt: Doubt) -> None:
        """Keep why."""
        super().__init__(doubt.value)
        self.doubt = doubt


def open_statement(statement: object, *, keys: Iterable[RegisteredKey], at: datetime) -> Facts:
    """What the statement says, if one of the keys signed it and it holds at `at`. Raises DoubtError."""
    try:
        assert isinstance(statement, dict)  # noqa: S101 - what it is not, is told below
        payload = base64.b64decode(statement["payload"], validate=True)
        signature = base64.b64decode(statement["signature"], validate=True)
        named = str(statement["keyid"]), str(statement["alg"])
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise DoubtError(Doubt.MALFORMED) from error
    if not any(
        (key.key_id, key.suite.signature_algorithm) == named
        and key.valid_at(at)
        and key.suite.verify(key.public_key, signature, CONTEXT + payload)
        for key in keys
    ):
        raise DoubtError(Doubt.UNSIGNED)
    facts = read_json(payload)
    _check_time(facts, at)
    return facts


def open_answer(document: Facts, code: Code, *, keys: Iterable[RegisteredKey], at: datetime) -> Facts:
    """The resolution or the denial of exactly this code. Raises DoubtError."""
    facts = open_statement(document.get("statement"), keys=keys, at=at)
    if facts.get("type") not in {AnswerType.RESOLUTION, AnswerType.DENIAL} or facts.get("code") != str(code):
        raise DoubtError(Doubt.MISPLACED)
    return facts


def open_delegation(document: Facts, prefix: str, *, keys: Iterable[RegisteredKey], at: datetime) -> Facts:
    """Who holds the prefix, or that nobody does, by the word of the node above. Raises DoubtError."""
    facts = open_statement(document.get("statement"), keys=keys, at=at)
    right = (AnswerType.DELEGATION, prefix), (AnswerType.DENIAL, prefix)
    if (facts.get("type"), facts.get("prefix")) not in right:
        raise DoubtError(Doubt.MISPLACED)
    return facts


def read_json(body: bytes) -> Facts:
    """A JSON object. Raises DoubtError for anything else."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DoubtError(Doubt.MALFORMED) from error
    if not isinstance(found, dict):
        raise DoubtError(Doubt.MALFORMED)
    return found


def _check_time(facts: Facts, at: datetime) -> None:
    try:
        issued, until = (datetime.fromisoformat(facts[name]) for name in ("issued_at", "valid_until"))
        holds = issued - LEEWAY <= at < until and timedelta(0) < until - issued <= VALID
    except (KeyError, TypeError, ValueError) as error:
        raise DoubtError(Doubt.MALFORMED) from error
    if not holds:
        raise DoubtError(Doubt.EXPIRED)

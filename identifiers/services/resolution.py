"""Resolution as the node signs it: what a code stands for, or that it was never issued."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from identifiers.domain.answers import (
    CONTEXT,
    DENIAL_SECONDS,
    AnswerType,
    Facts,
    encode,
    fresh_seconds,
    plain,
    stated,
)
from identifiers.domain.codes import Code
from identifiers.errors import MalformedCode, UnknownCode
from identifiers.models import Identifier
from identifiers.selectors.resolution import Resolution, our_prefixes, resolve, resolve_many
from identifiers.services.hierarchy import holder_of, is_mine
from kernel.clock import now
from kernel.federation import Holder, Wire, federation
from kernel.shelves import Fresh, Shelf, strike


@dataclass(frozen=True, slots=True)
class Answer:
    """Facts as JSON values, and the node's signature over exactly these."""

    facts: Facts
    statement: Wire

    @property
    def said(self) -> Facts:
        """The answer as it is sent: the facts, and `statement` beside them."""
        return {**self.facts, "statement": self.statement}

    def encode(self) -> bytes:
        """The same as bytes: those that were signed, with the statement in their last place."""
        signed = base64.b64decode(self.statement["payload"])
        statement = json.dumps(self.statement, separators=(",", ":"))
        return b'%s,"statement":%s}' % (signed[:-1], statement.encode())


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as it is sent: its bytes, their tag, and for how many seconds a reader may keep them."""

    body: bytes
    tag: str
    seconds: int


def resolve_kept(code: Code) -> Sent:
    """What the code stands for, signed, as it is sent. Raises UnknownCode.

    It was read from the database as long ago at most as a reader may keep it.
    """
    name = str(code)
    sent = None if DENIALS.find(name) else ANSWERS.answer(name)
    if sent is None:
        raise UnknownCode(written=code)
    return sent


def kept_answer(code: Code) -> Sent | None:
    """What this process keeps of the code and may hand out, without asking anybody."""
    return ANSWERS.find(str(code))


def deny_or_direct(code: Code) -> Facts | Holder:
    """The node's signed word that it never issued the code; or the node that answers for the prefix, or knows who does.

    Raises UnknownCode where nobody is known to ask.
    """
    name = str(code)
    denial = DENIALS.find(name)
    if denial is not None:
        return denial
    holder = holder_of(code.prefix)
    if is_mine(holder):
        return DENIALS.answer(name) or {}
    if holder is None:
        raise UnknownCode(written=code)
    return holder


def _resolved(names: Sequence[str]) -> dict[str, Fresh[Sent]]:
    found = resolve_many(names)
    return {code: _sent(each) for code, each in found.items()}


def _sent(found: Resolution) -> Fresh[Sent]:
    answer = _answer(found)
    body, seconds = answer.encode(), fresh_seconds(answer.facts)
    tag = hashlib.sha256(body).hexdigest()[:16]
    return Fresh(Sent(body, tag, seconds), len(body), seconds)


def _denied(names: Sequence[str]) -> dict[str, Fresh[Facts]]:
    made: dict[str, Fresh[Facts]] = {}
    at = now()
    for name in names:
        answer = _signed(AnswerType.DENIAL, {"code": name}, at=at)
        made[name] = Fresh(answer.said, len(answer.encode()), DENIAL_SECONDS)
    return made


ANSWERS = Shelf(_resolved, most=32 * 2**20, along=32)
# apart, so that whoever asks for what is not there pushes out nothing that is
DENIALS = Shelf(_denied, most=2 * 2**20)


def resolve_signed(code: Code) -> Answer:
    """What the code stands for at this moment, signed. Raises UnknownCode for one that was never issued here."""
    return _answer(resolve(code))


def _answer(found: Resolution) -> Answer:
    return _signed(AnswerType.RESOLUTION, told(found), at=found.read_at, until=found.holds_until)


def resolve_batch(texts: Sequence[str]) -> Answer:
    """What each text stands for, in their order, under one signature: three statements, however many there are.

    Who is asked for alone is asked further; here what another node answers for is only said to be elsewhere.
    """
    read: list[Code | MalformedCode] = [_read(text) for text in texts]
    found = resolve_many(each for each in read if isinstance(each, Code))
    ours = our_prefixes()
    items: list[Facts] = []
    for text, code in zip(texts, read, strict=True):
        if isinstance(code, MalformedCode):
            reason = {"reason_zh": code.text.zh, "reason_en": code.text.en}
            items.append({"asked": text, "type": AnswerType.MALFORMED.value, **reason})
        elif known := found.get(str(code)):
            facts = {name: plain(each) for name, each in told(known).items()}
            items.append({"asked": text, "type": AnswerType.RESOLUTION.value, **facts})
        else:
            kind = AnswerType.DENIAL if code.prefix in ours else AnswerType.ELSEWHERE
            items.append({"asked": text, "type": kind.value, "code": str(code)})
    ends = [each.holds_until for each in found.values() if each.holds_until]
    at = min((each.read_at for each in found.values()), default=None) or now()
    return _signed(AnswerType.BATCH, {"items": items}, at=at, until=min(ends, default=None))


def told(found: Resolution) -> Facts:
    """The facts as everybody is told them."""
    return {
        "code": found.code,
        "kind": found.kind.value,
        "state": found.state.value,
        "descriptor_version": found.descriptor_version,
        "attributes": found.attributes,
        "described_at": found.described_at,
        "attributes_until": found.attributes_until,
        "attributes_fresh": found.attributes_fresh,
        "filing": found.filing,
        "filed_at": found.filed_at,
        "liveness": {
            "state": found.liveness.value,
            "sign": found.sign.value if found.sign else None,
            "seen_at": found.seen_at,
            "until": found.live_until,
            "reason": found.unobserved.value if found.unobserved else None,
        },
        "identity": {
            "result": found.identity.value,
            "at": found.identity_at,
            "keyid": found.identity_keyid,
        },
        "successors": list(found.successors),
    }


def _read(text: str) -> Code | MalformedCode:
    try:
        return Code.parse(text)
    except MalformedCode as wrong:
        return wrong


def strike_answer(*, identifier: UUID) -> None:
    """Let nobody hand out what was answered of an identifier before now."""
    code = Identifier.objects.filter(id=identifier).values_list("code", flat=True).first()
    if code:
        strike(code)


def _signed(
    kind: AnswerType, facts: Mapping[str, Any], *, at: datetime, until: datetime | None = None
) -> Answer:
    said = stated(kind, facts, node=settings.NODE_CODE, at=at, until=until)
    return Answer(said, federation().sign(encode(said), CONTEXT))

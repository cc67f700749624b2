"""What travels between nodes: a numbered message of exact bytes, and the signed receipt that answers it."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from kernel.crypto.digests import DigestMalformedError, content_digest, matches
from kernel.crypto.suite import Suite
from kernel.text import Text, Vocabulary
from nodes.domain.statements import Statement, is_signed_by, sign_statement
from nodes.errors import EnvelopeMalformed

STREAM = re.compile(r"[a-z][a-z0-9.-]{0,63}")
SEQUENCE = re.compile(r"[1-9][0-9]{0,17}")
BEYOND = 10**18  # no number of a stream is as large
CODE = re.compile(r"[a-z0-9_.-]{0,64}")  # why something was refused
AGGREGATE = re.compile(r"[!-~]{1,200}")

RECEIPT_CONTEXT = b"cin-receipt-v1\x00"

AGGREGATE_WAITS = "aggregate_waits"
TOO_LARGE = "message_too_large"
WITHDRAWN = "cin-withdrawn/1"
LARGEST_NOTICE = 400  # bytes
REPORT_KNOWN = "report_known"  # refused, but what it says is there already: no correction of it is to come


class Outcome(Vocabulary):
    """What became of a message at its receiver."""

    STORED = "stored", "已收存", "Stored"
    REFUSED = "refused", "永久拒绝", "Refused for good"
    GAP = "gap", "前面缺号，未收", "Not taken: numbers before it are missing"
    EQUIVOCATION = "equivocation", "同号异文，未收", "Not taken: another content has this number"

    @property
    def final(self) -> bool:
        """Whether the number is used up, and the receipt for ever the same."""
        return self in (Outcome.STORED, Outcome.REFUSED)


OUTCOMES = {outcome.value: outcome for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class Message:
    """One numbered message of a stream.

    `sequence` counts from 1 without holes per (peer, stream). `aggregate` names the thing reported on: order is
    kept within it, and only it waits when one of its messages is refused. `supersedes` is the sequence that a
    correction replaces. `digest` is the Content-Digest of `body`, the exact bytes that were or will be sent.
    """

    stream: str
    sequence: int
    aggregate: str
    body: bytes
    digest: str
    supersedes: int | None = None

    @property
    def query(self) -> str:
        """The query part of the request's target, without `?`: signed, as everything in the target is."""
        named = {"aggregate": self.aggregate}
        if self.supersedes is not None:
            named["supersedes"] = str(self.supersedes)
        return urlencode(named)


def compose_message(
    *, suite: Suite, stream: str, sequence: int, aggregate: str, body: bytes, supersedes: int | None = None
) -> Message:
    """A message about to be sent, with the suite's digest. Raises EnvelopeMalformed."""
    message = Message(
        stream, sequence, aggregate, body, content_digest(suite.digest_algorithm, body), supersedes
    )
    return _checked(message)


def read_message(*, stream: str, sequence: str, query: str, digest: str, body: bytes) -> Message:
    """The message of a verified request: `cin-stream`, `cin-sequence`, the raw query, `content-digest`, the body.

    Raises EnvelopeMalformed, also where the digest is not the body's.
    """
    number = _number("cin-sequence", sequence)
    named = dict(parse_qsl(query, keep_blank_values=True))
    supersedes = _number("supersedes", named["supersedes"]) if "supersedes" in named else None
    message = _checked(Message(stream, number, named.get("aggregate", ""), body, digest, supersedes))
    if message.query != query:
        raise _malformed(
            "query",
            Text(
                "只应包含 aggregate 与 supersedes，按此顺序。",
                "Send aggregate and supersedes only, in this order.",
            ),
        )
    try:
        intact = matches(digest, body)
    except DigestMalformedError:
        intact = False
    if not intact:
        raise _malformed(
            "content-digest",
            Text("与请求体不符；请按所发字节重新计算。", "Not the body's; compute it over the bytes sent."),
        )
    return message


def withdrawal_of(body: bytes, suite: Suite) -> bytes:
    """What is sent under a message's number in its place, where no way takes a body of its size: how large, which digest."""
    said = {
        "digest": content_digest(suite.digest_algorithm, body),
        "schema": WITHDRAWN,
        "size": len(body),
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def is_withdrawal(body: bytes) -> bool:
    """Whether these bytes stand in the place of a message that was too large."""
    if len(body) > LARGEST_NOTICE:
        return False
    try:
        return bool(json.loads(body)["schema"] == WITHDRAWN)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _malformed(field: str, reason: Text) -> EnvelopeMalformed:
    return EnvelopeMalformed(field=field, reason_zh=reason.zh, reason_en=reason.en)


def _number(field: str, text: str) -> int:
    if not SEQUENCE.fullmatch(text):
        raise _malformed(
            field,
            Text("须为从 1 起的十进制整数，不带前导零。", "A decimal integer from 1, without leading zeros."),
        )
    return int(text)


def _checked(message: Message) -> Message:
    if not STREAM.fullmatch(message.stream):
        raise _malformed(
            "cin-stream",
            Text(
                "须为小写字母开头的流名，至多 64 个字符。",
                "A stream name: lower case, a letter first, at most 64 characters.",
            ),
        )
    if not AGGREGATE.fullmatch(message.aggregate):
        raise _malformed(
            "aggregate", Text("须为 1 至 200 个可见 ASCII 字符。", "1 to 200 visible ASCII characters.")
        )
    if message.supersedes is not None and message.supersedes >= message.sequence:
        raise _malformed(
            "supersedes", Text("只能更正更早的序号。", "A correction names an earlier sequence number.")
        )
    return message


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receiver's word on one message.

    `node` received it from `sender` (both are node codes); `code` says why it was refused, and is empty otherwise;
    `received_at` is the receiver's clock, UTC; `expected` is the next sequence it waits for.
    """

    node: str
    sender: str
    stream: str
    sequence: int
    digest: str
    outcome: Outcome
    code: str
    received_at: datetime
    expected: int

    def encode(self) -> bytes:
        """The bytes that are signed, sent and kept: JSON, keys sorted, ASCII, no spaces."""
        fields: dict[str, str | int] = {
            "code": self.code,
            "digest": self.digest,
            "expected": self.expected,
            "node": self.node,
            "outcome": self.outcome.value,
            "received_at": self.received_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "sender": self.sender,
            "sequence": self.sequence,
            "stream": self.stream,
        }
        return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def decode_receipt(payload: bytes) -> Receipt:
    """The receipt that these bytes say. Raises EnvelopeMalformed."""
    try:
        fields = json.loads(payload)
        receipt = Receipt(
            node=fields["node"],
            sender=fields["sender"],
            stream=fields["stream"],
            sequence=fields["sequence"],
            digest=fields["digest"],
            outcome=OUTCOMES[fields["outcome"]],
            code=fields["code"],
            received_at=datetime.fromisoformat(fields["received_at"]),
            expected=fields["expected"],
        )
        texts = (receipt.node, receipt.sender, receipt.stream, receipt.digest, receipt.code)
        typed = all(type(text) is str for text in texts)
        numbers = (receipt.sequence, receipt.expected)
        counted = all(type(number) is int and 0 <= number < BEYOND for number in numbers)
        canonical = receipt.encode() == payload and CODE.fullmatch(receipt.code)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise _malformed("receipt", NOT_A_RECEIPT) from error
    if not (typed and counted and canonical):
        raise _malformed("receipt", NOT_A_RECEIPT)
    return receipt


NOT_A_RECEIPT = Text(
    "回执不是约定的规范 JSON；请核对对端版本。",
    "Not the canonical JSON of a receipt; check the peer's version.",
)


def sign_receipt(receipt: Receipt, *, suite: Suite, private_key: bytes) -> Statement:
    """The receipt's bytes, signed once; duplicates are answered with these very bytes."""
    return sign_statement(receipt.encode(), context=RECEIPT_CONTEXT, suite=suite, private_key=private_key)


def open_receipt(statement: Statement, *, suite: Suite, public_key: bytes) -> Receipt:
    """The receipt, once its signature is seen to be that key's. Raises EnvelopeMalformed."""
    if not is_signed_by(statement, context=RECEIPT_CONTEXT, suite=suite, public_key=public_key):
        raise _malformed(
            "receipt",
            Text(
                "回执签名无效；请核对对端登记的公钥。",
                "The receipt's signature is not good; check the peer's registered key.",
            ),
        )
    return decode_receipt(statement.payload)

"""Searching across nodes: the question, the signed answer, and why an answer is not believed.

A question goes to the attached peers, and from an upstream on to its own: two hops at most, never to a node that it
came through. Every answer is signed by its home node for this one question. An upstream vouches for the keys of the
nodes that it passes on, and for nothing else.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kernel.crypto.suite import Suite
from kernel.text import Text, Vocabulary
from nodes.domain.prefixes import NATIONAL
from nodes.domain.statements import Statement, from_wire, is_signed_by, sign_statement, to_wire
from nodes.errors import EnvelopeMalformed

CONTEXT = b"cin-search-v1\x00"
SCHEMA = "cin-search/1"
MOST_HOPS = 2
MOST_PEERS = 16  # asked by one node
MOST_BUNDLES = 20  # of one node
LARGEST_QUESTION = 64 * 1024  # bytes
LARGEST_ANSWER = 512 * 1024  # bytes of one peer, with all that it passes on
SHORTEST, LONGEST = 100, 5000  # milliseconds
CLOCKS_APART = timedelta(seconds=300)
LONGEST_NAME = 100
NODE = re.compile(r"[0-9]{6}")
SEARCH = re.compile(r"[0-9a-f]{32}")
HANDED_ON = 0.7  # of the time that is left: an upstream must answer before its own asker gives up


class PeerWord(Vocabulary):
    """What came of asking one node."""

    ANSWERED = "answered", "已答复", "Answered"
    SILENT = "silent", "未按时答复", "No answer in time"
    REFUSED = "refused", "答复不可信，已弃用", "Its answer is not believed"
    BUSY = "busy", "本节点跨节点查询已满，未询问", "Not asked: this node asks as much as it may already"
    FULL = (
        "full",
        "对方节点正在答复的查询已满，请稍后再试",
        "It answers as many searches as it may already: try again shortly",
    )


class Disbelief(Vocabulary):
    """Why an answer is not believed."""

    TOO_LARGE = "too_large", "答复过大", "It is too large"
    STATUS = "status", "答复状态不是 200", "It is no 200"
    UNREADABLE = "unreadable", "不是约定的格式", "It cannot be read"
    UNSIGNED = "unsigned", "签名无效", "Its signature is not good"
    ANOTHER = "another_question", "答的不是本次查询", "It answers another question"
    CLOCK = "clock", "时间相差过大", "Its clock is too far from ours"
    PREFIX = "foreign_prefix", "含有不属于该节点的标识", "It offers what has another node's identifier"
    LOOP = "loop", "转来了不该转的节点", "It passes on a node that it may not"
    ABSURD = "absurd", "价格、时延或数量不合理", "A price, a latency or a quantity in it cannot be"


class DisbeliefError(Exception):
    """An answer that is thrown away, with the reason."""

    def __init__(self, reason: Disbelief) -> None:
        """Keep the reason."""
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Question:
    """One search: `path` are the nodes that it came through, the asker first; `hops` how far it may still go."""

    search: str
    path: tuple[str, ...]
    hops: int
    deadline_ms: int
    demand: dict[str, Any]

    def encode(self) -> bytes:
        """The bytes that are signed and sent."""
        return _json(
            {
                "schema": SCHEMA,
                "search": self.search,
                "path": list(self.path),
                "hops": self.hops,
                "deadline_ms": self.deadline_ms,
                "demand": self.demand,
            }
        )

    @property
    def digest(self) -> str:
        """What an answer repeats, so that it answers nothing else."""
        return hashlib.sha256(_json({"search": self.search, "demand": self.demand})).hexdigest()


def read_question(body: bytes, *, asker: str) -> Question:
    """The question that a peer asks. Raises EnvelopeMalformed, also for a path that does not end with the peer."""
    if len(body) > LARGEST_QUESTION:
        raise _malformed("body", Text("不得超过 64 KiB", "it has at most 64 KiB"))
    try:
        document = json.loads(body)
        question = Question(
            search=document["search"],
            path=tuple(document["path"]),
            hops=document["hops"],
            deadline_ms=document["deadline_ms"],
            demand=document["demand"],
        )
        texts = all(type(each) is str and NODE.fullmatch(each) for each in question.path)
        known = document["schema"] == SCHEMA and SEARCH.fullmatch(question.search) is not None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _malformed("body", Text("不是约定的查询格式", "it is no question of a search")) from error
    numbers = type(question.hops) is int and type(question.deadline_ms) is int
    if not (texts and known and numbers and isinstance(question.demand, dict)):
        raise _malformed("body", Text("不是约定的查询格式", "it is no question of a search"))
    if not question.path or question.path[-1] != asker or len(question.path) > MOST_HOPS:
        raise _malformed(
            "path", Text("须以询问方结尾，且不超过两跳", "it ends with the asker, and has two hops at most")
        )
    if not 1 <= question.hops <= MOST_HOPS - len(question.path) + 1:
        raise _malformed("hops", Text("跳数超出上限", "more hops than there may be"))
    if not 1 <= question.deadline_ms <= LONGEST:
        raise _malformed("deadline_ms", Text(f"须为 1 至 {LONGEST}", f"it lies between 1 and {LONGEST}"))
    return question


def _malformed(field: str, reason: Text) -> EnvelopeMalformed:
    return EnvelopeMalformed(field=field, reason_zh=reason.zh, reason_en=reason.en)


@dataclass(frozen=True, slots=True)
class Passed:
    """A home node's answer as an upstream passes it on: who that is, by which key it signs, and its very statement."""

    node: str
    name: str
    url: str
    key: Mapping[str, str]
    statement: Statement


@dataclass(frozen=True, slots=True)
class Found:
    """What one node found, believed as far as its signature and its identifiers go; `bundles` are not judged yet.

    `more`: whether it has more bundles than the best ones that it tells; None where a node of an earlier release, which does
    not say, tells as many as it may.
    """

    node: str
    answered_at: datetime
    bundles: list[dict[str, Any]]
    more: bool | None
    passed: list[Passed]


def sign_found(
    question: Question,
    *,
    node: str,
    at: datetime,
    bundles: list[dict[str, Any]],
    passed: list[Passed],
    suite: Suite,
    private_key: bytes,
) -> Statement:
    """A node's answer to one question, signed: the best `MOST_BUNDLES`, and whether there are more."""
    document = {
        "schema": SCHEMA,
        "search": question.search,
        "digest": question.digest,
        "node": node,
        "answered_at": at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "bundles": bundles[:MOST_BUNDLES],
        "more": len(bundles) > MOST_BUNDLES,
        "passed": [
            {
                "node": each.node,
                "name": each.name,
                "url": each.url,
                "key": dict(each.key),
                "statement": to_wire(each.statement),
            }
            for each in passed
        ],
    }
    return sign_statement(_json(document), context=CONTEXT, suite=suite, private_key=private_key)


def open_found(
    statement: Statement | None,
    question: Question,
    *,
    node: str,
    suite: Suite,
    public_key: bytes,
    at: datetime,
) -> Found:
    """What a node found. Raises DisbeliefError.

    A node offers what its own prefix identifies, and nothing else: its word on another's resources is worth nothing.
    """
    if statement is None:
        raise DisbeliefError(Disbelief.UNREADABLE)
    if not is_signed_by(statement, context=CONTEXT, suite=suite, public_key=public_key):
        raise DisbeliefError(Disbelief.UNSIGNED)
    try:
        document = json.loads(statement.payload)
        said = (document["schema"], document["search"], document["digest"], document["node"])
        answered_at = datetime.fromisoformat(document["answered_at"])
        bundles, passed = list(document["bundles"]), [_passed(each) for each in document["passed"]]
        early = abs(at - answered_at) > CLOCKS_APART
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DisbeliefError(Disbelief.UNREADABLE) from error
    if said != (SCHEMA, question.search, question.digest, node):
        raise DisbeliefError(Disbelief.ANOTHER)
    if early:
        raise DisbeliefError(Disbelief.CLOCK)
    if len(bundles) > MOST_BUNDLES or len(passed) > MOST_PEERS:
        raise DisbeliefError(Disbelief.TOO_LARGE)
    more = document.get("more", None if len(bundles) == MOST_BUNDLES else False)
    if not all(isinstance(each, dict) for each in bundles) or not (more is None or isinstance(more, bool)):
        raise DisbeliefError(Disbelief.UNREADABLE)
    if not all(str(each.get("identifier", "")).startswith(f"{NATIONAL}.{node}/") for each in bundles):
        raise DisbeliefError(Disbelief.PREFIX)
    return Found(node, answered_at, bundles, more, passed)


def _passed(document: Mapping[str, Any]) -> Passed:
    statement = from_wire(json.dumps(document["statement"]).encode())
    texts = [document["node"], document["name"], document["url"]]
    if statement is None or not all(type(text) is str and text.isprintable() for text in texts):
        raise ValueError("no answer that was passed on")
    node, name, url = texts
    if (
        not NODE.fullmatch(node)
        or len(name) > LONGEST_NAME
        or not re.fullmatch(r"https?://[!-~]{1,200}", url)
    ):
        raise ValueError("no answer that was passed on")
    return Passed(node, name, url, dict(document["key"]), statement)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

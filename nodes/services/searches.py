"""Asking other nodes within a deadline, and answering them: nobody who is slow, lies or goes round in circles can hurt."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from threading import BoundedSemaphore
from typing import Any
from uuid import uuid4

from django.conf import settings

from kernel.clock import now
from kernel.crypto.suite import suite_of_key
from kernel.searching import answer_here
from kernel.systems import System, runs_here
from nodes.adapters.peers.client import Answer, AnswerTooLargeError, PeerClient, PeerSilentError, ask
from nodes.domain.peers import PeerState, Relation
from nodes.domain.prefixes import NATIONAL
from nodes.domain.searches import (
    HANDED_ON,
    LARGEST_ANSWER,
    LONGEST,
    MOST_BUNDLES,
    MOST_HOPS,
    MOST_PEERS,
    SHORTEST,
    Disbelief,
    DisbeliefError,
    Found,
    Passed,
    PeerWord,
    Question,
    open_found,
    read_question,
    sign_found,
)
from nodes.domain.statements import Statement, from_wire
from nodes.errors import AnswersFull
from nodes.models import DelegatedPrefix, Peer
from nodes.selectors.peers import key_of
from nodes.services.signing import key_for, signed_request

__all__ = [
    "LONGEST",
    "MOST_BUNDLES",
    "SHORTEST",
    "Asked",
    "Disbelief",
    "PeerWord",
    "Word",
    "answer_search",
    "heard",
    "searching",
]

SEARCHES = "/api/v1/federation/searches"
SEATS = BoundedSemaphore(2)  # searches of one process at a time: the others' threads stay free for local work
ANSWERING = BoundedSemaphore(2)  # peers' demands that one process chooses for at a time, likewise
UNDER_WAY: dict[
    str, list["Future[Answer]"]
] = {}  # peer → its requests; one that never ends holds no other's hand
EACH = 2  # requests to one peer at a time


@dataclass(frozen=True, slots=True)
class Word:
    """What came of asking one node: `via` is the upstream that passed it on; `reason` why it is not believed.

    `age_ms` is how old its answer is by our clock; `url` is where an order for a bundle of it is placed. `more`: whether it has
    more bundles than it tells; None where that is not known.
    """

    node: str
    name: str
    url: str
    via: str
    state: PeerWord
    reason: str
    age_ms: int | None
    bundles: list[dict[str, Any]]
    more: bool | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The requests of one search, under way until `until` (of time.monotonic); without a seat nobody was asked.

    `beyond` are the peers that are not asked, since there are more than a node asks.
    """

    question: Question
    peers: list[Peer]
    beyond: list[Peer]
    requests: dict[str, "Future[Answer]"]
    until: float
    seated: bool


@contextmanager
def searching(*, demand: dict[str, Any], deadline_ms: int, before: Question | None = None) -> Iterator[Asked]:
    """Ask every attached peer that the question did not come through; `before` is the question that is handed on.

    The requests run while the caller does its own part within the block.
    """
    question = Question(
        search=uuid4().hex if before is None else before.search,
        path=(*(before.path if before else ()), settings.NODE_CODE),
        hops=MOST_HOPS if before is None else before.hops - 1,
        deadline_ms=deadline_ms,
        demand=demand,
    )
    found = Peer.objects.filter(state=PeerState.ATTACHED.value).exclude(code__in=question.path)
    attached = list(found.order_by("code"))
    peers, beyond = attached[:MOST_PEERS], attached[MOST_PEERS:]
    until = time.monotonic() + deadline_ms / 1000
    asked = Asked(question, peers, beyond, {}, until, seated=SEATS.acquire(blocking=False))
    body = question.encode()
    for peer in peers if asked.seated else ():
        under_way = [each for each in UNDER_WAY.get(peer.code, ()) if not each.done()]
        if len(under_way) < EACH:
            url = peer.url + SEARCHES
            headers = signed_request(method="POST", url=url, body=body, key=key_for(peer))
            asked.requests[peer.code] = _hands().submit(_ask, url, headers, body, until)
            UNDER_WAY[peer.code] = [*under_way, asked.requests[peer.code]]
    try:
        yield asked
    finally:
        for request in asked.requests.values():
            request.cancel()
        if asked.seated:
            SEATS.release()


@cache
def _hands() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_PEERS * EACH, thread_name_prefix="search")


def _ask(url: str, headers: Mapping[str, str], body: bytes, until: float) -> Answer:
    seconds = max(0.01, until - time.monotonic())
    with PeerClient() as client:
        return ask(client, "POST", url, headers=headers, body=body, seconds=seconds, largest=LARGEST_ANSWER)


def heard(asked: Asked) -> list[Word]:
    """What every node said by the deadline, in the order of codes, those that our upstream passed on included.

    Who answers for itself is not heard through another.
    """
    words: dict[str, Word] = {}
    passed: list[tuple[Peer, Passed]] = []
    replies, at = _statements(asked), now()
    for peer, reply in replies:
        found = _found(asked, peer, reply, at) if isinstance(reply, Statement) else reply
        words[peer.code] = _said(found, at, node=peer.code, name=peer.name, url=peer.url, via="")
        passed += [(peer, each) for each in found.passed] if isinstance(found, Found) else []
    for peer, each in passed:
        if each.node not in words:
            words[each.node] = _word_passed(asked.question, peer, each, at)
    return [word for _, word in sorted(words.items())]


def answer_search(*, peer: Peer, body: bytes) -> Statement:
    """Sign what this node answers to a peer's question, with the signed answers of those that it hands it on to.

    A downstream's question is handed on. One that came through this node before is answered with nothing. Raises
    EnvelopeMalformed, and AnswersFull where as many are answered already as leave room for local users.
    """
    question = read_question(body, asker=peer.code)
    bundles: list[dict[str, Any]] = []
    passed: list[Passed] = []
    if settings.NODE_CODE not in question.path:
        left = max(1, int(question.deadline_ms * HANDED_ON))
        on = question.hops > 1 and peer.relation == Relation.DOWNSTREAM.value
        further = searching(demand=question.demand, deadline_ms=left, before=question)
        with further if on else nullcontext() as asked:
            if runs_here(System.SELECTION):
                with _answering():
                    bundles = answer_here(question.demand, MOST_BUNDLES + 1)  # one more, to know of it
            replies = _statements(asked) if asked else []
        passed = [each for each in (_to_pass(*reply) for reply in replies) if each is not None]
    key = key_for(peer)
    return sign_found(
        question,
        node=settings.NODE_CODE,
        at=now(),
        bundles=bundles,
        passed=passed,
        suite=key.suite,
        private_key=key.private_key,
    )


@contextmanager
def _answering() -> Iterator[None]:
    if not ANSWERING.acquire(blocking=False):
        raise AnswersFull
    try:
        yield
    finally:
        ANSWERING.release()


Reply = tuple[Peer, Statement | PeerWord | Disbelief]


def _statements(asked: Asked) -> list[Reply]:
    """Each peer's statement by the deadline, or why there is none."""
    wait(asked.requests.values(), timeout=max(0.0, asked.until - time.monotonic()))
    replies: list[Reply] = [(peer, _statement(asked, asked.requests.get(peer.code))) for peer in asked.peers]
    return [*replies, *((peer, PeerWord.BUSY) for peer in asked.beyond)]


def _statement(asked: Asked, request: "Future[Answer] | None") -> Statement | PeerWord | Disbelief:
    if not asked.seated:
        return PeerWord.BUSY
    if request is None or not request.done():
        return PeerWord.SILENT
    try:
        answer = request.result()
    except AnswerTooLargeError:
        return Disbelief.TOO_LARGE
    except (PeerSilentError, ValueError):  # ValueError: an address that is none
        return PeerWord.SILENT
    if answer.status != 200:  # noqa: PLR2004
        return PeerWord.FULL if answer.status == AnswersFull.status else Disbelief.STATUS
    return from_wire(answer.body) or Disbelief.UNREADABLE


def _found(asked: Asked, peer: Peer, statement: Statement, at: datetime) -> Found | Disbelief:
    """What a peer itself found. Only our upstream passes others on, none that the question came through."""
    key = key_of(peer, statement.key_id)
    if key is None or not key.valid_at(at):
        return Disbelief.UNSIGNED
    try:
        found = open_found(
            statement, asked.question, node=peer.code, suite=key.suite, public_key=key.public_key, at=at
        )
    except DisbeliefError as error:
        return error.reason
    others = [each.node for each in found.passed]
    going_round = set(others) & {peer.code, *asked.question.path} or len(set(others)) < len(others)
    if going_round or (others and peer.relation != Relation.UPSTREAM.value):
        return Disbelief.LOOP
    return Disbelief.PREFIX if found.bundles and not _has_prefix(peer) else found


def _has_prefix(peer: Peer) -> bool:
    """Whether anything can be the peer's own: of a downstream, only what stands under a prefix that we delegated to it."""
    if peer.relation != Relation.DOWNSTREAM.value:
        return True
    return DelegatedPrefix.objects.filter(peer=peer, prefix=f"{NATIONAL}.{peer.code}").exists()


def _word_passed(question: Question, peer: Peer, passed: Passed, at: datetime) -> Word:
    """What a node said that our upstream passed on: signed by the key that the upstream vouches for, with nobody behind."""
    found: Found | Disbelief
    try:
        suite, public_key = suite_of_key(dict(passed.key))
        found = open_found(
            passed.statement, question, node=passed.node, suite=suite, public_key=public_key, at=at
        )
    except DisbeliefError as error:
        found = error.reason
    except (ValueError, TypeError, KeyError):
        found = Disbelief.UNSIGNED
    if isinstance(found, Found) and found.passed:
        found = Disbelief.LOOP
    return _said(found, at, node=passed.node, name=passed.name, url=passed.url, via=peer.code)


def _said(found: Found | PeerWord | Disbelief, at: datetime, **about: str) -> Word:
    if isinstance(found, Found):
        age = max(0, round((at - found.answered_at).total_seconds() * 1000))
        return Word(
            **about,
            state=PeerWord.ANSWERED,
            reason="",
            age_ms=age,
            bundles=found.bundles,
            more=found.more,
        )
    state = found if isinstance(found, PeerWord) else PeerWord.REFUSED
    reason = found.value if isinstance(found, Disbelief) else ""
    return Word(**about, state=state, reason=reason, age_ms=None, bundles=[], more=None)


def _to_pass(peer: Peer, statement: Statement | PeerWord | Disbelief) -> Passed | None:
    """A peer's answer with the key that it is registered with; of whoever said nothing, nothing."""
    key = key_of(peer, statement.key_id) if isinstance(statement, Statement) else None
    if not isinstance(statement, Statement) or key is None or not key.valid_at(now()):
        return None
    if not _has_prefix(peer):
        return None
    return Passed(peer.code, peer.name, peer.url, key.suite.jwk(key.public_key), statement)

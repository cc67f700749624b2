"""G-5: letters that a peer never wrote, or wrote twice, beside its true ones and at the same moment: none is taken."""

import base64
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from secrets import token_urlsafe
from typing import Any, LiteralString, Protocol
from urllib.parse import urlencode, urlsplit

from kernel.crypto.digests import content_digest
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.filings import FilingAct
from nodes.domain.keys import AGGREGATE, STREAM, NextKey
from tests.attacks._streams_nation import told
from tests.nodes.far import FEDERATION, FarNode
from tests.nodes.test_receiving import code, filing

COVERED = (
    *("@method", "@authority", "@path", "@query"),
    *("content-type", "content-digest", "cin-stream", "cin-sequence"),
)
REFUSAL = re.compile(r"[(（]([a-z_]+)[)）]")
FORGED = "370000"  # the region in whose name is written
HOUR = 3600  # seconds
HELD = """
    SELECT p.code, s.name, m.sequence, m.body FROM incoming m
    JOIN inbound_stream s ON s.id = m.stream_id JOIN peer p ON p.id = s.peer_id
"""
ALARMED = "SELECT count(DISTINCT sequence) FROM node_alarm WHERE kind = 'equivocation' AND stream = 'filings'"
ELSEWHERE = "SELECT (SELECT count(*) FROM filing), (SELECT count(*) FROM peer_key), (SELECT count(*) FROM inbound_stream)"
AGED = "UPDATE peer_key SET valid_until = now() - interval '1 hour' WHERE key_id = %s"


class Receiver(Protocol):
    """The node that is asked, and what its database holds."""

    @property
    def url(self) -> str:
        """Its own address."""

    def invite(self, code: str) -> str:
        """A token for the region of this code."""

    def post(self, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of one request."""

    def rows(self, query: LiteralString, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """What a statement gives, as the owner of the database."""


@dataclass(frozen=True)
class Sent:
    """A request as it goes out."""

    target: str
    headers: dict[str, str]
    body: bytes

    def but(self, **headers: str) -> "Sent":
        """The same with other headers, their names with underscores; an empty one is left out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in (self.headers | named).items() if value}
        return replace(self, headers=kept)


@dataclass(frozen=True)
class Letter:
    """What a request says and is signed over, each part open to a forger: `sign` believes all of it.

    `digested` is what the digest is of, where it is not the body; `more` is put behind the query. Times in seconds.
    """

    authority: str
    sequence: str
    aggregate: str
    body: bytes
    private_key: bytes
    stream: str = "filings"
    said_stream: str = ""
    more: str = ""
    digested: bytes | None = None
    age: float = 0
    lifetime: int = 300
    nonce: str = field(default_factory=lambda: token_urlsafe(24))
    key_id: str = ""
    algorithm: str = SUITE.signature_algorithm
    covered: tuple[str, ...] = COVERED

    def sign(self) -> Sent:
        """Sign it after RFC 9421, without this project's signer."""
        path = f"{FEDERATION}/streams/{self.stream}/messages"
        query = f"{urlencode({'aggregate': self.aggregate})}{self.more}"
        headers = {
            "content-type": "application/json",
            "content-digest": content_digest(
                SUITE.digest_algorithm, self.body if self.digested is None else self.digested
            ),
            "cin-stream": self.said_stream or self.stream,
            "cin-sequence": self.sequence,
        }
        parts = {
            "@method": "POST",
            "@authority": self.authority,
            "@path": path,
            "@query": f"?{query}",
        } | headers
        created = int(time.time() - self.age)
        key_id = self.key_id or SUITE.key_id(SUITE.public_key(self.private_key))
        parameters = (
            f"({' '.join(f'{chr(34)}{name}{chr(34)}' for name in self.covered)});created={created}"
            f';expires={created + self.lifetime};nonce="{self.nonce}";keyid="{key_id}";alg="{self.algorithm}"'
        )
        base = [f'"{name}": {parts[name]}' for name in self.covered] + [f'"@signature-params": {parameters}']
        signature = base64.b64encode(SUITE.sign(self.private_key, "\n".join(base).encode())).decode()
        signed = {"signature-input": f"cin={parameters}", "signature": f"cin=:{signature}:"}
        return Sent(f"{path}?{query}", headers | signed, self.body)


@dataclass(frozen=True)
class Enemy:
    """What a forger may hold: a key that the region has left behind, another region's, one's that has gone, nobody's."""

    old: bytes
    other: bytes
    gone: bytes
    nobody: bytes = field(default_factory=SUITE.new_private_key)


def _without(letter: Letter, name: str) -> Sent:
    return replace(letter, covered=tuple(each for each in COVERED if each != name)).sign()


def _reordered(letter: Letter, _: Enemy) -> Sent:
    """The covered components named in another order than the one that was signed."""
    sent = letter.sign()
    names = [f'"{name}"' for name in COVERED]
    turned = sent.headers["signature-input"].replace(" ".join(names), " ".join(reversed(names)))
    return sent.but(signature_input=turned)


def _swapped(letter: Letter, _: Enemy) -> Sent:
    """Another body with the digest that is its own, under the signature of the true one."""
    body = letter.body.replace(b"pool", b"POOL")
    return replace(letter.sign().but(content_digest=content_digest(SUITE.digest_algorithm, body)), body=body)


def _twice(letter: Letter, _: Enemy) -> Sent:
    sent = letter.sign()
    both = {name: f"{sent.headers[name]}, x{sent.headers[name]}" for name in ("signature-input", "signature")}
    return sent.but(**both)


def _fresh(letter: Letter, **changed: Any) -> Sent:
    """Signed by the region itself, so under a nonce of its own: a true one may be spent by what it says."""
    return replace(letter, nonce=token_urlsafe(24), **changed).sign()


Forge = Callable[[Letter, Enemy], Sent]
# what is made of a true letter, and the code of the one answer to it
KINDS: dict[str, tuple[str, Forge]] = {
    "old key": ("key_not_valid", lambda true, enemy: replace(true, private_key=enemy.old).sign()),
    "body swapped": ("digest_mismatch", lambda true, _: replace(true.sign(), body=true.body + b" ")),
    "body and digest swapped": ("signature_invalid", _swapped),
    "components reordered": ("signature_invalid", _reordered),
    "signed over another body": ("digest_mismatch", lambda true, _: replace(true, digested=b"{}").sign()),
    "for another node": (
        "signature_invalid",
        lambda true, _: replace(true, authority="other.example").sign(),
    ),
    "number swapped": (
        "signature_invalid",
        lambda true, _: true.sign().but(cin_sequence=f"{true.sequence}0"),
    ),
    "stream swapped": (
        "signature_invalid",
        lambda true, _: replace(
            (sent := true.sign()).but(cin_stream="filings.x"),
            target=sent.target.replace("/filings/", "/filings.x/"),
        ),
    ),
    "thing swapped": (
        "signature_invalid",
        lambda true, _: replace(true.sign(), target=f"{true.sign().target}0"),
    ),
    "content type swapped": ("signature_invalid", lambda true, _: true.sign().but(content_type="text/plain")),
    "key of nobody": ("key_unknown", lambda true, enemy: replace(true, private_key=enemy.nobody).sign()),
    "key of one that has gone": (
        "key_unknown",
        lambda true, enemy: replace(true, private_key=enemy.gone).sign(),
    ),
    "key of another under its name": (
        "signature_invalid",
        lambda true, enemy: replace(
            true, private_key=enemy.other, key_id=SUITE.key_id(SUITE.public_key(true.private_key))
        ).sign(),
    ),
    "another algorithm": (
        "signature_algorithm",
        lambda true, _: replace(true, algorithm="hmac-sha256").sign(),
    ),
    "too late": ("signature_expired", lambda true, _: replace(true, age=HOUR).sign()),
    "too early": ("clock_ahead", lambda true, _: replace(true, age=-HOUR).sign()),
    "for too long": ("signature_lifetime", lambda true, _: replace(true, lifetime=2 * HOUR).sign()),
    "no signature": ("signature_missing", lambda true, _: true.sign().but(signature="")),
    "two signatures": ("signature_malformed", _twice),
    "short nonce": ("signature_malformed", lambda true, _: replace(true, nonce="x").sign()),
    "number not covered": ("signature_coverage", lambda true, _: _without(true, "cin-sequence")),
    "digest not covered": ("signature_coverage", lambda true, _: _without(true, "content-digest")),
    "thing not covered": ("signature_coverage", lambda true, _: _without(true, "@query")),
    "two streams": ("invalid_field", lambda true, _: _fresh(true, said_stream="reports.trade")),
    "no number": ("envelope_malformed", lambda true, _: _fresh(true, sequence=f"0{true.sequence}")),
    "more than a query has": ("envelope_malformed", lambda true, _: _fresh(true, more="&aggregate=x")),
    "corrects what is to come": (
        "envelope_malformed",
        lambda true, _: _fresh(true, more="&supersedes=999999999"),
    ),
}
# beside them, in every round: both letters under one number sent twice at once, and the round before told again, in its
# own words and in others
IN_A_ROUND = len(KINDS) + 5


def verdict(status: int, body: bytes) -> str:
    """What an answer says: the outcome of a receipt, the reason of a refused signature, else the code of a problem."""
    document = json.loads(body)
    if "payload" in document:
        return str(json.loads(base64.b64decode(document["payload"]))["outcome"])
    if document.get("code") == "signature_refused":
        return str(REFUSAL.findall(document["detail"])[0])
    return str(document.get("code", status))


class Region(FarNode):
    """A region with a key, that asks by any way."""

    def attach(self, receiver: Receiver) -> None:
        """Attach it to the receiver."""
        asked = {
            "token": receiver.invite(self.code).split(".", maxsplit=1)[0],
            "code": self.code,
            "name": f"节点 {self.code}",
            "role": self.role,
            "url": self.url,
            "key": self.suite.jwk(self.public_key),
        }
        self.ask(receiver, f"{FEDERATION}/attachments", asked, 201)

    def ask(self, receiver: Receiver, target: str, document: object, expected: int, **headers: str) -> None:
        """Send one signed request, and see that its status is this one."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = receiver.post(target, self.signed("POST", target, body, headers=named), body)
        assert answer[0] == expected, answer

    def rotate(self, receiver: Receiver) -> bytes:
        """Let a new key follow; the former one, whose time is over."""
        old, new = self.private_key, self.suite.new_private_key()
        news = NextKey(self.code, 2, self.suite, self.suite.public_key(new)).encode(new)
        target = f"{FEDERATION}/streams/{STREAM}/messages?aggregate={AGGREGATE}"
        self.ask(receiver, target, news, 200, cin_stream=STREAM, cin_sequence="1")
        receiver.rows(AGED, [self.key_id])
        self.private_key = new
        return old


Map = Callable[[Callable[[Sent], str], list[Sent]], Iterable[str]]


class Forgeries:
    """Rounds of true letters with every forgery of them, in any order and at once; what was taken that should not be."""

    def __init__(self, receiver: Receiver, seed: int, at_once: Map) -> None:
        """Attach three regions: the one that is forged, one that looks on and one that leaves."""
        self.receiver, self.at_once, self.dice = receiver, at_once, Random(seed)
        self.region, other, gone = (Region(each, ours=receiver.url) for each in (FORGED, "330000", "340000"))
        for each in (self.region, other, gone):
            each.attach(receiver)
        gone.ask(receiver, f"{FEDERATION}/detachments", {"reason": "演示"}, 200)
        self.enemy = Enemy(self.region.rotate(receiver), other.private_key, gone.private_key)
        self.answers: Counter[str] = Counter()
        self.taken: list[bytes] = []
        self.last: Sent | None = None

    def _letter(self, number: int, which: int) -> Letter:
        thing = code(10_000_000 * which + number, f"86.{FORGED}")
        authority = urlsplit(self.receiver.url).netloc
        return Letter(authority, str(number), thing, filing(FilingAct.ISSUE, thing), self.region.private_key)

    def _said(self, sent: Sent) -> str:
        turned = list(sent.headers.items())
        self.dice.shuffle(turned)  # the order of headers means nothing
        return verdict(*self.receiver.post(sent.target, dict(turned), sent.body))

    def round(self, number: int) -> Iterator[str]:
        """Two letters under the next number, each sent twice, with all that is forged of the first; what was wrong."""
        letters = [self._letter(number, which) for which in (0, 1)]
        true = [each.sign() for each in letters]
        told_again = [self.last, self._letter(number - 1, 2).sign()] if self.last else []
        forged = [make(letters[0], self.enemy) for _, make in KINDS.values()]
        sent = [*true, *true, *told_again, *forged]
        order = self.dice.sample(range(len(sent)), len(sent))
        said = dict(zip(order, self.at_once(self._said, [sent[each] for each in order]), strict=True))
        self.answers.update(said.values())
        firsts = [{said[which], said[which + 2]} - {"nonce_replayed"} for which in (0, 1)]
        if sorted(map(sorted, firsts)) != [["equivocation"], ["stored"]]:
            yield f"two letters under number {number}, each sent twice: {[said[each] for each in range(4)]}"
        wanted = [
            *(["nonce_replayed", "equivocation"] if told_again else []),
            *(why for why, _ in KINDS.values()),
        ]
        names = [*(["replay", "equivocation"] if told_again else []), *KINDS]
        for place, (name, want) in enumerate(zip(names, wanted, strict=True), start=4):
            if said[place] != want:
                yield f"number {number}, {name}: {said[place]}, not {want}"
        won = 0 if firsts[0] == {"stored"} else 1
        self.taken.append(letters[won].body)
        self.last = true[won]

    def held(self) -> set[tuple[str, str, int, bytes]]:
        """Every message that the receiver holds."""
        return {(who, stream, number, bytes(body)) for who, stream, number, body in self.receiver.rows(HELD)}


def forgeries(receiver: Receiver, count: int, seed: int, at_once: Map) -> list[str]:
    """Let at least `count` forgeries be sent, `at_once` as it maps; what was taken or answered wrongly, in words."""
    began = time.monotonic()
    attack = Forgeries(receiver, seed, at_once)
    before, ((filings, keys, streams),) = attack.held(), receiver.rows(ELSEWHERE)
    rounds = -(-(count + 2) // IN_A_ROUND)  # the first has two fewer: nothing was said before it
    broken = [each for number in range(1, rounds + 1) for each in attack.round(number)]
    true = {(FORGED, "filings", number, body) for number, body in enumerate(attack.taken, start=1)}
    if extra := attack.held() - before - true:
        broken.append(f"{len(extra)} forgeries are held: {sorted(extra)[:3]}")
    if missing := (before | true) - attack.held():
        broken.append(f"{len(missing)} true letters are not held: {sorted(missing)[:3]}")
    ((after, *same),) = receiver.rows(ELSEWHERE)
    if (after - filings, *same) != (rounds, keys, streams + 1):
        broken.append(
            f"{after - filings} of {rounds} filed, keys and streams {[keys, streams]} became {same}"
        )
    ((alarmed,),) = receiver.rows(ALARMED)
    if alarmed != rounds:
        broken.append(f"{alarmed} of {rounds} numbers with two letters have their alarm")
    taken = len(extra)
    done = f"{rounds * IN_A_ROUND - 2} forgeries beside {rounds} true letters, {taken} taken, {dict(sorted(attack.answers.items()))}"
    return told("G-5 forgeries", done, broken, seed=seed, began=began)

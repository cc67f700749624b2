"""Codes of other nodes: the way to them, their own signed word, and nodes that are slow, lie or send in circles."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from demo.verify_identifier import verify
from identifiers.domain.answers import CONTEXT, AnswerType, encode, stated
from identifiers.domain.codes import Code
from identifiers.domain.foreign import Doubt, DoubtError, open_answer, open_delegation, read_json
from identifiers.services import hierarchy
from kernel import egress
from kernel.crypto.messages import RegisteredKey
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.errors import CallbackRefused
from nodes.models import DelegatedPrefix, Peer, PeerKeyRow
from tests.support.cast import World

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
NATION, ZHEJIANG, STRANGER = (SUITE.new_private_key() for _ in range(3))
CODE = next(code for n in range(40) if (code := Code.of_number("86.330000", n)))
OTHER = next(code for n in range(40, 80) if (code := Code.of_number("86.330000", n)))
ABOVE, THERE = "https://national.example", "https://zhejiang.example"


def key_of(private: bytes) -> RegisteredKey:
    public = SUITE.public_key(private)
    return RegisteredKey(SUITE.key_id(public), "n", SUITE, public, BEGIN)


def said(private: bytes, kind: AnswerType, *, at: datetime | None = None, **facts: Any) -> dict[str, Any]:
    """An answer of another node, signed with its key."""
    whole = stated(kind, facts, node="x", at=at or datetime.now(UTC)) | facts
    return {**whole, "statement": sealed(private, encode(whole))}


def sealed(private: bytes, payload: bytes) -> dict[str, str]:
    signature = SUITE.sign(private, CONTEXT + payload)
    return {
        "payload": base64.b64encode(payload).decode(), "keyid": key_of(private).key_id, "alg": "ed25519",
        "signature": base64.b64encode(signature).decode(),
    }  # fmt: skip


def resolution(private: bytes = ZHEJIANG, code: Code = CODE, **more: Any) -> dict[str, Any]:
    return said(private, AnswerType.RESOLUTION, code=str(code), state="active", **more)


def delegation(private: bytes = NATION, prefix: str = "86.330000", **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"holder": "330000", "name": "浙江", "url": THERE}
    facts["keys"] = [SUITE.jwk(SUITE.public_key(ZHEJIANG))]
    return said(private, AnswerType.DELEGATION, prefix=prefix, **(facts | more))


LONG = timedelta(hours=1)
NOW = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
LIES: dict[str, tuple[dict[str, Any], Doubt]] = {
    "another key": (resolution(STRANGER, at=NOW), Doubt.UNSIGNED),
    "another code": (resolution(code=OTHER, at=NOW), Doubt.MISPLACED),
    "a delegation": (delegation(ZHEJIANG, at=NOW), Doubt.MISPLACED),
    "expired": (resolution(at=NOW - LONG), Doubt.EXPIRED),
    "from the future": (resolution(at=NOW + LONG), Doubt.EXPIRED),
    "for too long": (resolution(at=NOW, valid_until="2999-01-01T00:00:00Z"), Doubt.EXPIRED),
    "times of another kind": (resolution(at=NOW, valid_until=["soon"]), Doubt.MALFORMED),
    "nothing signed": ({"code": str(CODE)}, Doubt.MALFORMED),
    "no object": ({"statement": 7}, Doubt.MALFORMED),
    "a list inside": ({"statement": sealed(ZHEJIANG, b"[]")}, Doubt.MALFORMED),
}


@pytest.mark.parametrize(("document", "doubt"), LIES.values(), ids=LIES.keys())
def test_what_is_not_the_holder_s_word_about_this_code_now_is_doubted(
    document: dict[str, Any], doubt: Doubt
) -> None:
    with pytest.raises(DoubtError) as caught:
        open_answer(document, CODE, keys=[key_of(ZHEJIANG)], at=NOW)
    assert caught.value.doubt is doubt


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_doubted(body: bytes) -> None:
    for wrapped in (body, b'{"statement":{"payload":"' + base64.b64encode(body) + b'"}}'):
        with pytest.raises(DoubtError):
            open_answer(read_json(wrapped), CODE, keys=[key_of(ZHEJIANG)], at=BEGIN)


def test_a_key_that_is_not_valid_any_more_signs_nothing() -> None:
    former = RegisteredKey(key_of(NATION).key_id, "n", SUITE, SUITE.public_key(NATION), BEGIN, BEGIN + LONG)
    with pytest.raises(DoubtError):
        open_delegation(delegation(), "86.330000", keys=[former], at=datetime.now(UTC))


class Net:
    """The other nodes as `egress.get` meets them, and who was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Callable[[], Any]] = {
            f"{ABOVE}/api/v1/identifier-prefixes/86.330000": delegation,
            f"{THERE}/api/v1/identifiers/{CODE}": resolution,
        }

    def get(self, url: str, *, seconds: float, keep: int, **more: Any) -> egress.Answer:
        assert (seconds, keep) == (3.0, 65536)
        path, _, query = url.partition("?")
        assert query == "final=true", "nobody is to ask further on our behalf"
        self.asked.append(path)
        body = self.answers[path]()
        return egress.Answer(200, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Net]:
    """Our node is Jiangsu's, below the nation; Zhejiang is a stranger to it."""
    cache.clear()
    peer("000000", "upstream", "national", ABOVE, NATION)
    net = Net()
    monkeypatch.setattr(egress, "get", net.get)
    yield net
    cache.clear()


def peer(code: str, relation: str, role: str, url: str, private: bytes) -> Peer:
    row = Peer.objects.create(code=code, name=code, role=role, relation=relation, url=url)
    key = key_of(private)
    PeerKeyRow.objects.create(
        peer=row, key_id=key.key_id, suite=SUITE.name, public_key=key.public_key, valid_from=BEGIN
    )
    return row


HERE = f"/api/v1/identifiers/{CODE}"


def test_a_region_sends_to_the_nation_and_the_nation_to_the_holder_who_sends_no_further(
    world: World, net: Net, settings: Settings
) -> None:
    up = world.nobody.get(HERE)
    assert (up.status_code, up["Location"]) == (307, f"{ABOVE}{HERE}")
    assert world.nobody.get(f"{HERE}?final=true").json()["code"] == "prefix_elsewhere"
    assert world.nobody.get(f"/api/v1/resolve?code={CODE}")["Location"] == f"{ABOVE}{HERE}"
    assert world.nobody.get("/api/v1/identifier-prefixes/86.330000")["Location"].startswith(ABOVE)
    settings.NODE_ROLE, settings.NODE_CODE = "national", "000000"
    Peer.objects.all().update(relation="downstream")
    holder = peer("330000", "downstream", "regional", THERE, ZHEJIANG)
    DelegatedPrefix.objects.create(prefix="86.330000", peer=holder)
    down = world.nobody.get(HERE)
    assert (down.status_code, down["Location"]) == (307, f"{THERE}{HERE}?final=true")
    told = world.nobody.get("/api/v1/identifier-prefixes/86.330000").json()
    assert (told["holder"], told["keys"]) == ("330000", [SUITE.jwk(SUITE.public_key(ZHEJIANG))])
    key = world.nobody.get("/api/v1/node-key").json()
    fetched = world.nobody.get(f"{HERE}?fetched=true").json()
    assert verify(fetched, key, code=str(CODE), now=datetime.now(UTC))["state"] == "active"
    assert net.asked == [f"{THERE}{HERE}"], "the nation knows the holder itself"
    nobody_s = next(str(code) for n in range(40) if (code := Code.of_number("86.990000", n)))
    denial = world.nobody.get(f"/api/v1/identifiers/{nobody_s}").json()
    assert verify(denial, key, code=nobody_s, now=datetime.now(UTC))["type"] == "denial"
    none = world.nobody.get("/api/v1/identifier-prefixes/86.990000")
    assert (none.status_code, none.json()["code"], "statement" in none.json()) == (
        404,
        "prefix_unknown",
        True,
    )


def test_an_answer_that_is_fetched_carries_its_node_s_signature_and_the_nation_s_word_for_the_key(
    world: World, net: Net
) -> None:
    found = world.nobody.get(f"{HERE}?fetched=true")
    key = {"keyid": key_of(NATION).key_id, "jwk": SUITE.jwk(SUITE.public_key(NATION))}
    assert found.status_code == 200, found.content
    assert verify(found.json(), key, code=str(CODE), now=datetime.now(UTC))["state"] == "active"
    assert 0 < int(found["Cache-Control"].split("=")[1]) <= 30
    assert world.nobody.get(f"{HERE}?fetched=true").json() == found.json()
    assert net.asked == [f"{ABOVE}/api/v1/identifier-prefixes/86.330000", f"{THERE}{HERE}"]


def _silent() -> Any:
    raise egress.NoAnswerError("slow")


def _inside() -> Any:
    raise CallbackRefused(pointer="/code", reason_zh="内网", reason_en="inside")


FAULTS: dict[str, tuple[str, Callable[[], Any], str]] = {
    "the holder is slow": (THERE, _silent, "330000"),
    "the holder points inside": (THERE, _inside, "330000"),
    "the holder sends in a circle": (THERE, lambda: b"", "330000"),
    "the holder sends rubbish": (THERE, lambda: b"[" * 60_000, "330000"),
    "the holder answers about another code": (THERE, lambda: resolution(code=OTHER), "330000"),
    "a stranger answers in its place": (THERE, lambda: resolution(STRANGER), "330000"),
    "the nation is slow": (ABOVE, _silent, "000000"),
    "a stranger names the holder": (ABOVE, lambda: delegation(STRANGER), "000000"),
    "the nation names a holder of another prefix": (ABOVE, lambda: delegation(prefix="86.340000"), "000000"),
    "the nation names no key that is one": (ABOVE, lambda: delegation(keys=[{"kty": "RSA"}]), "000000"),
    "the nation names no address": (ABOVE, lambda: delegation(url=None), "000000"),
}


@pytest.mark.parametrize(("where", "fault", "who"), FAULTS.values(), ids=FAULTS.keys())
def test_a_node_that_fails_is_named_and_left_in_peace_for_a_while(
    world: World, net: Net, where: str, fault: Callable[[], Any], who: str
) -> None:
    (address,) = [each for each in net.answers if each.startswith(where)]
    net.answers[address] = fault
    first = world.nobody.get(f"{HERE}?fetched=true", Accept_Language="en")
    assert (first.status_code, first.json()["code"], first["Retry-After"]) == (503, "holder_failed", "10")
    assert f"Node {who}:" in first.json()["detail"]
    asked = list(net.asked)
    assert len(asked) <= 2
    other = world.nobody.get(f"/api/v1/identifiers/{OTHER}?fetched=true")
    assert other.json()["code"] == "holder_failed"
    assert [each for each in net.asked[len(asked) :] if each.startswith(where)] == [], "it is not asked again"


def test_what_nobody_holds_is_denied_in_the_nation_s_word(world: World, net: Net) -> None:
    address = f"{ABOVE}/api/v1/identifier-prefixes/86.330000"
    net.answers[address] = lambda: said(NATION, AnswerType.DENIAL, prefix="86.330000")
    found = world.nobody.get(f"{HERE}?fetched=true")
    assert (found.status_code, found.json()["code"], "statement" in found.json()) == (
        404,
        "unknown_code",
        True,
    )


def test_readers_of_other_nodes_codes_do_not_take_every_thread(world: World, net: Net) -> None:
    places = [hierarchy.AT_ONCE.acquire(blocking=False) for _ in range(2)]
    try:
        busy = world.nobody.get(f"{HERE}?fetched=true")
        assert (busy.status_code, busy.json()["code"], net.asked) == (503, "busy", [])
    finally:
        for taken in places:
            if taken:
                hierarchy.AT_ONCE.release()
    assert world.nobody.get(f"{HERE}?fetched=true").status_code == 200


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        (f"{HERE}?fetched=perhaps", "fetched"),
        (f"{HERE}?depth=2", "depth"),
        ("/api/v1/identifier-prefixes/87", "prefix"),
        ("/api/v1/identifier-prefixes/86.33", "prefix"),
    ],
)
def test_bad_input_names_its_field(world: World, db: None, path: str, parameter: str) -> None:
    answer = world.nobody.get(path)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, parameter)

"""Searches across nodes: whatever a peer does, our own answer stands, in time, and nothing false stands beside it."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.searches import (
    CONTEXT,
    LARGEST_ANSWER,
    MOST_BUNDLES,
    Disbelief,
    DisbeliefError,
    Passed,
    Question,
    open_found,
    read_question,
    sign_found,
)
from nodes.domain.statements import Statement, from_wire, sign_statement
from nodes.errors import EnvelopeMalformed
from nodes.models import Peer
from nodes.services import searches
from nodes.services.signing import current_key
from tests.aggregation.supply import made
from tests.nodes.far import FEDERATION, FarNode, FarUpstream
from tests.scheduling.live import demand, let_a_second_pass, open_market, send_csv
from tests.scheduling.test_remote import HONEST
from tests.support.cast import World

DEAR = "\n".join(
    [
        "line_provider,technology,bandwidth_mbps,zone,one_off_cny,monthly_cny",
        *(f"line-jia,otn,{step},same_city,999999999999,999999999999" for step in (1000, 10000)),
    ]
)
PRICE = {"compute": "80000", "line": "5000", "total": "85000"}
NOW = datetime(2026, 6, 1, tzinfo=UTC)
QUESTION = Question("0" * 32, ("320000",), 2, 2000, {"quantity": 1})
ZHEJIANG = FarNode("330000", url="http://zhejiang.example")
PEER = FarNode("000000", role="national")


def answered(question: Question, far: FarNode, **changed: Any) -> Statement:
    fields: dict[str, Any] = {"node": far.code, "at": NOW, "bundles": [], "passed": []}
    return sign_found(question, suite=SUITE, private_key=far.private_key, **(fields | changed))


def passed(statement: Statement, far: FarNode = ZHEJIANG) -> Passed:
    return Passed(far.code, "浙江", far.url, SUITE.jwk(far.public_key), statement)


def offered(node: str, **changed: Any) -> dict[str, Any]:
    return HONEST | {"identifier": f"86.{node}/ABC"} | changed


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"path": ("320000", "000000", "330000")}, "path"),
        ({"path": ("330000",)}, "path"),
        ({"path": ()}, "path"),
        ({"hops": 3}, "hops"),
        ({"hops": 0}, "hops"),
        ({"path": ("330000", "320000"), "hops": 2}, "hops"),
        ({"deadline_ms": 0}, "deadline_ms"),
        ({"deadline_ms": 5001}, "deadline_ms"),
        ({"search": "x"}, "body"),
        ({"demand": [1]}, "body"),
        ({"demand": {"x": "x" * 70000}}, "body"),
    ],
)
def test_a_question_that_goes_too_far_or_asks_too_much_is_refused(
    changed: dict[str, Any], field: str
) -> None:
    assert read_question(QUESTION.encode(), asker="320000") == QUESTION
    with pytest.raises(EnvelopeMalformed) as refused:
        read_question(replace(QUESTION, **changed).encode(), asker="320000")
    assert refused.value.params["field"] == field


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (None, Disbelief.UNREADABLE),
        (answered(QUESTION, ZHEJIANG, node="000000"), Disbelief.UNSIGNED),
        (replace(answered(QUESTION, PEER), payload=b"{}"), Disbelief.UNSIGNED),
        (answered(replace(QUESTION, search="1" * 32), PEER), Disbelief.ANOTHER),
        (answered(replace(QUESTION, demand={"quantity": 2}), PEER), Disbelief.ANOTHER),
        (answered(QUESTION, PEER, node="330000"), Disbelief.ANOTHER),
        (answered(QUESTION, PEER, at=NOW - timedelta(seconds=301)), Disbelief.CLOCK),
        (answered(QUESTION, PEER, at=NOW + timedelta(seconds=301)), Disbelief.CLOCK),
        (answered(QUESTION, PEER, bundles=[offered("330000")]), Disbelief.PREFIX),
        (answered(QUESTION, PEER, bundles=[offered("0000001")]), Disbelief.PREFIX),
        (answered(QUESTION, PEER, bundles=[{}]), Disbelief.PREFIX),
        (answered(QUESTION, PEER, bundles=["x"]), Disbelief.UNREADABLE),
        (answered(QUESTION, PEER, passed=[passed(answered(QUESTION, ZHEJIANG))] * 17), Disbelief.TOO_LARGE),
    ],
)
def test_an_answer_that_is_not_the_peer_s_own_to_this_question_is_not_believed(
    statement: Statement | None, reason: Disbelief
) -> None:
    with pytest.raises(DisbeliefError) as refused:
        open_found(statement, QUESTION, node=PEER.code, suite=SUITE, public_key=PEER.public_key, at=NOW)
    assert refused.value.reason is reason


def from_an_earlier_release(statement: Statement, far: FarNode) -> Statement:
    """The same answer by a node that does not say whether it has more."""
    document = json.loads(statement.payload)
    del document["more"]
    payload = json.dumps(document).encode()
    return sign_statement(payload, context=CONTEXT, suite=SUITE, private_key=far.private_key)


def test_whether_a_node_has_more_than_it_tells_is_part_of_its_word() -> None:
    for many, told, said, unsaid in ((21, 20, True, None), (20, 20, False, None), (19, 19, False, False)):
        now = answered(QUESTION, PEER, bundles=[offered("000000")] * many)
        for statement, more in ((now, said), (from_an_earlier_release(now, PEER), unsaid)):
            found = open_found(
                statement, QUESTION, node="000000", suite=SUITE, public_key=PEER.public_key, at=NOW
            )
            assert (len(found.bundles), found.more) == (told, more)


@pytest.fixture
def market(world: World, nation: FarUpstream) -> FarUpstream:
    """One offer here that is sellable, and the nation as our upstream, which answers searches as the test says."""
    open_market(world)
    asked = {"url": nation.url, "token": nation.token}
    assert world.otto.post("/api/v1/upstreams", asked).status_code == 201
    return nation


@pytest.fixture(autouse=True)
def _nothing_under_way() -> Iterator[None]:
    yield
    searches.UNDER_WAY.clear()


def select(world: World, **peers: Any) -> Any:
    body = demand() | {"max_total_cny": None, "peers": {"deadline_ms": 1500, **peers}}
    return world.ben.post("/api/v1/selections", body)


def near(question: Question, node: str, **changed: Any) -> dict[str, Any]:
    """A bundle that fits the question, next to where it starts."""
    asked, place = question.demand, question.demand["from_coordinates"]
    fits = {"quantity": asked["quantity"], "bandwidth_mbps": asked["bandwidth_mbps"], "latency_us": 300}
    return offered(node, **place, **fits, cny=PRICE, **changed)


def through_the_nation(nation: FarUpstream, offers: int = 1) -> Callable[[Question], Statement]:
    """Zhejiang's answer with bundles of so many offers, and one that a later release sells, as the nation passes it on."""

    def find(question: Question) -> Statement:
        at = datetime.now(UTC)
        more = {"end_days": 20, "usable_from": "2030-01-01", "protection": "none"}
        bundles = [near(question, "330000", offer=f"o{each}", **more) for each in range(offers)]
        bundles.append(near(question, "330000", technology="photon"))
        theirs = answered(question, ZHEJIANG, at=at, bundles=bundles)
        return answered(question, nation, at=at, passed=[passed(theirs)])

    return find


def test_a_bundle_of_another_region_stands_beside_ours_with_node_age_and_where_to_order_it(
    world: World, market: FarUpstream
) -> None:
    market.finds = through_the_nation(market)
    asks = demand() | {"max_total_cny": None, "weights": {"cny_per_kg_co2": "1"}}
    row = made(world.ben.post("/api/v1/selections", asks | {"peers": {"deadline_ms": 1500}}))
    across = row["across"]
    assert [(each["node"], each["via"], each["state"], each["bundles"]) for each in across["nodes"]] == [
        ("000000", None, "answered", 0),
        ("330000", "000000", "answered", 1),
    ]
    (remote,) = across["bundles"]
    said = [remote[name] for name in ("lead_days", "end_days", "usable_from", "protection")]
    assert said == [3, 20, "2030-01-01", "none"]
    assert remote["score"]["parts"]["kg_co2"] == {"value": "2.5", "cny": "2.5000"}
    assert [each["left_out"] for each in across["nodes"]] == [0, 1]
    assert (remote["node"], remote["order_at"]) == ("330000", f"{ZHEJIANG.url}/api/v1/selections")
    assert 0 <= remote["age_ms"] < 10_000
    ours = len(row["answer"]["bundles"])
    assert ours >= 1
    assert sorted(each["index"] for each in across["merged"]) == list(range(ours + 1))
    assert {"tenant", "demand", "from_site", "from_place"}.isdisjoint(across["order_with"])
    assert across["order_with"]["top"] == MOST_BUNDLES  # what is shown here is in the answer there
    assert across["merged_exact"] == ours + 1
    refused = world.ben.post("/api/v1/quotes", {"selection": row["id"], "bundle": ours})
    assert (refused.status_code, refused.json()["code"]) == (409, "remote_bundle")
    assert f"{ZHEJIANG.url}/api/v1/selections" in refused.json()["detail"]
    beyond = world.ben.post("/api/v1/quotes", {"selection": row["id"], "bundle": ours + 1})
    assert beyond.json()["errors"][0]["code"] == "no_such_bundle"
    assert world.ben.get(f"/api/v1/selections/{row['id']}").json()["across"] == across
    # a node that has more than it tells: ranks are told as far as all bundles were laid side by side
    market.finds = through_the_nation(market, offers=21)
    demanded = demand() | {"max_total_cny": None, "peers": {"deadline_ms": 1500}}
    for top in (0, 1, 30):
        row = world.ben.post("/api/v1/selections", demanded | {"top": top}).json()
        across, ours = row["across"], row["answer"]["bundles"]
        assert [(each["bundles"], each["more"]) for each in across["nodes"]] == [(0, False), (20, True)]
        dearer = sum(Decimal(each["cny"]["total"]) > Decimal(PRICE["total"]) for each in ours)
        every = len(ours) + 20
        assert len(across["merged"]) == min(top, every)
        assert across["merged_exact"] == min(top, every - dearer)


def raw(status: int, body: bytes, pause: float = 0.0) -> Callable[[Question], tuple[int, bytes]]:
    def find(_: Question) -> tuple[int, bytes]:
        time.sleep(pause)
        return status, body

    return find


def signed(**changed: Any) -> Callable[[FarUpstream], Callable[[Question], Statement]]:
    """The nation's own answer, harmed."""
    return lambda nation: lambda question: answered(question, nation, **({"at": datetime.now(UTC)} | changed))


def looping(nation: FarUpstream) -> Callable[[Question], Statement]:
    def find(question: Question) -> Statement:
        us = FarNode("320000", private_key=nation.private_key)
        at = datetime.now(UTC)
        return answered(question, nation, at=at, passed=[passed(answered(question, us, at=at), us)])

    return find


def passing(
    lie: Callable[[FarUpstream, Question, datetime], Statement],
) -> Callable[[FarUpstream], Callable[[Question], Statement]]:
    """The nation passes on, in good faith, what Zhejiang signed or did not."""

    def find(nation: FarUpstream, question: Question) -> Statement:
        at = datetime.now(UTC)
        return answered(question, nation, at=at, passed=[passed(lie(nation, question, at))])

    return lambda nation: lambda question: find(nation, question)


ABSURD = {"compute": "-1", "line": "0", "total": "-1"}
HARMS: list[tuple[Callable[[FarUpstream], Any], str, str, str | None]] = [
    (lambda _: raw(0, b""), "000000", "silent", None),
    (lambda _: raw(200, b"{}", pause=9), "000000", "silent", None),
    (lambda _: raw(500, b"{}"), "000000", "refused", "status"),
    (lambda _: raw(302, b"{}"), "000000", "refused", "status"),
    (lambda _: raw(503, b"{}"), "000000", "full", None),
    (lambda _: raw(200, b"["), "000000", "refused", "unreadable"),
    (lambda _: raw(200, b"[" * 100_000), "000000", "refused", "unreadable"),
    (lambda _: raw(200, b"x" * (LARGEST_ANSWER + 1)), "000000", "refused", "too_large"),
    (signed(at=NOW), "000000", "refused", "clock"),
    (signed(node="330000"), "000000", "refused", "another_question"),
    (signed(bundles=[offered("330000")]), "000000", "refused", "foreign_prefix"),
    (signed(bundles=[offered("000000", cny=ABSURD)]), "000000", "refused", "absurd:compute"),
    (looping, "000000", "refused", "loop"),
    (passing(lambda n, q, at: answered(q, n, node="330000", at=at)), "330000", "refused", "unsigned"),
    (
        passing(lambda _, q, at: answered(q, ZHEJIANG, at=at, bundles=[near(q, "340000")])),
        "330000",
        "refused",
        "foreign_prefix",
    ),
    (
        passing(lambda _, q, at: answered(q, ZHEJIANG, at=at, passed=[passed(answered(q, ZHEJIANG))])),
        "330000",
        "refused",
        "loop",
    ),
]


def test_a_peer_that_is_slow_or_lies_changes_nothing_of_ours(
    world: World, market: FarUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    for harm, who, state, reason in HARMS:
        market.finds = harm(market)
        started = time.monotonic()
        row = select(world).json()
        assert time.monotonic() - started < 8, reason
        node = next(each for each in row["across"]["nodes"] if each["node"] == who)
        assert (node["state"], node["reason"], node["bundles"]) == (state, reason, 0)
        ours = list(range(len(row["answer"]["bundles"])))
        assert [each["index"] for each in row["across"]["merged"]] == ours != []
        assert row["across"]["bundles"] == []
    monkeypatch.setattr(searches, "MOST_PEERS", 0)
    assert select(world).json()["across"]["nodes"][0]["state"] == "busy"  # beyond those that a node asks
    monkeypatch.undo()
    with searches.SEATS, searches.SEATS:  # others ask as much as this node may
        assert select(world).json()["across"]["nodes"][0]["state"] == "busy"
    market.finds = through_the_nation(market)
    assert select(world).json()["across"]["nodes"][0]["state"] == "answered"
    Peer.objects.update(relation="downstream")  # one to which no prefix was delegated
    market.finds = signed(bundles=[offered("000000")])(market)
    assert select(world).json()["across"]["nodes"][0]["reason"] == "foreign_prefix"


@pytest.mark.django_db
def test_how_long_others_may_take_is_said_in_whole_milliseconds(world: World) -> None:
    for peers, pointer in (
        ("all", "/peers"),
        ({"nodes": []}, "/peers"),
        ({"deadline_ms": 99}, "/peers/deadline_ms"),
        ({"deadline_ms": "9"}, "/peers/deadline_ms"),
    ):
        answer = world.ben.post("/api/v1/selections", demand() | {"peers": peers})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_our_node_answers_a_peer_with_what_it_alone_can_grant_and_keeps_nothing(
    world: World, market: FarUpstream
) -> None:
    place = {"from_coordinates": {"lat": "31.35", "lon": "120.70"}}
    asked = {
        name: value for name, value in demand().items() if name not in ("from_site", "from_place", "demand")
    }
    question = Question("0" * 32, ("000000",), 2, 2000, asked | place)
    with searches.ANSWERING, searches.ANSWERING:  # other peers' demands are being answered
        full = market.post(f"{FEDERATION}/searches", question.encode())
        assert (full.status_code, full.json()["code"]) == (503, "answers_full")
    answer = market.post(f"{FEDERATION}/searches", question.encode())
    statement = from_wire(answer.content)
    found = open_found(
        statement,
        question,
        node="320000",
        suite=SUITE,
        public_key=current_key().public_key,
        at=datetime.now(UTC),
    )
    assert 1 <= len(found.bundles) <= MOST_BUNDLES
    assert found.passed == []  # what comes from above goes no further down
    assert world.ben.get("/api/v1/selections").json()["items"] == []
    own = made(world.ben.post("/api/v1/selections", asked | place))
    first, install = found.bundles[0], own["installs"][0]
    assert {name: first[name] for name in ("lead_days", "end_days", "usable_from")} == {
        name: install[name] for name in ("lead_days", "end_days", "usable_from")
    }
    assert (first["end_days"] > 0, first["protection"]) == (True, "none")
    # a price of more digits than an asker reads is not told: it would make it disbelieve all the others
    made(send_csv(world.lin, "/api/v1/tariffs:import", DEAR))
    let_a_second_pass()
    assert world.ben.post("/api/v1/selections", asked | place).json()["answer"]["bundles"]
    silent = from_wire(market.post(f"{FEDERATION}/searches", question.encode()).content)
    assert silent is not None
    assert json.loads(silent.payload)["bundles"] == []
    looped = replace(question, path=("320000", "000000"), hops=1)
    again = from_wire(market.post(f"{FEDERATION}/searches", looped.encode()).content)
    assert again is not None
    assert json.loads(again.payload)["bundles"] == []
    unsigned = market.post(f"{FEDERATION}/searches", question.encode(), headers={})
    assert unsigned.status_code == 401

"""Our region sends: nothing is lost or doubled, whatever happens to requests, replies and the peer."""

import contextlib
import gzip
import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from identifiers.models import Identifier
from kernel.clock import now
from kernel.models.outbox import Delivery
from kernel.services.jobs import run_next_job
from kernel.services.outbox import drain, relay
from nodes.adapters.peers import client
from nodes.domain.sender import LONGEST_REST
from nodes.models import Envelope, NodeAlarm, OutboundStream, Outgoing, Peer
from nodes.selectors.streams import attention
from nodes.services import sending
from nodes.services.sending import LEASE, due_streams, send_stream
from nodes.services.streams import enqueue_message
from nodes.tasks import sweep_streams
from tests.nodes.far import FarUpstream
from tests.support.cast import World
from tests.support.races import race

DESCRIBED = {"name": "演示资源池", "accelerator": "x", "accelerators": 8, "division": "320509"}


def settle() -> None:
    """Deliver what happened and do the jobs that are due."""
    drain()
    while run_next_job():
        drain()


def enqueue(count: int, *, first: int = 0, stream: str = "filings", aggregate: str = "thing-{}") -> None:
    """Put messages on a stream without sending yet."""
    peer = Peer.objects.get()
    with transaction.atomic():
        for number in range(first, first + count):
            body = b'{"schema":"test/1","sums":{"things":%d}}' % number
            enqueue_message(peer=peer, stream=stream, aggregate=aggregate.format(number), body=body)


def send(far: FarUpstream, *fates: str) -> OutboundStream:
    """Send with these fates of the first requests; the stream afterwards."""
    far.fate.extend(fates)
    row = OutboundStream.objects.get()
    OutboundStream.objects.exclude(retry_at=None).update(retry_at=Now())  # the pause is over
    send_stream(stream=row.id)
    row.refresh_from_db()
    return row


def identifier(world: World) -> UUID:
    """An identifier that the supervision has just issued."""
    asked = {"kind": "organisation", "subject": str(uuid4()), "attributes": {"name": "示范算力商甲"}}
    answer = world.ada.post("/api/v1/identifiers", asked)
    assert answer.status_code == 201, answer.content
    assert world.rhea.post(f"/api/v1/identifiers/{answer.json()['id']}:approve").status_code == 200
    return UUID(answer.json()["id"])


def test_a_new_code_goes_active_with_the_receipt_of_its_filing(world: World, attached: FarUpstream) -> None:
    issued = identifier(world)
    assert Identifier.objects.get(id=issued).state == "filing"
    settle()
    row = Identifier.objects.get(id=issued)
    assert (row.state, row.filing) == ("active", "000000.320000.1")
    (filed,) = attached.bodies("filings")
    assert (filed["act"], filed["code"], filed["sums"]) == ("issue", row.code, {"filings": 1})


def test_what_happens_to_a_code_later_is_filed_too(world: World, attached: FarUpstream) -> None:
    issued = identifier(world)
    settle()
    acts = (("suspension", "suspend"), ("reinstatement", "reinstate"), ("retirement", "retire"))
    for act, states in acts:
        answer = world.rhea.post(f"/api/v1/identifiers/{issued}:propose-{act}", {"reason": "演示"})
        assert answer.status_code == 201, answer.content
        assert world.ron.post(f"/api/v1/proposals/{answer.json()['id']}:approve").status_code == 200, states
    settle()
    assert [body["act"] for body in attached.bodies("filings")] == ["issue", "suspend", "reinstate", "retire"]


def test_local_trade_goes_on_while_the_upstream_is_away_and_filings_wait(
    world: World, attached: FarUpstream
) -> None:
    attached.fate.extend(["down"] * 9)
    issued = identifier(world)
    settle()
    assert Identifier.objects.get(id=issued).state == "filing"
    waiting, _ = attention()
    assert waiting == {("000000", "filings"): 1}
    seen = world.nobody.get("/metrics").content.decode()
    assert 'cin_federation_waiting{peer="000000",stream="filings"} 1.0' in seen
    attached.fate.clear()
    send(attached)
    assert Identifier.objects.get(id=issued).state == "active"
    assert attention()[0] == {}


def test_a_request_that_never_arrives_leaves_a_hole_that_is_found_and_filled_at_once(
    attached: FarUpstream,
) -> None:
    enqueue(3)
    row = send(attached, "lost")
    assert (row.acked, row.last, row.failures) == (3, 3, 0)
    arrived = [number for _, number in attached.arrivals]
    assert arrived[0] == 2  # the first one that got through was told the hole
    assert sorted(set(arrived)) == [1, 2, 3]
    assert len(attached.stored) == 3


def test_a_lost_reply_is_asked_for_again_and_doubles_nothing(attached: FarUpstream) -> None:
    enqueue(3)
    row = send(attached, "unanswered")
    assert row.acked in (0, 3)
    row = send(attached)
    assert row.acked == 3
    assert len(attached.stored) == 3
    assert Envelope.objects.exclude(outcome="stored").count() == 0


@pytest.mark.parametrize("fate", ["forged", "altered"])
def test_a_receipt_that_the_peer_did_not_sign_counts_for_nothing(attached: FarUpstream, fate: str) -> None:
    enqueue(1)
    row = send(attached, fate)
    assert (row.acked, row.failures) == (0, 1)
    assert Envelope.objects.get().outcome == ""
    assert send(attached).acked == 1


def test_a_peer_that_is_away_is_alarmed_and_the_alarm_closes_when_it_is_back(attached: FarUpstream) -> None:
    enqueue(1)
    for _ in range(5):
        row = send(attached, "down")
    assert row.failures == 5
    assert row.retry_at is not None
    alarm = NodeAlarm.objects.get()
    assert (alarm.kind, alarm.closed_at) == ("unreachable", None)
    send(attached)
    alarm.refresh_from_db()
    assert alarm.closed_at is not None


def test_nothing_is_sent_before_the_pause_is_over(attached: FarUpstream) -> None:
    enqueue(1)
    row = send(attached, "down")
    send_stream(stream=row.id)
    assert attached.arrivals == []
    assert due_streams() == []


def test_a_refusal_holds_up_its_own_thing_only_and_is_sent_again_by_a_person(
    world: World, attached: FarUpstream
) -> None:
    enqueue(1, aggregate="a")
    send(attached, "refused")
    enqueue(2, aggregate="a")
    enqueue(1, aggregate="b")
    row = send(attached)
    assert (row.last, row.acked, row.waiting) == (
        2,
        2,
        {"a": 1},
    )  # b went out, two of a wait without a number
    (refused,) = world.otto.get("/api/v1/messages?outcome=refused").json()["items"]
    assert (refused["aggregate"], refused["code"]) == ("a", "refused_on_purpose")
    assert NodeAlarm.objects.get().kind == "quarantined"
    assert world.rhea.post(f"/api/v1/messages/{refused['id']}:resend").status_code == 403
    assert world.otto.post(f"/api/v1/messages/{refused['id']}:resend").status_code == 200
    again = world.otto.post(f"/api/v1/messages/{refused['id']}:resend")
    assert (again.status_code, again.json()["code"]) == (409, "not_quarantined")
    row = send(attached)
    assert (row.last, row.acked, row.waiting, row.parked) == (5, 5, {}, [])


def test_a_message_too_large_for_the_peer_is_quarantined_and_holds_up_its_own_thing_only(
    world: World, attached: FarUpstream
) -> None:
    enqueue(2, aggregate="a")
    enqueue(1, first=2, aggregate="b")
    row = send(attached, "too large")
    assert (row.acked, row.last, row.waiting, len(row.parked)) == (3, 3, {"a": 1}, 1)
    assert NodeAlarm.objects.get().kind == "quarantined"
    refused = world.otto.get("/api/v1/messages?outcome=refused").json()["items"]
    assert {each["code"] for each in refused} == {"message_too_large", "aggregate_waits"}
    assert attached.bodies("filings")[0]["schema"] == "cin-withdrawn/1"
    assert world.otto.post("/api/v1/manifests:exchange").json()["items"][0]["agreed"]
    first = Envelope.objects.get(sequence=1)
    assert world.otto.post(f"/api/v1/messages/{first.id}:resend").status_code == 200
    row = send(attached)  # the peer takes larger ones by now
    assert (row.acked, row.waiting, row.parked) == (row.last, {}, [])
    assert [body["sums"]["things"] for body in attached.bodies("filings") if "sums" in body] == [1, 2, 0, 1]


def test_another_content_under_a_number_of_ours_halts_the_stream_until_a_person_looks(
    world: World, attached: FarUpstream
) -> None:
    enqueue(1)
    send(attached)
    OutboundStream.objects.update(last=0, acked=0, settled=0, sent=0)  # as if restored from an old backup
    Envelope.objects.all().delete()
    enqueue(2, first=7)
    row = send(attached)
    assert row.halt == "equivocation"
    (shown,) = world.otto.get("/api/v1/streams").json()["items"]
    assert shown["halt"] == "equivocation"
    OutboundStream.objects.update(acked=1, settled=1)
    assert world.otto.post(f"/api/v1/streams/{row.id}:resume").json()["halt"] == "none"
    again = world.otto.post(f"/api/v1/streams/{row.id}:resume")
    assert (again.status_code, again.json()["code"]) == (409, "stream_not_halted")
    assert send(attached).acked == 2


def test_what_a_dead_sender_left_is_sent_by_the_sweep(attached: FarUpstream) -> None:
    enqueue(2)
    OutboundStream.objects.update(sent=2, busy_until=Now() + LEASE)
    send_stream(stream=OutboundStream.objects.get().id)
    assert attached.arrivals == []  # somebody is sending
    OutboundStream.objects.update(busy_until=Now() - timedelta(seconds=1))
    sweep_streams()
    assert len(attached.stored) == 2


def test_a_sender_whose_lease_was_over_stops_where_another_has_begun(
    attached: FarUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(1)
    asked: list[int] = []

    def held_up(*_: Any, **__: Any) -> client.Answer:
        asked.append(len(asked))
        assert len(asked) < 3
        OutboundStream.objects.update(busy_until=Now() + LEASE / 2, round=F("round") + 1)
        raise client.PeerSilentError("time-out", nobody_there=False)

    monkeypatch.setattr(sending, "ask", held_up)
    send_stream(stream=OutboundStream.objects.get().id)
    row = OutboundStream.objects.get()
    assert (asked, row.failures, row.busy_until is None) == ([0], 0, False)


def test_many_messages_go_out_in_order_in_one_go(attached: FarUpstream) -> None:
    enqueue(40)
    row = send(attached)
    assert (row.acked, row.busy_until) == (40, None)
    assert [number for _, number in attached.arrivals] == list(range(1, 41))


def test_to_a_detached_peer_nothing_goes(world: World, attached: FarUpstream) -> None:
    enqueue(1)
    peer = Peer.objects.get()
    assert world.otto.post(f"/api/v1/nodes/{peer.id}:detach", {"reason": "演示"}).status_code == 200
    send(attached)
    assert attached.arrivals == []


@pytest.mark.django_db(transaction=True)
def test_rivals_get_numbers_without_holes_and_an_undone_act_leaves_none(
    world: World, attached: FarUpstream
) -> None:
    peer = Peer.objects.get()

    def act(number: int) -> None:
        with transaction.atomic():
            enqueue_message(peer=peer, stream="filings", aggregate=f"thing-{number}", body=b"{}")
            if number % 3 == 0:
                raise ValueError("the act is undone")

    race(*[lambda number=number: act(number) for number in range(9)])
    numbers = sorted(Envelope.objects.values_list("sequence", flat=True))
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_what_happens_to_a_code_is_filed_in_its_order_even_where_the_first_filing_was_late(
    world: World, attached: FarUpstream
) -> None:
    here = f"/api/v1/identifiers/{identifier(world)}"
    changed = {"attributes": {"name": "示范算力商甲（更名）"}}
    assert world.ada.put(here, changed, If_Match=world.ada.get(here)["ETag"]).status_code == 200
    relay()
    late = Delivery.objects.filter(event__name="identifiers.identifier_issued")
    late.update(next_at=now() + timedelta(hours=1))
    drain()
    assert not Outgoing.objects.exists()
    late.update(next_at=now())
    drain()
    filed = [json.loads(bytes(each.body))["act"] for each in Outgoing.objects.order_by("position")]
    assert filed == ["issue", "describe"]


INFLATED = gzip.compress(
    gzip.compress(bytes(20 * 2**20))
)  # 150 bytes; each further one would be some hundred kB


@pytest.mark.parametrize(
    ("words", "came"),
    [
        ([b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 30], "too long"),
        ([b"HTTP/1.1 200 OK\r\nX-More: ", *[b"x"] * 30], "too long"),
        ([b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 30, "too long"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(INFLATED), INFLATED], client.Answer(200, INFLATED, None)),
        ([b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: %s\r\n\r\n" % (b"9" * 5000)], client.Answer(503, b"", LONGEST_REST)),
    ],
    ids=["body", "head", "hints", "inflated", "pause"],
)  # fmt: skip
def test_an_answer_costs_what_comes_over_the_wire_in_the_time_for_all(
    monkeypatch: pytest.MonkeyPatch, words: list[bytes], came: client.Answer | str
) -> None:
    monkeypatch.setattr(client, "LONGEST_ANSWER", 0.2)

    class Speaker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with contextlib.suppress(OSError):
                for word in words:
                    self.wfile.write(word)
                    sleep(0.02)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    begin = monotonic()
    try:
        with client.PeerClient() as peer:
            if isinstance(came, client.Answer):
                assert client.ask(peer, "POST", url, headers={}, body=b"") == came
            else:
                with pytest.raises(client.PeerSilentError, match=came):
                    client.ask(peer, "POST", url, headers={}, body=b"")
        assert monotonic() - begin < 0.5
    finally:
        server.shutdown()
        server.server_close()

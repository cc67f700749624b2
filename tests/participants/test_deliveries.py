"""Deliveries: signed bytes that are sent, one receiver never in another's way, nothing lost, nothing silent."""

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from config.embedded.stack import ROOT
from kernel.clock import now
from kernel.models import EventRecord
from participants.models import Mail, Membership, Webhook, WebhookAttempt, WebhookDelivery
from participants.services.deliveries import claim_next, deliver_due, forget_deliveries, note_outcome, send
from tests.participants.hooks import age, cancelled, later, listening, rows, subscribed
from tests.support.cast import World
from tests.support.processes import environment
from tests.support.races import as_role
from tests.support.wire import Receiver, Wire

pytestmark = pytest.mark.django_db(transaction=True)


def named(name: str) -> list[Any]:
    return list(EventRecord.objects.filter(name=f"participants.{name}"))


def test_what_is_sent_is_what_is_signed_and_the_library_verifies_it(wire: Wire, world: World) -> None:
    receiver, _address, secret = listening(wire, world.ben)
    event = cancelled(world.ben)
    assert deliver_due() == 1
    (heard,) = receiver.heard
    document = Verifier(secret).verify(heard.body, heard.headers)
    assert document["type"] == "marketplace.order_cancelled"
    assert document["id"] == heard.headers["webhook-id"] == str(event)
    assert heard.headers["Content-Type"] == "application/cloudevents+json"
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(heard.body.replace(b"cancelled", b"completed"), heard.headers)
    (row,) = rows()
    assert (row.state, row.tries, row.last_status) == ("delivered", 1, 204)
    assert deliver_due() == 0
    shown = world.ben.get(f"/api/v1/webhook-deliveries/{row.id}").json()
    assert json.dumps(shown["document"], separators=(",", ":")).encode() == heard.body
    assert [(each["status"], each["error"]) for each in shown["attempts"]] == [(204, "")]


def test_for_a_day_after_a_rotation_both_secrets_sign(wire: Wire, world: World) -> None:
    receiver, address, old = listening(wire, world.ben)
    new = world.ben.post(f"{address}:rotate-secret").json()["secret"]
    assert new != old
    cancelled(world.ben)
    deliver_due()
    Webhook.objects.update(old_until=now())
    cancelled(world.ben)
    deliver_due()
    both, one = receiver.heard
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Verifier(secret).verify(both.body, both.headers)
    Verifier(new).verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(one.body, one.headers)


def test_a_refusal_is_tried_again_after_a_wait_under_the_same_id_and_its_log_says_why(
    wire: Wire, world: World
) -> None:
    receiver, _address, secret = listening(wire, world.ben)
    receiver.answers = [503, 302]
    event = cancelled(world.ben)
    assert deliver_due() == 1
    assert deliver_due() == 0, "not before five seconds have passed"
    (row,) = rows()
    assert (row.state, row.last_error) == ("failed", "HTTP 503")
    assert timedelta(seconds=3) < row.next_at - now() < timedelta(seconds=6)
    assert later() == 1
    assert later() == 1
    assert {heard.headers["webhook-id"] for heard in receiver.heard} == {str(event)}
    assert len({heard.body for heard in receiver.heard}) == 1
    for heard in receiver.heard:
        Verifier(secret).verify(heard.body, heard.headers)
    (row,) = rows()
    assert (row.state, row.tries) == ("delivered", 3)
    log = world.ben.get(f"/api/v1/webhook-deliveries/{row.id}").json()["attempts"]
    assert [each["status"] for each in log] == [204, 302, 503]
    assert wire.hits == 0


def test_a_delivered_event_is_sent_again_on_request_with_the_same_id(wire: Wire, world: World) -> None:
    receiver, _address, _ = listening(wire, world.ben)
    cancelled(world.ben)
    (row,) = rows()
    again = f"/api/v1/webhook-deliveries/{row.id}:redeliver"
    assert world.ben.post(again).json()["code"] == "state_conflict"
    deliver_due()
    assert world.cleo.post(again).status_code == 404
    assert world.ben.post(again).json()["state"] == "pending"
    deliver_due()
    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_ping_goes_to_the_one_that_asked(wire: Wire, world: World) -> None:
    receiver, address, secret = listening(wire, world.ben, "marketplace.*")
    other, _, _ = listening(wire, world.ben, "participants.*", name="other.example.com")
    answer = world.ben.post(f"{address}:test")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    deliver_due()
    (heard,) = receiver.heard
    assert Verifier(secret).verify(heard.body, heard.headers)["type"] == "participants.webhook_tested"
    assert other.heard == []


def test_a_receiver_that_never_answers_well_is_paused_in_the_open_and_nothing_is_lost(
    wire: Wire, world: World
) -> None:
    receiver, address, _ = listening(wire, world.ben)
    receiver.answers = [500] * 8
    Membership.objects.filter(organisation=world.ben.organisation).update(administers=True)
    cancelled(world.ben)
    cancelled(world.ben)
    while later():
        pass
    shown = world.ben.get(address).json()
    assert (shown["state"], shown["reason"], shown["failures"]) == ("paused", "failing", 8)
    assert shown["last_error"] == "HTTP 500"
    assert [event.payload["reason"] for event in named("webhook_paused")] == ["failing"]
    (mail,) = Mail.objects.all()
    assert (mail.letter, mail.user_id) == ("participants.webhook_paused", world.ben.membership.user_id)
    assert "HTTP 500" in mail.body
    third = cancelled(world.ben)
    assert later() == 0
    assert len(receiver.heard) == 8
    assert world.ben.post(f"{address}:test").json()["code"] == "webhook_not_enabled"
    begin = rows()[0].created_at - timedelta(minutes=1)
    assert world.ben.post(f"{address}:enable").json()["failures"] == 0
    world.ben.post(f"{address}:recover", {"since": begin.isoformat()})
    while deliver_due():
        pass
    assert {row.state for row in rows()} == {"delivered"}
    assert str(third) in {heard.headers["webhook-id"] for heard in receiver.heard}


def test_a_delivery_is_given_up_in_the_open_after_eight_tries(wire: Wire, world: World) -> None:
    receiver, _address, _ = listening(wire, world.ben)
    cancelled(world.ben)
    for _ in range(7):
        receiver.answers = [500]
        later()
        Webhook.objects.update(failures=0)
    assert (rows()[0].state, rows()[0].tries) == ("failed", 7)
    receiver.answers = [500]
    later()
    assert rows()[0].state == "abandoned"
    (event,) = named("delivery_abandoned")
    assert (event.subject, event.payload["tries"]) == (rows()[0].id, 8)
    assert later() == 0


def test_a_receiver_that_says_gone_is_paused_at_once(wire: Wire, world: World) -> None:
    receiver, address, _ = listening(wire, world.ben)
    receiver.answers = [410]
    cancelled(world.ben)
    deliver_due()
    assert world.ben.get(address).json()["reason"] == "gone"


def test_while_a_receiver_fails_it_costs_one_call_a_wait_however_much_is_due(
    wire: Wire, world: World
) -> None:
    receiver, _address, _ = listening(wire, world.ben)
    receiver.answers = [500] * 9
    for _ in range(5):
        cancelled(world.ben)
    assert deliver_due() == 1
    assert deliver_due() == 0


def drip(stream: Any) -> None:
    stream.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(30):
        stream.write(b"x")
        stream.flush()
        time.sleep(0.05)


def test_a_receiver_that_trickles_delays_nobody_else(wire: Wire, world: World) -> None:
    for name in ("slow.example.com", "slower.example.com", "slowest.example.com"):
        slow, *_ = listening(wire, world.ben, name=name)
        slow.speak = drip
    quick, *_ = listening(wire, world.ada, name="quick.example.com")
    began = time.monotonic()
    arrived: list[float] = []

    def arrive(stream: Any) -> None:
        arrived.append(time.monotonic() - began)
        stream.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    quick.speak = arrive
    for _ in range(3):
        cancelled(world.ben, world.ada)
    began = time.monotonic()
    assert deliver_due(seconds=0.5) >= 3
    assert len(arrived) == 3
    assert max(arrived) < 1.0, arrived


def test_one_tenant_s_receivers_take_two_places_and_one_receiver_one(wire: Wire, world: World) -> None:
    for name in ("a.example.com", "b.example.com", "c.example.com"):
        listening(wire, world.ben, name=name)
    listening(wire, world.ada, name="d.example.com")
    for _ in range(2):
        cancelled(world.ben, world.ada)
    parcels = [parcel for parcel in (claim_next() for _ in range(6)) if parcel]
    owners = [Webhook.objects.get(id=parcel.webhook).organisation_id for parcel in parcels]
    assert len({parcel.webhook for parcel in parcels}) == len(parcels) == 3
    assert owners.count(world.ben.organisation.id) == 2


def test_no_transaction_is_open_while_a_receiver_is_called(
    wire: Wire, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, *_ = listening(wire, world.ben)
    cancelled(world.ben)
    open_ones: list[int] = []

    def look(stream: Any) -> None:
        with as_role("node_owner") as owner:
            row = owner.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%%' AND pid <> pg_backend_pid()"
            ).fetchone()
            assert row is not None
            open_ones.append(row[0])
        stream.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    receiver.speak = look
    deliver_due()
    assert open_ones == [0]


def test_a_second_round_does_not_run_beside_the_first(wire: Wire, world: World) -> None:
    receiver, *_ = listening(wire, world.ben)
    cancelled(world.ben)
    beside: list[int] = []

    def try_too(stream: Any) -> None:
        beside.append(deliver_due())
        connections.close_all()
        stream.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    receiver.speak = try_too
    assert deliver_due() == 1
    assert beside == [0]
    cancelled(world.ben)
    assert deliver_due() == 1, "the lock was let go"


def test_an_answer_after_the_lease_still_counts_and_a_failure_after_it_changes_nothing(
    wire: Wire, world: World
) -> None:
    receiver, address, _ = listening(wire, world.ben)
    cancelled(world.ben)
    late = claim_next()
    assert late is not None
    age(address)
    receiver.answers = [500, 200]
    failed = send(late)
    current = claim_next()
    assert current is not None
    assert current.delivery == late.delivery
    note_outcome(late, failed)
    assert (rows()[0].state, Webhook.objects.get().failures) == ("pending", 0)
    note_outcome(current, send(current))
    note_outcome(late, failed)
    assert (rows()[0].state, WebhookAttempt.objects.count()) == ("delivered", 3)


KILLED = """
import os, signal, django
django.setup()
from kernel.tenancy import as_node
from participants.services import deliveries
deliveries.note_outcome = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with as_node("as a worker does"):
    deliveries.deliver_due()
"""


def test_a_worker_killed_between_sending_and_noting_leads_to_a_redelivery_and_no_loss(
    world: World, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = True
    receiver = Receiver()
    address, secret = subscribed(world.ben, f"http://127.0.0.1:{receiver.port}/hook")
    event = cancelled(world.ben)
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", KILLED],
        env=environment(ALLOW_PRIVATE_CALLBACKS="1"),
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(receiver.heard) == 1
    assert (rows()[0].state, WebhookAttempt.objects.count()) == ("pending", 0)
    assert deliver_due() == 0, "the dead worker's lease still stands"
    age(address)
    assert deliver_due() == 1
    assert [heard.headers["webhook-id"] for heard in receiver.heard] == [str(event)] * 2
    for heard in receiver.heard:
        Verifier(secret).verify(heard.body, heard.headers)
    assert rows()[0].state == "delivered"
    receiver.close()


def test_a_name_that_turned_inside_is_a_failure_and_not_a_call(wire: Wire, world: World) -> None:
    receiver, _address, _ = listening(wire, world.ben)
    wire.names.zone["hooks.example.com"] = [["127.0.0.1"]]
    cancelled(world.ben)
    deliver_due()
    assert (receiver.heard, wire.hits) == ([], 0)
    (attempt,) = WebhookAttempt.objects.all()
    assert attempt.status is None
    assert "127.0.0.1" in attempt.error


def test_the_first_bytes_of_an_answer_are_kept_whatever_they_are(wire: Wire, world: World) -> None:
    receiver, *_ = listening(wire, world.ben)
    receiver.speak = lambda stream: stream.write(b"HTTP/1.1 400 No\r\n\r\n\x00\xff" + "不".encode() * 400)
    cancelled(world.ben)
    deliver_due()
    answer = WebhookAttempt.objects.get().answer
    assert answer.startswith("��不不")
    assert len(answer) <= 500


def test_deliveries_are_forgotten_after_thirty_days(wire: Wire, world: World) -> None:
    listening(wire, world.ben)
    cancelled(world.ben)
    kept = cancelled(world.ben)
    deliver_due()
    deliver_due()
    WebhookDelivery.objects.exclude(event=kept).update(created_at=now() - timedelta(days=31))
    assert forget_deliveries() == 1
    assert [row.event for row in rows()] == [kept]

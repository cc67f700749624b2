"""The outbox: no event without its act, one gapless order, each subscriber told at least once and in order."""

import hashlib
import json
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from threading import Event as Flag
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from django.db import connection, connections, transaction
from django.db.models.functions import Now

from config.celery import app as celery_app
from kernel import doorbell
from kernel.actor import SYSTEM
from kernel.ids import new_id
from kernel.models import Delivery, EventPosition, EventRecord, PendingEvent
from kernel.services import outbox
from kernel.services.outbox import drain, publish, relay
from tests.kernel.bells import BellRang, listening, ring_bell
from tests.support.races import aside, race

real = pytest.mark.django_db(transaction=True)


def order() -> list[UUID]:
    """The relayed events in their order; their positions must be 1, 2, 3 …"""
    rows = list(EventPosition.objects.order_by("position").values_list("position", "event_id"))
    assert [position for position, _ in rows] == list(range(1, len(rows) + 1))
    return [event for _, event in rows]


def make_due() -> None:
    """Let the time until the next try have passed."""
    Delivery.objects.filter(done_at=None).update(next_at=Now())


@real
def test_publishing_outside_the_transaction_of_an_act_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        publish(BellRang(subject=new_id(), tenant=None, count=1), actor=SYSTEM)


@real
def test_an_act_that_fails_announces_nothing() -> None:
    def act() -> None:
        ring_bell()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transaction.atomic(act)()
    assert not EventRecord.objects.exists()
    assert relay() == 0


@real
def test_s8_a_slow_transaction_with_an_early_event_is_not_skipped() -> None:
    published, may_commit = Flag(), Flag()

    def slow() -> UUID:
        with transaction.atomic():
            record = publish(BellRang(subject=new_id(), tenant=None, count=1), actor=SYSTEM)
            published.set()
            assert may_commit.wait(10)
        return record.id

    def quick() -> UUID:
        assert published.wait(10)
        record = ring_bell()
        relay()
        assert order() == [record.id]
        may_commit.set()
        return record.id

    early, late = race(slow, quick)
    assert early < late, "the slow one must have the lower id, or nothing is shown"
    relay()
    assert order() == [late, early]


@real
def test_s8_writers_and_relays_at_once_leave_no_gap_and_no_double() -> None:
    dice = Random(8)

    def writer(naps: list[float]) -> list[UUID]:
        written = []
        for nap in naps:
            with transaction.atomic():
                record = publish(BellRang(subject=new_id(), tenant=None, count=1), actor=SYSTEM)
                Flag().wait(nap)
            written.append(record.id)
        return written

    def relayer() -> int:
        return sum(relay(limit=7) for _ in range(25))

    writers = [partial(writer, [dice.random() / 200 for _ in range(15)]) for _ in range(4)]
    results = race(*writers, relayer, relayer)
    relay()
    written = [each for part in results[:4] for each in part]
    assert sorted(order()) == sorted(written)
    assert not PendingEvent.objects.exists()


@real
def test_events_of_one_act_are_told_in_the_order_of_the_act(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = sorted((new_id() for _ in range(10)), reverse=True)  # of one millisecond, so in any order
    monkeypatch.setattr(EventRecord._meta.get_field("id"), "_get_default", ids[::-1].pop)
    bell, heard = new_id(), []
    with listening(lambda event: heard.append(event.count)), transaction.atomic():
        for count in range(10):
            publish(BellRang(subject=bell, tenant=None, count=count), actor=SYSTEM)
    with listening(lambda event: heard.append(event.count)):
        drain()
    assert heard == list(range(10))


@real
def test_a_subscriber_that_fails_is_asked_again_and_holds_up_only_its_own_subject() -> None:
    one, other = new_id(), new_id()
    for count in (1, 2):
        ring_bell(one, count=count)
        ring_bell(other, count=count)
    heard: list[tuple[UUID, int]] = []
    broken = True

    def hear(event: BellRang) -> None:
        if broken and event.subject == one and event.count == 1:
            EventRecord.objects.create(name="half", subject=one, payload={}, digest=b"")
            raise RuntimeError("not today")
        heard.append((event.subject, event.count))

    with listening(hear):
        drain()
        assert heard == [(other, 1), (other, 2)]
        assert not EventRecord.objects.filter(name="half").exists(), (
            "a failed handler leaves nothing half done"
        )
        failed = Delivery.objects.get(attempts=1, done_at=None)
        assert "not today" in failed.error
        assert failed.next_at > failed.event.occurred_at
        drain()
        assert len(heard) == 2, "not before its time"
        broken = False
        make_due()
        drain()
    assert heard[2:] == [(one, 1), (one, 2)]


@real
def test_a_subscriber_that_never_manages_becomes_a_dead_letter_and_lets_the_next_event_by() -> None:
    bell = new_id()
    ring_bell(bell, count=1)
    ring_bell(bell, count=2)
    heard = []

    def hear(event: BellRang) -> None:
        if event.count == 1:
            raise RuntimeError("never")
        heard.append(event.count)

    with listening(hear):
        for _ in range(outbox.MAX_ATTEMPTS):
            assert heard == []
            make_due()
            drain()
    dead = Delivery.objects.get(dead_at__isnull=False)
    assert (dead.attempts, dead.done_at) == (outbox.MAX_ATTEMPTS, None)
    assert heard == [2]


@real
def test_every_subscriber_is_told_once_by_workers_that_race() -> None:
    bells = [new_id() for _ in range(4)]
    for count in range(5):
        for bell in bells:
            ring_bell(bell, count=count)
    heard: dict[UUID, list[int]] = {bell: [] for bell in bells}
    with listening(lambda event: heard[event.subject].append(event.count), lambda _: None):
        race(drain, drain, drain)
        drain()
    assert heard == {bell: list(range(5)) for bell in bells}
    told = Delivery.objects.filter(done_at__isnull=False, attempts=1, handler__startswith="tests.")
    assert told.count() == 40


@real
def test_s6_a_process_that_dies_right_after_its_commit_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections.close_all()  # a connection does not survive a fork
    child = os.fork()
    if child == 0:
        # the moment between the commit and everything after it
        commit = connection._commit  # type: ignore[attr-defined]  # noqa: SLF001 - Django has no name for it

        def commit_and_die() -> None:
            commit()
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(connection, "_commit", commit_and_die)
        ring_bell(count=7)
        os._exit(0)  # not reached
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, "the fault must have landed"
    heard = []
    with listening(lambda event: heard.append(event.count)):
        drain()
    assert heard == [7]


@real
def test_a_silent_broker_neither_fails_nor_delays_the_act(monkeypatch: pytest.MonkeyPatch) -> None:
    send = current_app.send_task
    with celery_app.connection_for_write("redis+socket:///nowhere/redis.sock") as broken:
        monkeypatch.setattr(current_app, "send_task", partial(send, connection=broken))
        begin = time.monotonic()
        ring_bell()
        assert time.monotonic() - begin < 5  # without the option the client tries for six seconds
    assert PendingEvent.objects.count() == 1


@pytest.mark.django_db
def test_however_many_happen_at_once_none_waits_for_its_place_and_the_next_to_tell_is_found_without_a_sort() -> (
    None
):
    with listening(lambda _: None):
        rung = [BellRang(subject=new_id(), tenant=None, count=1) for _ in range(2000)]
        outbox.publish_each(rung, actor=SYSTEM)
        assert drain(1) == 1
        assert not PendingEvent.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE delivery")
            cursor.execute("EXPLAIN " + outbox.NEXT_DELIVERY)
            plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "delivery_next" in plan, plan
    assert "Sort" not in plan, plan


@pytest.mark.django_db
def test_an_event_comes_back_as_it_was_published() -> None:
    event = BellRang(
        subject=new_id(),
        tenant=new_id(),
        count=3,
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=1),
        ringers=(new_id(), new_id()),
    )
    with transaction.atomic():
        record = publish(event, actor=SYSTEM)
    record.refresh_from_db()
    assert BellRang.restore(subject=record.subject, tenant=record.tenant_id, payload=record.payload) == event


@pytest.mark.django_db
def test_the_digest_covers_who_what_and_about_whom(world: Any) -> None:
    record = ring_bell()
    record.refresh_from_db()
    leaf = {
        "name": record.name, "subject": str(record.subject), "tenant": "", "actor_user": "", "actor_tenant": "",
        "actor_client": "", "actor_node": "", "payload": record.payload,
    }  # fmt: skip
    canonical = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert bytes(record.digest) == hashlib.sha256(canonical).digest()
    with transaction.atomic():
        other = publish(BellRang(subject=record.subject, tenant=None, count=1), actor=world.ada.actor)
    assert other.digest != record.digest


@real
def test_two_relays_never_number_at_once() -> None:
    ring_bell()
    with transaction.atomic():
        assert relay() == 1
        ring_bell_aside = aside(ring_bell)
        assert aside(relay) == 0, "the first relay has not committed"
    assert relay() == 1
    assert order()[1] == ring_bell_aside.id


def test_a_burst_is_rung_for_at_once_and_once_more_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[float] = []
    monkeypatch.setattr(doorbell, "PAUSE", 0.1)
    bell = doorbell.Bell()

    def send() -> None:
        if (
            threading.current_thread() is bell.thread
        ):  # the process's own bell may still ring for an earlier test
            rings.append(time.monotonic())

    monkeypatch.setattr(doorbell, "_send", send)
    begin = time.monotonic()
    while time.monotonic() < begin + 0.05:
        bell.ring()
    time.sleep(0.45)
    assert len(rings) == 2
    assert rings[1] - rings[0] >= 0.1
    bell.ring()
    time.sleep(0.2)
    assert len(rings) == 3
    bell.close()
    assert len(rings) == 3, "nothing is left to ring for"


def test_nobody_waits_for_a_bell_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    rung, answered = Flag(), Flag()
    rings: list[bool] = []

    def hang() -> None:
        rung.set()
        rings.append(answered.wait(20))

    monkeypatch.setattr(doorbell, "_send", hang)
    bell = doorbell.Bell()
    bell.ring()
    assert rung.wait(5)
    for _ in range(100):
        bell.ring()
    assert not rings, "the first is still hanging"
    answered.set()
    bell.close()
    assert rings == [True, True], "what was asked for meanwhile is rung for at the end of the process"


def test_a_ring_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def send(name: str, **_: Any) -> None:
        sent.append(name)
        if len(sent) == 1:
            raise RuntimeError("whatever may go wrong on the way to Redis")

    monkeypatch.setattr(current_app, "send_task", send)
    bell = doorbell.Bell()
    for times in (1, 2):
        bell.ring()
        deadline = time.monotonic() + 5
        while len(sent) < times and time.monotonic() < deadline:
            time.sleep(0.01)
    assert sent == [doorbell.SWEEP, doorbell.SWEEP]

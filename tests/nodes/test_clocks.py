"""Clocks that are apart: what is signed outside the window is refused with the reason, kept, and sent once they are right."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from hypothesis import given
from hypothesis import strategies as st

from nodes.adapters.peers.client import Answer
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.sender import LONGEST_PAUSE, LONGEST_REST, Failed, Ticked, Ticket, back_off, rests, step
from nodes.models import NodeAlarm, OutboundStream
from nodes.services.sending import due_streams, send_stream
from nodes.tasks import sweep_streams
from tests.nodes.far import FarUpstream
from tests.nodes.test_sender import queued
from tests.nodes.test_sending import enqueue, send
from tests.support.cast import World

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_refused_clock_is_an_alarm_of_its_own_and_no_silence() -> None:
    state, alarms = queued(1), []
    for _ in range(6):
        state, effects = step(state, Failed(Ticket(state.round, 0), NOW, 0.5, clock="60 s ahead"))
        alarms += [effect for effect in effects if isinstance(effect, Alarm)]
        state, _ = step(state, Ticked(NOW + LONGEST_PAUSE))
    assert set(alarms) == {Alarm(AlarmKind.CLOCK, 1, "60 s ahead")}


@given(
    failures=st.integers(1, 99), jitter=st.floats(0, 1, exclude_max=True), back=st.floats(-86400, 400 * 86400)
)
def test_no_pause_outlasts_the_longest_whatever_the_clock_did_since(
    failures: int, jitter: float, back: float
) -> None:
    until, now = NOW + back_off(failures, jitter), NOW - timedelta(seconds=back)
    if rests(until, now):
        assert until - now <= LONGEST_REST
    assert not rests(until, until), "and none is longer than it was set"
    assert not rests(None, now)
    assert rests(until, NOW)


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), -timedelta(minutes=10), timedelta(days=-1)])
def test_what_a_wrong_clock_signed_waits_and_is_taken_once_when_it_is_right(
    world: World, attached: FarUpstream, ahead: timedelta
) -> None:
    attached.ahead = ahead
    enqueue(3)
    row = send(attached)
    assert (row.acked, row.last, attached.arrivals) == (0, 3, [])
    (alarm,) = world.otto.get("/api/v1/node-alarms?open=true").json()["items"]
    assert (alarm["kind"], alarm["peer"]) == ("clock", "000000")
    reason = "signature_expired" if ahead > timedelta() else "clock_ahead"
    assert reason in alarm["words"]
    assert "时钟" in alarm["words"]
    attached.ahead = timedelta()
    row = send(attached)
    assert (row.acked, [number for _, number in attached.arrivals]) == (3, [1, 2, 3])
    assert NodeAlarm.objects.get().closed_at is not None


def test_a_clock_that_was_ahead_leaves_neither_a_lease_nor_a_pause_behind(attached: FarUpstream) -> None:
    enqueue(2)
    tomorrow = Now() + timedelta(days=1)
    for row in ({"busy_until": tomorrow}, {"retry_at": tomorrow}):
        OutboundStream.objects.update(busy_until=None, retry_at=None)
        OutboundStream.objects.update(**row)
        assert len(due_streams()) == 1, row
    sweep_streams()
    assert len(attached.stored) == 2
    OutboundStream.objects.update(busy_until=tomorrow)
    enqueue(1, first=2)
    send_stream(stream=OutboundStream.objects.get().id)
    assert len(attached.stored) == 3


def test_what_a_peer_says_of_its_clock_is_kept_in_printable_characters() -> None:
    """PostgreSQL keeps no NUL and UTF-8 no lone surrogate: a peer that sent one stopped the job, and was asked for ever."""
    said = '{"detail": "时钟 (clock_ahead) \\u0000\\ud800\\n%s"}' % ("x" * 999)
    words = Answer(401, said.encode(), None).clock
    assert words.isprintable()
    assert words.startswith("HTTP 401: 时钟 (clock_ahead)    x")
    assert len(words) == 400

"""The sending end, one event at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import Outcome, Receipt
from nodes.domain.sender import (
    BACKLOG,
    LONGEST_PAUSE,
    UNREACHABLE_AFTER,
    WINDOW,
    Enqueued,
    Failed,
    Halt,
    Outbound,
    Receipted,
    Renumber,
    Restarted,
    Restored,
    Send,
    Sent,
    Ticked,
    Ticket,
    Wake,
    back_off,
    step,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def receipted(
    sequence: int, ticket: Ticket, outcome: Outcome = Outcome.STORED, expected: int = 0, digest: str = "d"
) -> Receipted:
    receipt = Receipt("86", "86.320000", "reports", sequence, digest, outcome, "", NOW, expected)
    return Receipted(Sent(sequence, sequence, "a", None, "d", ticket), receipt)


def sends(effects: tuple[object, ...]) -> list[int]:
    return [effect.sequence for effect in effects if isinstance(effect, Send)]


def queued(count: int) -> Outbound:
    state = Outbound()
    for _ in range(count):
        state, _ = step(state, Enqueued("a"))
    return state


def test_no_more_than_the_window_is_on_the_wire() -> None:
    state = queued(WINDOW + 3)
    assert (state.last, state.sent) == (WINDOW + 3, WINDOW)
    state, effects = step(state, receipted(1, Ticket(0, 0)))
    assert sends(effects) == [WINDOW + 1]


@given(acked=st.integers(0, 5), waiting=st.integers(0, 20), taken=st.integers(0, 40))
def test_a_restored_sender_counts_on_and_uses_no_number_twice(acked: int, waiting: int, taken: int) -> None:
    before = replace(Outbound(), last=acked + waiting, acked=acked, settled=acked, halt=Halt.EQUIVOCATION)
    state, effects = step(before, Restored(taken + 1))
    by = max(taken - acked, 0)
    assert [each for each in effects if isinstance(each, Renumber)] == ([Renumber(acked, by)] if by else [])
    assert (state.acked, state.last, state.halt) == (acked + by, acked + by + waiting, Halt.NONE)
    assert state.last - state.acked == waiting, "what waits, waits under new numbers, and nothing else"
    assert sends(effects) == list(range(state.acked + 1, min(state.last, state.acked + WINDOW) + 1))


def test_a_gap_is_re_sent_at_once() -> None:
    state = queued(3)
    state, effects = step(state, receipted(3, Ticket(0, 0), Outcome.GAP, expected=2))
    assert sends(effects) == [1, 2, 3], "the receipt of 1 is not in hand either"
    assert state.retry_at is None


def test_a_gap_heard_twice_is_re_sent_once() -> None:
    state = queued(3)
    state, _ = step(state, receipted(2, Ticket(0, 0), Outcome.GAP, expected=1))
    state, effects = step(state, receipted(3, Ticket(0, 0), Outcome.GAP, expected=1))
    assert sends(effects) == []


def test_a_failure_pauses_and_then_one_message_tries_alone() -> None:
    state = queued(3)
    failed = Failed(Ticket(0, 0), NOW, jitter=0.0)
    state, effects = step(state, failed)
    assert effects == (Wake(NOW + timedelta(seconds=0.5)),)
    state, effects = step(state, failed)
    assert effects == (), "the same round failed once"
    state, effects = step(state, Ticked(NOW))
    assert effects == (Wake(NOW + timedelta(seconds=0.5)),)
    state, effects = step(state, Ticked(NOW + timedelta(seconds=1)))
    assert sends(effects) == [1]
    state, effects = step(state, receipted(1, Ticket(1, 0)))
    assert sends(effects) == [2, 3]


def test_the_peers_own_retry_after_is_kept() -> None:
    state = queued(1)
    pause = timedelta(minutes=5)
    state, effects = step(state, Failed(Ticket(0, 0), NOW, jitter=0.5, pause=pause))
    assert effects == (Wake(NOW + pause),)


def test_local_work_goes_on_while_the_peer_is_away() -> None:
    state, _ = step(queued(1), Failed(Ticket(0, 0), NOW, jitter=0.5))
    state, effects = step(state, Enqueued("a"))
    assert state.last == 2
    assert sends(effects) == []


def test_silence_becomes_an_alarm_once() -> None:
    state, alarms = queued(1), []
    for _ in range(UNREACHABLE_AFTER + 2):
        state, effects = step(state, Failed(Ticket(state.round, 0), NOW, jitter=0.5))
        alarms += [effect for effect in effects if isinstance(effect, Alarm)]
        state, _ = step(state, Ticked(NOW + timedelta(hours=1)))
    assert alarms == [Alarm(AlarmKind.UNREACHABLE, 1)]


def test_a_backlog_becomes_an_alarm() -> None:
    state = Outbound(last=BACKLOG - 1, position=BACKLOG - 1)
    _, effects = step(state, Enqueued("a"))
    assert Alarm(AlarmKind.BACKLOG, BACKLOG) in effects


def test_a_peer_that_lost_what_it_had_receipted_is_found_and_filled() -> None:
    state = queued(3)
    for sequence in (1, 2):
        state, _ = step(state, receipted(sequence, Ticket(0, sequence - 1)))
    state, effects = step(state, receipted(3, Ticket(0, 2), Outcome.GAP, expected=1))
    assert Alarm(AlarmKind.PEER_LOST, 1) in effects
    assert sends(effects) == [1, 2, 3]
    assert (state.acked, state.settled) == (0, 2)


def test_equivocation_and_a_wrong_receipt_stop_the_stream_until_a_person_resumes() -> None:
    for event, halt in (
        (receipted(1, Ticket(0, 0), Outcome.EQUIVOCATION), Halt.EQUIVOCATION),
        (receipted(1, Ticket(0, 0), digest="other"), Halt.RECEIPT_MISMATCH),
    ):
        state, effects = step(queued(2), event)
        assert state.halt is halt
        assert any(isinstance(effect, Alarm) for effect in effects)
        for calm in (Ticked(NOW), Enqueued("b"), Restarted()):
            state, effects = step(state, calm)
            assert sends(effects) == []
        state, effects = step(state, Restarted(resume=True))
        assert sends(effects) == [1, 2, 3]


def test_a_restart_sends_again_what_was_on_the_wire() -> None:
    state, _ = step(queued(3), receipted(1, Ticket(0, 0)))
    _, effects = step(state, Restarted())
    assert sends(effects) == [2, 3]


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_pauses_grow_and_stay_short_enough_to_find_a_hole_within_a_minute(
    failures: int, jitter: float
) -> None:
    pause = back_off(failures, jitter)
    assert timedelta(seconds=0.5) <= pause <= LONGEST_PAUSE
    assert pause <= back_off(failures + 1, jitter)

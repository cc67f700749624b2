"""The receiving end, one arrival at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kernel.crypto.suite import INTERNATIONAL
from nodes.domain.alarms import Alarm, AlarmKind
from nodes.domain.envelopes import AGGREGATE_WAITS, Message, Outcome, Receipt, compose_message
from nodes.domain.receiver import Answer, Arrival, Inbound, Record, Store, receive

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
STATE = Inbound(node="86", peer="86.320000", stream="reports", expected=5)


def message(
    sequence: int, body: bytes = b"b", aggregate: str = "a", supersedes: int | None = None
) -> Message:
    return compose_message(
        suite=INTERNATIONAL,
        stream="reports",
        sequence=sequence,
        aggregate=aggregate,
        body=body,
        supersedes=supersedes,
    )


def answered(effects: tuple[object, ...]) -> Receipt:
    (answer,) = (effect for effect in effects if isinstance(effect, Answer))
    return answer.receipt


def test_the_expected_number_is_stored_before_it_is_answered() -> None:
    state, effects = receive(STATE, Arrival(message(5), "", NOW), None)
    store, answer = effects
    assert isinstance(store, Store)
    assert isinstance(answer, Answer)
    assert store.receipt == answer.receipt
    assert (answer.receipt.outcome, answer.receipt.expected, state.expected) == (Outcome.STORED, 6, 6)


def test_a_repetition_gets_the_very_same_receipt_and_changes_nothing() -> None:
    state, effects = receive(STATE, Arrival(message(5), "", NOW), None)
    receipt = answered(effects)
    later = Arrival(message(5), "", NOW + timedelta(days=3))
    again, effects = receive(state, later, Record(message(5).digest, receipt))
    assert again == state
    assert effects == (Answer(receipt),)


def test_another_content_under_a_taken_number_is_an_alarm_and_refused() -> None:
    state, effects = receive(STATE, Arrival(message(5), "", NOW), None)
    record = Record(message(5).digest, answered(effects))
    after, effects = receive(state, Arrival(message(5, b"other"), "", NOW), record)
    assert after == state
    assert effects[0] == Alarm(AlarmKind.EQUIVOCATION, 5)
    assert answered(effects).outcome is Outcome.EQUIVOCATION
    assert not any(isinstance(effect, Store) for effect in effects)


def test_a_number_too_high_is_not_taken_and_the_answer_says_which_is_missing() -> None:
    state, effects = receive(STATE, Arrival(message(9), "", NOW), None)
    assert state == STATE
    assert effects[0] == Alarm(AlarmKind.GAP, 5)
    assert (answered(effects).outcome, answered(effects).expected) == (Outcome.GAP, 5)
    assert not any(isinstance(effect, Store) for effect in effects)


def test_a_row_lost_behind_the_applications_back_is_filled_again() -> None:
    state, effects = receive(STATE, Arrival(message(3), "", NOW), None)
    assert state == STATE
    store, alarm, answer = effects
    assert isinstance(store, Store)
    assert alarm == Alarm(AlarmKind.REFILLED, 3)
    assert isinstance(answer, Answer)


def test_a_refusal_uses_its_number_and_holds_back_only_its_aggregate() -> None:
    state, effects = receive(STATE, Arrival(message(5), "schema_unknown", NOW), None)
    assert (answered(effects).outcome, answered(effects).code) == (Outcome.REFUSED, "schema_unknown")
    state, effects = receive(state, Arrival(message(6, aggregate="b"), "", NOW), None)
    assert answered(effects).outcome is Outcome.STORED
    state, effects = receive(state, Arrival(message(7), "", NOW), None)
    assert (answered(effects).outcome, answered(effects).code) == (Outcome.REFUSED, AGGREGATE_WAITS)
    state, effects = receive(state, Arrival(message(8, supersedes=5), "schema_unknown", NOW), None)
    assert answered(effects).code == "schema_unknown"
    state, effects = receive(state, Arrival(message(9, supersedes=5), "", NOW), None)
    assert answered(effects).outcome is Outcome.STORED
    state, effects = receive(state, Arrival(message(10), "", NOW), None)
    assert answered(effects).outcome is Outcome.STORED
    assert state == replace(STATE, expected=11)

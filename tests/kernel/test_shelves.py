"""What a process keeps to hand out: bounded in size and age, and a second behind the facts at most, whoever changed them."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as NoRedisError

from kernel import shelves
from kernel.shelves import LIVES, Fresh, Log, Shelf, forget_all, log

LIFE = 30.0
SECOND = 1.0  # how far behind the facts an answer may be


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Time, with nothing in the log."""
    cache.clear()
    clock = Clock()
    monkeypatch.setattr(shelves, "monotonic", clock)
    forget_all()
    yield clock
    cache.clear()


class Facts:
    """Facts with versions, and readings of them; `during` happens once, while one is made."""

    def __init__(self) -> None:
        self.version = dict.fromkeys("abcdef", 0)
        self.readings: list[list[str]] = []
        self.during: Callable[[], None] | None = None

    def make(self, names: Sequence[str]) -> dict[str, Fresh[int]]:
        """Read them."""
        self.readings.append(list(names))
        found = {name: Fresh(self.version[name], 10, LIFE) for name in names if name in self.version}
        if self.during:
            act, self.during = self.during, None
            act()
        return found


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_older_than_its_time_or_than_a_second_behind_the_facts(clock: Clock, seed: int) -> None:
    """A walk of changes here and elsewhere, also in the middle of a reading, of a log that is lost, and of time."""
    dice, facts, elsewhere = Random(seed), Facts(), Log()
    shelf = Shelf(facts.make, most=40, along=2)
    changes: dict[str, list[float]] = {name: [clock.now] for name in facts.version}

    def change() -> None:
        name = dice.choice("abcdef")
        facts.version[name] += 1
        changes[name].append(clock.now)
        (log if dice.random() < 0.3 else elsewhere).write([name])
        if dice.random() < 0.05:
            cache.clear()  # the log is lost together with what was struck out

    def change_slowly() -> None:
        change()
        clock.now += SECOND
        log.read()  # another thread hears of it before this reading is done

    for _ in range(300):
        if dice.random() < 0.2:
            change()
        if dice.random() < 0.2:
            facts.during = change_slowly
        clock.now += dice.choice((0.0, 0.25, 0.875, 5.0))  # exact in binary
        name = dice.choice("abcdef")
        told = shelf.answer(name)
        assert told is not None
        over = changes[name][told + 1] if told + 1 < len(changes[name]) else clock.now
        assert clock.now - over <= SECOND, f"{name} changed {clock.now - over} s ago"
        assert shelf.size <= 40


def test_an_answer_is_kept_for_its_time_and_not_longer(clock: Clock) -> None:
    facts = Facts()
    shelf = Shelf(facts.make, most=1000)
    for at in (0.0, 0.5, LIFE - 0.01, LIFE, LIFE + 0.1):
        clock.now = 1000.0 + at
        shelf.answer("a")
    assert facts.readings == [["a"], ["a"]]
    assert shelf.answer("unknown") is None


def test_what_was_not_asked_for_longest_goes_first_and_what_is_too_large_is_not_kept(clock: Clock) -> None:
    facts = Facts()
    shelf = Shelf(facts.make, most=30)
    for name in "abcad":
        shelf.answer(name)
    assert [shelf.find(name) for name in "abcd"] == [0, None, 0, 0]
    small = Shelf(facts.make, most=9)
    assert (small.answer("a"), small.size) == (0, 0)


def test_what_was_asked_for_is_read_along_before_it_is_too_old_but_not_for_ever(clock: Clock) -> None:
    facts = Facts()
    shelf = Shelf(facts.make, most=1000, along=2)
    for name in "abc":
        shelf.answer(name)
    clock.now += LIFE * 2 / 3 - 0.1
    shelf.answer("e")
    clock.now += 0.2
    shelf.answer("f")
    assert facts.readings[-2:] == [["e"], ["f", "a", "b"]]
    clock.now += LIFE / 2
    facts.readings.clear()
    assert [shelf.answer(name) for name in "ab"] == [0, 0]
    assert facts.readings == [], "they are as young as f"
    for _ in range(3 * (LIVES + 1)):  # five that are kept, two of them at a time
        clock.now += LIFE
        shelf.answer("d")
    assert facts.readings[-1] == ["d"], "who is not asked for again is left in peace"


def test_a_log_that_was_emptied_and_begun_anew_in_its_millisecond_is_another(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shelves._redis()  # noqa: SLF001 - to stop its clock
    same = Mock(wraps=real, xadd=lambda key, entry, maxlen: real.xadd(key, entry, id="1-0", maxlen=maxlen))
    monkeypatch.setattr(shelves, "_redis", lambda: same)
    facts = Facts()
    shelf = Shelf(facts.make, most=1000)
    assert shelf.answer("a") == 0
    facts.version["a"] = 1
    cache.clear()  # with the entry that struck it out
    shelves._enter([])  # noqa: SLF001 - what another process does when it begins
    clock.now += SECOND
    assert shelf.answer("a") == 1


@pytest.mark.django_db
def test_nothing_that_was_read_in_a_transaction_is_kept(clock: Clock) -> None:
    facts = Facts()
    shelf = Shelf(facts.make, most=1000)
    shelf.answer("a")
    assert shelf.find("a") is None


def test_without_redis_nothing_is_kept_and_everybody_is_answered(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = Facts()
    shelf = Shelf(facts.make, most=1000)
    shelf.answer("a")

    def gone() -> Any:
        raise NoRedisError

    monkeypatch.setattr(shelves, "_redis", gone)
    assert shelf.find("a") == 0, "it was said a moment ago that it stands"
    clock.now += SECOND
    assert [shelf.answer("a"), shelf.find("a"), len(facts.readings)] == [0, None, 2]
    log.write(["a"])
    monkeypatch.undo()

"""Answers that a process keeps to hand out again: of bounded size and age, and dropped in every process when facts change.

PostgreSQL holds the facts. Whoever changes some says so (`strike`), and once that is committed it is entered in a log in
Redis. Before a process hands out what it keeps it reads that log, once a second at most: what it hands out is what was
true a second ago, or later. Without Redis nothing is kept. What is read within a transaction is not kept either: it
may be taken back.
"""

import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import connection, transaction
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

T = TypeVar("T")
LOG = "struck"
LONGEST = 1000  # entries of the log, and as many are read at once
EVERY = 1.0  # seconds
OLD = 2 / 3  # of its time, after which an answer may be made anew along with another
LIVES = 10  # as often an answer is made anew along with others before it is asked for again


@dataclass(frozen=True, slots=True)
class Fresh(Generic[T]):
    """An answer that was just made: how many bytes it takes, and for how many seconds from its making it may be kept."""

    answer: T
    size: int
    seconds: float


@dataclass(slots=True)
class _Kept(Generic[T]):
    """`lives` says how often it is still made anew before anybody asks again."""

    answer: T
    size: int
    made: float
    until: float
    lives: int


class Shelf(Generic[T]):
    """Answers by name, `most` bytes of them; what was not asked for longest goes first.

    `make` is given names and makes the answers of those that have one. With a name that is not kept it is given up to
    `along` that will soon be too old and were asked for a while ago: one reading makes many.
    """

    def __init__(
        self, make: Callable[[Sequence[str]], Mapping[str, Fresh[T]]], *, most: int, along: int = 0
    ) -> None:
        """Begin empty."""
        self.make, self.most, self.along = make, most, along
        self.size = 0
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()
        self._made: deque[tuple[float, str]] = deque()  # in the order of their making
        self._lock = Lock()
        log.shelves.append(self)

    def answer(self, name: str) -> T | None:
        """The answer under the name, kept or made now; None where it has none."""
        found = self.find(name)
        if found is not None:
            return found
        struck, begin = log.count, monotonic()
        may_keep = log.is_read and not connection.in_atomic_block
        due = self._due(begin) if may_keep else {}
        due.pop(name, None)
        made = self.make([name, *due])
        if may_keep:
            self._put(made, due, begin, struck)
        return made[name].answer if name in made else None

    def find(self, name: str) -> T | None:
        """The answer that is kept under the name; None where none is, or nobody can say whether it still is one."""
        if not log.read():
            return None
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept.until <= monotonic():
                return None
            kept.lives = LIVES
            self._kept.move_to_end(name)
            return kept.answer

    def drop(self, name: str) -> None:
        """Forget what is kept under the name."""
        with self._lock:
            self._take(name)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._made.clear()
            self.size = 0

    def _due(self, now: float) -> dict[str, int]:
        """Some names whose answers will soon be too old and may be asked for again, with the lives that are left to them."""
        found: dict[str, int] = {}
        with self._lock:
            while self._made and len(found) < self.along:
                made, name = self._made[0]
                kept = self._kept.get(name)
                if kept is not None and kept.made == made:
                    if (now - made) < (kept.until - made) * OLD:
                        break
                    if kept.lives:
                        found[name] = kept.lives - 1
                self._made.popleft()
        return found

    def _put(self, made: Mapping[str, Fresh[T]], lives: Mapping[str, int], begin: float, struck: int) -> None:
        with self._lock:
            if log.count != struck:  # what was read may be older than what was struck out meanwhile
                return
            for name, fresh in made.items():
                self._take(name)
                self._kept[name] = _Kept(
                    fresh.answer, fresh.size, begin, begin + fresh.seconds, lives.get(name, LIVES)
                )
                if self.along:
                    self._made.append((begin, name))
                self.size += fresh.size
            while self.size > self.most:
                self._take(next(iter(self._kept)))

    def _take(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        if kept is not None:
            self.size -= kept.size


class Log:
    """What was struck out, by whichever process, as far as this one has read."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self.shelves: list[Shelf[Any]] = []
        self.count = 0  # of strikes that were heard of
        self.is_read = False
        self._asked_at = float("-inf")
        self._last: tuple[bytes, dict[bytes, bytes]] | None = None
        self._lock = Lock()

    def read(self) -> bool:
        """Hear of what was struck out, unless that was asked less than a second ago; whether Redis told."""
        if monotonic() - self._asked_at >= EVERY:
            with self._lock:
                if (now := monotonic()) - self._asked_at >= EVERY:
                    try:
                        self._read()
                        self.is_read = True
                    except RedisError as error:
                        self.lose()
                        logger.warning("answers are not kept", extra={"reason": str(error)})
                    self._asked_at = now
        return self.is_read

    def write(self, names: list[str]) -> None:
        """Enter names in the log, and drop them here at once."""
        try:
            _enter(names)
        except RedisError as error:
            logger.warning("other processes were not told", extra={"reason": str(error)})
        self._drop(names)

    def lose(self) -> None:
        """Forget everything, and begin anew with the next reading."""
        self.count += 1
        self.is_read, self._last, self._asked_at = False, None, float("-inf")
        for shelf in self.shelves:
            shelf.clear()

    def _read(self) -> None:
        """Drop what was struck out since; everything, where the log does not go back to what was read last."""
        if self._last is not None:
            entries = _redis().xrange(_key(), min=self._last[0], count=LONGEST)
            if entries and entries[0] == self._last and len(entries) < LONGEST:
                for entry in entries[1:]:
                    self._drop(entry[1][b"names"].decode().split("\n"))
                    self._last = entry
                return
        self.lose()
        _enter([])
        self._last = _redis().xrevrange(_key(), count=1)[0]

    def _drop(self, names: list[str]) -> None:
        self.count += 1
        for shelf in self.shelves:
            for name in names:
                shelf.drop(name)


log = Log()


def strike(*names: str) -> None:
    """Let no process hand out what it keeps under the names, once the transaction at hand has committed."""
    transaction.on_commit(partial(log.write, list(names)))


def forget_all() -> None:
    """Forget what this process keeps: for tests, whose facts are taken back."""
    log.lose()


def _enter(names: list[str]) -> None:
    """One more entry of the log; its mark tells it from one of the same millisecond in a log that was emptied between."""
    entry = {"names": "\n".join(names), "mark": secrets.token_hex(8)}
    _redis().xadd(_key(), entry, maxlen=LONGEST)


def _redis() -> Any:
    return cache._cache.get_client(None, write=True)  # type: ignore[attr-defined] # noqa: SLF001 - Django's cache has no log


def _key() -> str:
    return str(cache.make_and_validate_key(LOG))

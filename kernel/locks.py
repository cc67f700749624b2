"""PostgreSQL advisory locks, their keys named in one table."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """First key of every advisory lock of the house; the second, where there is one, is a hash."""

    RELAY = 1
    IDEMPOTENCY = 2
    SNAPSHOT = 3
    ISSUER = 4
    LEDGER = 5
    LOG = 6
    STREAM = 7
    WEBHOOKS = 8
    CALLS = 9


_LOOK = 0.01
"""Seconds between two looks at a lock that somebody else has."""


def try_lock(lock: Lock, name: str = "", *, patience: float = 0) -> bool:
    """Take the lock until the end of the transaction, or say, after so many seconds, that somebody else has it."""
    until = time.monotonic() + patience
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [lock.value, name])
            if cursor.fetchone()[0]:
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK)


def take_lock(lock: Lock, name: str = "") -> None:
    """Wait for the lock, and keep it until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [lock.value, name])


def share_lock(lock: Lock, name: str = "") -> None:
    """Wait for whoever took the lock, and keep them out until the end of the transaction; others may share it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s))", [lock.value, name])


@contextmanager
def sole(lock: Lock) -> Iterator[bool]:
    """Hold the lock over many transactions, or say that somebody else has it; a process that dies lets it go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [lock.value])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [lock.value])

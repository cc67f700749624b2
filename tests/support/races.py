"""Racing acts on connections of their own: threads that start together and say what came of each."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import psycopg
from django.db import connection, connections

from kernel.tenancy import as_node

SECONDS_TO_WAIT = 30


def race(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at once, each on its own thread and connection; their results or exceptions, in order."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            with connection.cursor() as cursor:  # nobody is late for want of a connection, nor waits for ever
                cursor.execute("SET lock_timeout = '10s'")
            gate.wait(SECONDS_TO_WAIT)
            with as_node("as the test itself"):
                return act()
        except Exception as error:  # noqa: BLE001 - what came of it is the result
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def aside(act: Callable[[], Any]) -> Any:
    """Run one act on another connection, to its end; its result."""
    (result,) = race(act)
    if isinstance(result, BaseException):
        raise result
    return result


@contextmanager
def as_role(name: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the test's database as one of the two roles, with its URL's server."""
    url = os.environ["DATABASE_URL" if name == "node_app" else "DATABASE_OWNER_URL"]
    with psycopg.connect(url, dbname=connection.settings_dict["NAME"], autocommit=True) as raw:
        yield raw


def kinds(results: Sequence[Any]) -> dict[str, int]:
    """How many results of each kind a race had, by the names of their types."""
    counted: dict[str, int] = {}
    for result in results:
        counted[type(result).__name__] = counted.get(type(result).__name__, 0) + 1
    return counted

"""C-4 at the size of a pull request: buyers whose connections are cut in the midst of whatever they do, one by one and all at once.

To the ledger that is a killed worker and a PostgreSQL that stops at once; the services themselves are stopped by
`./dev attack claims`, which needs a cluster of its own.
"""

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from random import Random
from uuid import UUID

import pytest
from django.db import DatabaseError, InterfaceError, connection

from kernel.errors import HoldGone, SoldOut
from kernel.ids import new_id
from kernel.services import capacity
from tests.attacks._claims_faults import WRONG
from tests.kernel.ledger import declare, hold
from tests.support.races import race

BUYERS, CUTS = 4, 18


def buy(dice: Random, resources: Sequence[UUID], bundle: UUID) -> None:
    with suppress(SoldOut, HoldGone):
        hold(dict.fromkeys(dice.sample(resources, 2), dice.randint(1, 3)), bundle=bundle)
        if dice.random() < 0.5:
            capacity.confirm(bundle=bundle)
        capacity.release(bundle=bundle)


def buyer(number: int, resources: Sequence[UUID], serving: dict[int, socket.socket], over: list[bool]) -> int:
    """Buy until it is over, and give back what a cut left behind; how often the connection was cut."""
    dice, cut, bundle = Random(number), 0, new_id()
    while not over:
        try:
            connection.ensure_connection()
            serving[number] = socket.socket(fileno=os.dup(connection.connection.pgconn.socket))
            capacity.release(bundle=bundle)
            buy(dice, resources, bundle := new_id())
        except (DatabaseError, InterfaceError):
            cut += 1
            connection.close()
    return cut


def cutter(serving: dict[int, socket.socket], over: list[bool]) -> int:
    """Cut one buyer's connection, or everybody's, at any moment."""
    dice = Random(0)
    try:
        for turn in range(CUTS):
            time.sleep(dice.uniform(0.02, 0.1))
            lines = list(serving.values())
            for line in lines if turn % 3 == 0 else lines[turn % BUYERS :][:1]:
                with suppress(OSError):  # it is cut already
                    line.shutdown(socket.SHUT_RDWR)
    finally:
        over.append(True)
    return CUTS


@pytest.mark.django_db(transaction=True)
def test_c4_a_buyer_who_is_cut_off_leaves_nothing_oversold_split_or_uncounted() -> None:
    resources = [declare(7), declare(7)]
    serving: dict[int, socket.socket] = {}
    over: list[bool] = []
    buyers = [partial(buyer, number, resources, serving, over) for number in range(BUYERS)]
    *cut, turns = race(*buyers, partial(cutter, serving, over))
    assert turns == CUTS
    assert sum(cut) >= CUTS // 2, "a fault counts where a buyer felt it"
    with connection.cursor() as cursor:
        cursor.execute(WRONG)
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*) FROM claim")
        assert cursor.fetchone()[0] > CUTS, "buyers went on"

"""How soon a change is in the snapshot by the outbox and the clock's task alone."""

import time
from typing import Any

import pytest
from django.db import transaction

from kernel.services.outbox import relay
from scheduling.selectors import supply as kept
from scheduling.tasks import keep_supply
from tests.aggregation.supply import beat, made, next_sequence, report
from tests.scheduling.live import network, open_whole_market
from tests.scheduling.test_snapshots import reprice, the_look_was_enough
from tests.support.cast import World


@pytest.mark.django_db(transaction=True)
def test_a_price_an_availability_and_a_span_are_in_the_snapshot_within_a_second(world: World) -> None:
    """By the relay and the clock's task alone, without anybody asking; the task runs once a second."""
    open_whole_market(world)
    relay()
    keep_supply()
    for act in (reprice, reading, respan):
        before, begun = newest_number(), time.monotonic()
        act(world)
        relay()
        keep_supply()
        assert newest_number() > before, act.__name__
        assert time.monotonic() - begun < 1, act.__name__
        the_look_was_enough()


def newest_number() -> int:
    """The number of the version that a reader takes without looking for more."""
    with transaction.atomic():
        version = kept.newest_supply()
    assert version is not None
    return version.number


def reading(world: World) -> None:
    """A heartbeat with fewer machines free."""
    readings: dict[str, Any] = {"wj-910b": 3}
    report(world.ada, beat(next_sequence(world.ada), **readings))


def respan(world: World) -> None:
    """The network again, one span narrower."""
    again = network()
    again["spans"][0]["capacity_mbps"] -= 1000
    made(world.lin.post("/api/v1/networks:import", again))

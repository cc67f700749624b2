"""Two nodes, a bad network, hundreds of seeds: the share of `./dev attack federation` that runs in the suite."""

from collections import Counter
from datetime import timedelta

import pytest

from nodes.domain.sender import LONGEST_PAUSE
from tests.nodes.invariants import check
from tests.nodes.simulator import START, Faults, World

SEEDS = 300
CALM = Faults(drop=0, duplicate=0, slow=0, crash=0, rollback=0, poison=0, forge=0, large=0)


@pytest.mark.slow
def test_hundreds_of_bad_networks_lose_nothing_and_double_nothing() -> None:
    landed: Counter[str] = Counter()
    for seed in range(SEEDS):
        world = World(seed)
        try:
            world.settle()
            check(world)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        landed += world.landed
    # A fault that never landed proves nothing.
    faults = ("drop", "duplicate", "delay", "partition", "sender crash", "receiver crash", "rollback")
    assert all(landed[fault] > SEEDS / 10 for fault in (*faults, "poison", "forge", "too large")), landed


@pytest.mark.parametrize("days", [1, 3])
def test_what_waited_for_days_arrives_within_a_minute_of_the_reconnection(days: int) -> None:
    world = World(days)
    world.faults, world.cuts = CALM, [100.0, 100.0 + days * 86400]
    world.run()
    reconnected = START + timedelta(seconds=world.cuts[1])
    assert world.landed["partition"] > days * 86400 / (2 * LONGEST_PAUSE.total_seconds())
    assert reconnected < world.now < reconnected + timedelta(minutes=1)
    world.settle()
    check(world)


def test_a_seed_tells_the_same_story_twice() -> None:
    first, second = World(7), World(7)
    first.settle()
    second.settle()
    assert (first.sender, first.receiver, first.alarms) == (second.sender, second.receiver, second.alarms)

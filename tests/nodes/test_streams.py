"""Two nodes, a bad network, a thousand seeds."""

from collections import Counter

import pytest

from tests.nodes.invariants import check
from tests.nodes.simulator import World

SEEDS = 1_000


@pytest.mark.slow
def test_a_thousand_bad_networks_lose_nothing_and_double_nothing() -> None:
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
    assert all(landed[fault] > SEEDS / 10 for fault in (*faults, "poison", "forge")), landed


def test_a_seed_tells_the_same_story_twice() -> None:
    first, second = World(7), World(7)
    first.settle()
    second.settle()
    assert (first.sender, first.receiver, first.alarms) == (second.sender, second.receiver, second.alarms)

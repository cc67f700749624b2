"""Random small worlds asked under other names and other owners, where nothing else is different."""

from dataclasses import replace
from random import Random
from typing import Any

from scheduling.domain.demand import Demand
from scheduling.domain.engine.neutrality import Owned, asked_there, differences, ranked, relabelled
from scheduling.domain.engine.selection import lines_of, select
from tests.scheduling.wished import small_extras, small_wishes
from tests.scheduling.worlds import LINE_PROVIDERS, PROVIDERS, small_demand, small_supply


def disagreement(rng: Random) -> tuple[Demand, Any, Any, Any] | None:
    """(demand, what differs, ranks, ranks in the other world) where names or owners count for something, else None.

    Demands that name providers are asked where owners changed names with one another, others where each offer was given
    the owner of another.
    """
    supply = small_supply(rng)
    supply = replace(supply, extras=small_extras(rng, supply))
    owned = Owned(
        rng.choices(PROVIDERS, k=rng.choice((0, 1))), rng.choices(LINE_PROVIDERS, k=rng.choice((0, 1)))
    )
    worlds = {by_owner: relabelled(rng, supply, owned, by_owner=by_owner) for by_owner in (False, True)}
    for _ in range(4):
        demand, wishes = small_wishes(rng, small_demand(rng, supply), supply)
        demand = replace(demand, top=rng.choice((1, 3, 500, 500)))
        world = worlds[bool(demand.providers.include or demand.providers.exclude)]
        one = select(supply, demand, lines_of(supply, demand, wishes))
        asked, wished = asked_there(demand, wishes, world)
        two = select(world.supply, asked, lines_of(world.supply, asked, wished))
        if found := differences(one, two, world.back):
            return demand, found, ranked(one, {}), ranked(two, world.back)
    return None

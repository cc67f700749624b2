"""The cost maps of the snapshot that is served, kept by each process until the next one."""

from scheduling.domain.cost_maps import CostMaps
from scheduling.domain.supply.supply import Supply
from scheduling.selectors.supply import newest_supply

_last: CostMaps | None = None
"""Of the supply that was asked about last; replaced whole. What is worked out of it is kept with it."""


def cost_maps() -> CostMaps:
    """The maps of the newest snapshot that is built, at the cost of a query; empty before the first."""
    global _last  # noqa: PLW0603 - the maps of one supply are kept a process
    version = newest_supply()
    supply = Supply.build([], [], [], [], []) if version is None else version.supply
    maps = _last
    if maps is None or maps.snapshot != supply.snapshot:
        maps = _last = CostMaps(supply)
    return maps

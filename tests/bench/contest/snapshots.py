"""The snapshot of a province: how long it takes to build and to change, and what memory it needs."""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

from scheduling.domain.changes import changed
from scheduling.domain.files import answer_json, parse_demand
from scheduling.domain.selection import select
from scheduling.domain.supply import Offer, Supply
from tests.bench.contest.rounds import Row, Times, equal
from tests.bench.contest.world import LOCAL, make_world

PAGE = 4096
MEBIBYTE = 2**20
SECONDS_TO_BUILD, SECONDS_TO_CHANGE = 10.0, 0.05


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    offers: int
    sites: int
    deltas: int
    rounds: int


def snapshots(size: Size, dice: Random) -> Iterator[Row]:
    """Build once a round, then change one offer at a time; the last change is compared with what a build would give."""
    world = make_world(offers=size.offers, centres=200, sites=size.sites)
    gc.collect()
    before, builds, deltas = _resident(), [], []
    for _ in range(size.rounds):
        supply = None
        seconds, supply = _timed(lambda: world.supply())  # noqa: PLW0108 - the rows are there already
        builds.append([seconds])
    assert supply is not None
    memory = f"{(_resident() - before) // MEBIBYTE:,} MiB beside the rows"
    gc.collect()
    for _ in range(size.rounds):
        one = []
        for _ in range(size.deltas):
            seconds, supply = _timed(lambda now=supply: _one_change(now, dice))  # type: ignore[misc]
            one.append(seconds)
        deltas.append(one)
    _same_as_built(supply)
    what = f"{size.offers:,} offers, {size.sites:,} sites, {len(world.spans):,} spans"
    yield Row(
        "snapshots", f"build a snapshot, {what}", "columns, networks, references checked; from rows in memory",
        Times(builds), most={0.5: SECONDS_TO_BUILD}, note=memory,
    )  # fmt: skip
    yield Row(
        "snapshots", f"one offer of {what} changes", "price, or what is available", Times(deltas),
        most={0.5: SECONDS_TO_CHANGE},
    )  # fmt: skip


def _one_change(supply: Supply, dice: Random) -> Supply:
    key = f"o{dice.randrange(len(supply.offers)):07d}"
    row: Offer = supply.offers[key]
    if dice.random() < 0.5:
        row = replace(row, price_cny_hour=row.price_cny_hour + Decimal("0.0001") * dice.randint(1, 9999))
    else:
        row = replace(row, available=dice.randint(0, 9))
    return changed(supply, {"offers": {key: row}}, {}, "sha256:unknown")


def _same_as_built(supply: Supply) -> None:
    """Raise WrongAnswerError where a supply that was changed answers otherwise than one that is built of its rows."""
    built = Supply.build(
        supply.sites.values(),
        supply.spans.values(),
        supply.tariffs.values(),
        supply.centres.values(),
        supply.offers.values(),
        snapshot="sha256:unknown",
    )
    demand = parse_demand(
        {
            "demand": "d", "from_site": "s000000", "quantity": 1, "bandwidth_mbps": 500, "top": 200,
            "line": {"providers": [LOCAL]}, "want": ["rejected"],
        }
    )  # fmt: skip
    equal(answer_json(select(supply, demand)), answer_json(select(built, demand)), "the supply after changes")


def _timed(act: Callable[[], Supply]) -> tuple[float, Supply]:
    begin = time.perf_counter()
    found = act()
    return time.perf_counter() - begin, found


def _resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE

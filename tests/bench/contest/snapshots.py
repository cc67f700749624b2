"""The snapshot of a province: how long it takes to build and to change, and what memory it needs; in memory, and from the tables."""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

from aggregation.models import Offer as Listing
from aggregation.services.offers import Price, change_offer
from kernel.actor import SYSTEM
from kernel.services.outbox import drain
from scheduling.domain.engine.files import answer_json, parse_demand
from scheduling.domain.engine.selection import select
from scheduling.domain.supply.changes import changed
from scheduling.domain.supply.supply import Offer, Supply
from scheduling.models import Span, SupplyBucket, SupplyCursor, SupplyRow, SupplyVersion
from scheduling.services.networks import import_network
from scheduling.services.supply import fresh_supply, refresh_supply
from tests.bench.contest.market import Market
from tests.bench.contest.rounds import Row, Times, equal
from tests.bench.contest.world import CARRIERS, LOCAL, make_world

PAGE = 4096
MEBIBYTE = 2**20
SECONDS_TO_BUILD, SECONDS_TO_CHANGE = 10.0, 0.05
SECONDS_TO_FOLLOW = 1.0


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
    before, builds = _resident(), []
    for _ in range(size.rounds):
        supply = None
        seconds, supply = _timed(lambda: world.supply())  # noqa: PLW0108 - the rows are there already
        builds.append([seconds])
    assert supply is not None
    memory = f"{(_resident() - before) // MEBIBYTE:,} MiB beside the rows"
    gc.collect()
    deltas: dict[str, list[list[float]]] = {}
    for name, change in (("what is available", _sold), ("the price", _dearer)):
        deltas[name] = []
        for _ in range(size.rounds):
            one = []
            for _ in range(size.deltas):
                seconds, supply = _timed(lambda now=supply, change=change: _changed(now, change, dice))  # type: ignore[misc]
                one.append(seconds)
            deltas[name].append(one)
    _same_as_built(supply)
    what = f"{size.offers:,} offers, {size.sites:,} sites, {len(world.spans):,} spans"
    yield Row(
        "snapshots", f"build a snapshot, {what}", "columns, networks, references checked; from rows in memory",
        Times(builds), most={0.5: SECONDS_TO_BUILD}, note=memory,
    )  # fmt: skip
    for name, rounds in deltas.items():
        yield Row(
            "snapshots", f"{name} of one offer changes, {what}", "columns and tables of the next version",
            Times(rounds), most={0.5: SECONDS_TO_CHANGE},
        )  # fmt: skip


def from_tables(market: Market, deltas: int, dice: Random) -> Iterator[Row]:
    """The same from the rows of a node: built once, then one span and one price at a time, and a look at everything at last.

    Each time is that of the act and of the question after it, by which the change is in the supply of this process.
    """
    for model in (SupplyRow, SupplyBucket, SupplyVersion, SupplyCursor):
        model.objects.all().delete()
    world = market.world
    what = f"{len(world.offers):,} offers, {len(world.sites):,} sites, {len(world.spans):,} spans"
    seconds, supply = _timed(lambda: fresh_supply().supply)
    yield Row(
        "snapshots", f"build a snapshot from the tables, {what}", "gates, ledger, rows and hashes written, read again",
        Times([[seconds]]),
    )  # fmt: skip
    spans = [dice.choice(world.spans).span for _ in range(4 * deltas)]
    spans = [key for key in spans if key.startswith(CARRIERS)][:deltas]
    offers = [dice.choice(world.offers).offer for _ in range(deltas)]
    for name, act, keys in (("span is imported", _import_span, spans), ("price", _reprice, offers)):
        times = []
        for key in keys:
            seconds, supply = _timed(lambda act=act, key=key: act(key, dice))  # type: ignore[misc]
            times.append(seconds)
            drain()
        yield Row(
            "snapshots", f"one {name}, in the tables of {what}", "the act, the builder's look, this process caught up",
            Times([times]), most={0.5: SECONDS_TO_FOLLOW},
        )  # fmt: skip
    equal(replace(supply, known_snapshot=None).snapshot, supply.snapshot, "the hash after changes")
    begin = time.perf_counter()
    refresh_supply(everything=True)
    times = [time.perf_counter() - begin]
    equal(fresh_supply().supply.snapshot, supply.snapshot, "what a look at everything finds more")
    yield Row(
        "snapshots", f"look at everything, {what}", "as every ten minutes; nothing is found", Times([times])
    )


def _import_span(key: str, dice: Random) -> Supply:
    """Its carrier sends one span again, a little longer and less wide."""
    row = Span.objects.select_related("a", "b").get(key=key)
    span = {
        "span": key, "a": row.a.key, "b": row.b.key, "km": str(row.km + 1), "srlg": row.srlg,
        "capacity_mbps": row.capacity_mbps + dice.randint(1, 9), "jitter_us": row.jitter_us, "loss": f"{row.loss:f}",
    }  # fmt: skip
    report = import_network(
        line_provider=key.rpartition("-")[0],
        marking="",
        sites=[],
        spans=[span],
        dry_run=False,
        actor=replace(SYSTEM, tenant_id=row.tenant_id),
    )
    equal((report.updated, report.faults), (1, ()), "the import of a span")
    supply = fresh_supply().supply
    equal(supply.spans[key].km, row.km + 1, "the span after its import")
    return supply


def _reprice(key: str, dice: Random) -> Supply:
    """Its provider gives one offer another price."""
    row = Listing.objects.get(key=key)
    price = Decimal(dice.randint(1_000, 400_000)).scaleb(-4)
    change_offer(
        offer=row,
        price=Price(price, None, None),
        available=None,
        state=None,
        actor=replace(SYSTEM, tenant_id=row.tenant_id),
    )
    supply = fresh_supply().supply
    equal(supply.offers[key].price_cny_hour, price, "the price after the act")
    return supply


def _changed(supply: Supply, change: Callable[[Offer, Random], Offer], dice: Random) -> Supply:
    key = f"o{dice.randrange(len(supply.offers)):07d}"
    return changed(supply, {"offers": {key: change(supply.offers[key], dice)}}, {}, "sha256:unknown")


def _sold(row: Offer, dice: Random) -> Offer:
    return replace(row, available=dice.randint(0, 9))


def _dearer(row: Offer, dice: Random) -> Offer:
    return replace(row, price_cny_hour=row.price_cny_hour + Decimal("0.0001") * dice.randint(1, 9999))


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

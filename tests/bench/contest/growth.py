"""How the cost of a joint selection grows with offers and with sites, measured, and drawn as a plot."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from scheduling.domain.demand import Demand
from scheduling.domain.engine.files import answer_json, parse_demand
from scheduling.domain.engine.selection import select
from scheduling.domain.numbers import CNY_SCALE
from scheduling.domain.supply.supply import Supply
from tests.bench.contest.columns import ACCELERATORS, Offers, make_offers
from tests.bench.contest.plain import PlainOracle, plain_answer
from tests.bench.contest.plot import Curve, write_plot
from tests.bench.contest.rounds import Row, Times, equal
from tests.bench.contest.world import CARRIERS, make_world
from tests.scheduling.oracle_worth import Pick

CENTRES, TOP = 200, 20
WANTS: tuple[tuple[str, ...], ...] = ((), ("rejected",))


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    offers: tuple[int, ...]
    sites: tuple[int, ...]
    at_sites: int
    at_offers: int
    repeat: int


def growth(size: Size, plot: Path | None, dice: Random) -> Iterator[Row]:
    """A row for each size; at the end the plot, where one is asked for."""
    rows: dict[tuple[str, tuple[str, ...]], list[tuple[int, float]]] = {}
    world = make_world(offers=1, centres=CENTRES, sites=size.at_sites)
    supply = world.supply()
    demand = _demand(dice, size.at_sites, {"accelerators": [ACCELERATORS[7]], "min_vcpus": 64})
    for count in size.offers:
        offers = make_offers(count)
        columns = offers.columns()
        columns = replace(
            columns,
            codes={**columns.codes, "centre": {name: at for at, name in enumerate(supply.centres)}},
            centres=tuple(supply.centres),
            site_of=tuple(centre.site for centre in supply.centres.values()),
        )
        grown = replace(supply, columns=columns, known_snapshot="sha256:grown")
        right = _first(grown, offers, demand)
        for want in WANTS:
            times, answer = _timed(grown, replace(demand, want=want), size.repeat)
            equal([_brief(each) for each in answer["bundles"]], right, f"{count} offers, {want}")
            rows.setdefault(("offers", want), []).append((count, times.overall(0.5) * 1000))
            yield _row(f"joint selection, {count:,} offers, {size.at_sites:,} sites", want, times)
    for count in size.sites:
        world = make_world(offers=size.at_offers, centres=CENTRES, sites=count)
        supply = replace(world.supply(), known_snapshot="sha256:grown")
        demand = _demand(dice, count, {"accelerators": ["H100"], "min_vcpus": 64})
        exact = plain_answer(supply, demand)
        for want in WANTS:
            times, answer = _timed(supply, replace(demand, want=want), size.repeat)
            for member in ("bundles", *want):
                equal(answer[member], exact[member], f"{member}, {count} sites")
            rows.setdefault(("sites", want), []).append((count, times.overall(0.5) * 1000))
            yield _row(f"joint selection, {size.at_offers:,} offers, {count:,} sites", want, times)
    if plot is not None:
        write_plot(
            plot,
            [
                Curve(f"{over}, {'reasons' if want else 'bundles alone'}", points)
                for (over, want), points in rows.items()
            ],
        )


def _row(name: str, want: tuple[str, ...], times: Times) -> Row:
    return Row("growth", f"{name} × 3 carriers", f"top {TOP}" + "".join(f", {each}" for each in want), times)


def _demand(dice: Random, sites: int, compute: dict[str, Any]) -> Demand:
    return parse_demand(
        {
            "demand": "d", "from_site": f"s{dice.randrange(sites):06d}", "quantity": 1, "bandwidth_mbps": 300,
            "duration_hours": "720", "max_latency_us": 6_000, "top": TOP, "compute": compute,
            "line": {"providers": list(CARRIERS)}, "want": [],
        }
    )  # fmt: skip


def _timed(supply: Supply, demand: Demand, repeat: int) -> tuple[Times, Any]:
    """So many times after one that is not counted."""
    answer = answer_json(select(supply, demand))
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        answer = answer_json(select(supply, demand))
        seconds.append(time.perf_counter() - begin)
    return Times([seconds]), answer


def _first(supply: Supply, offers: Offers, demand: Demand) -> list[tuple[str, str, str, str]]:
    """The first bundles by plain Python: every offer is read, with the lines that the plain oracle picks."""
    oracle = PlainOracle(supply, demand.bandwidth_mbps, demand.max_latency_us or 0)
    centres = list(supply.centres.values())
    lines: dict[int, list[tuple[int, int, str, str]]] = {}
    for at, centre in enumerate(centres):
        firsts = [
            (product, oracle.picks(demand, product, centre.site)[0]) for product in oracle.products(demand)
        ]
        lines[at] = [
            (int(pick.cost * CNY_SCALE), pick.latency, *product)
            for product, pick in firsts
            if isinstance(pick, Pick)
        ]
    times, wanted = int(demand.duration_hours) * 10**6, demand.compute
    card = ACCELERATORS.index(wanted.accelerators[0])
    cells = {name: column.tolist() for name, column in offers.cells.items()}
    found = [
        (price * times + cost, latency, f"o{number:07d}", provider, technology)
        for number, price, centre, accelerator, vcpus, available in zip(
            *(cells[name] for name in ("id", "price", "centre", "accelerator", "vcpus", "available")),
            strict=True,
        )
        if accelerator == card and vcpus >= (wanted.min_vcpus or 0) and available >= demand.quantity
        for cost, latency, provider, technology in lines[centre]
    ]
    return [
        (offer, provider, technology, _cny(total))
        for total, _, offer, provider, technology in sorted(found)[:TOP]
    ]


def _brief(bundle: dict[str, Any]) -> tuple[str, str, str, str]:
    return bundle["offer"], bundle["line_provider"], bundle["technology"], bundle["cny"]["total"]


def _cny(total: int) -> str:
    """Half-even at four decimals, as amounts are written."""
    whole, rest = divmod(total, 10**6)
    whole += rest * 2 > 10**6 or (rest * 2 == 10**6 and whole % 2 == 1)
    return f"{whole // 10**4}.{whole % 10**4:04d}"

"""What selection costs beside the software nearest to it: the same questions in turns by the round, every answer proven exact.

`python -m tests.bench.selection [--only joint filter …] [--rounds 3] [--seed 0] [--json FILE] [--plot FILE]` prints a
table of ratios and writes it as JSON, and the growth of costs as a plot. Exit 1 where a ratio that is promised is not reached; a wrong answer ends the run.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import django

if __name__ == "__main__":
    os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]  # who furnishes the tables, by COPY
    os.environ["HEARTBEAT_SECONDS"] = (
        "86400"  # no agent reports here, and no reading shall grow old meanwhile
    )
    django.setup()  # before the models below are imported

from kernel.tenancy import as_node
from tests.bench.contest import catalogs, graphs, growth, http, market, offers, snapshots
from tests.bench.contest.rounds import Row, write
from tests.bench.contest.table import line, machine

PARTS = ("filter", "joint", "catalogs", "offers", "graphs", "snapshots", "growth")


def measure(asked: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """The rows of the parts that are asked for, one after the other."""
    dice = Random(asked.seed)
    web = [part for part in ("filter", "joint") if part in asked.only]
    if web or "snapshots" in asked.only:
        ground = market.open_market(offers=asked.offers, centres=asked.centres, sites=asked.sites)
    if web:
        size = http.Size(asked.offers, asked.centres, asked.sites, asked.questions, asked.rounds)
        yield from http.over_http(ground, size, web, folder, dice)
    if "graphs" in asked.only:
        yield from graphs.graphs(graphs.Size(asked.sites, 20, 24, asked.rounds), folder, dice)
    if "catalogs" in asked.only:
        yield from catalogs.catalogs(catalogs.Size(49_000, 100_000, 8, asked.rounds), folder, dice)
    if "offers" in asked.only:
        counts = tuple(count for count in offers.ASKED if count <= asked.most)
        yield from offers.against_postgresql(offers.Size(counts, asked.rounds, 5), dice)
    if "snapshots" in asked.only:
        yield from snapshots.snapshots(snapshots.Size(asked.most, asked.sites, 10, asked.rounds), dice)
        yield from snapshots.from_tables(ground, 10, dice)
    if "growth" in asked.only:
        counts = tuple(
            count for count in (10_000, 30_000, 100_000, 300_000, 1_000_000) if count <= asked.most
        )
        sites = tuple(count for count in (1_000, 3_000, 10_000, 30_000, 100_000) if count <= asked.most_sites)
        yield from growth.growth(growth.Size(counts, sites, 10_000, 10_000, 10), asked.plot, dice)


def main() -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=8, help="different ones over HTTP")
    parser.add_argument("--offers", type=int, default=10_000)
    parser.add_argument("--centres", type=int, default=200)
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--most", type=int, default=1_000_000, help="offers in one process")
    parser.add_argument("--most-sites", type=int, default=100_000, help="sites in one process")
    parser.add_argument("--plot", type=Path, help="where to draw how costs grow")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=Path(".run/bench-selection.json"))
    asked = parser.parse_args()
    begin, rows = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder, as_node("the measurement furnishes the house"):
        for row in measure(asked, Path(folder)):
            rows.append(row)
            print(line(row), flush=True)  # noqa: T201 - a command line
            write(rows, asked.json, machine=machine(), seconds=round(time.monotonic() - begin))
    print(f"{time.monotonic() - begin:.0f} s; {asked.json}")  # noqa: T201
    return 0 if all(row.kept() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

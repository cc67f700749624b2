"""Filter and rank in one process: against PostgreSQL's best plan over many shapes of questions."""

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import psycopg
from psycopg import sql

from scheduling.domain.demand import Demand
from scheduling.domain.engine.files import parse_demand
from scheduling.domain.engine.first import first_offers
from tests.bench.contest.columns import ACCELERATORS, Offers, make_offers
from tests.bench.contest.rounds import Row, Times, compete, equal

TOP = 20
ASKED = {10_000: 3.0, 100_000: 2.0, 1_000_000: 10.0}
"""The least ratio that is asked for, by how many offers there are."""

INDEXES = (
    "price, id", "accelerator, price, id", "centre, price, id", "kind, price, id", "provider, price, id",
    "accelerator, centre, price, id", "accelerator, accelerators, price, id", "fp16_tflops, price, id",
    "vcpus, price, id", "domestic, price, id",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """One kind of question: the demand's constraints, and the same for PostgreSQL."""

    name: str
    demand: Mapping[str, Any]
    where: str

    def __hash__(self) -> int:
        """By name."""
        return hash(self.name)

    def parsed(self) -> Demand:
        """The demand as the engine reads it."""
        return parse_demand(
            {"demand": "d", "from_site": "s0", "quantity": 1, "bandwidth_mbps": 1, "want": [], **self.demand}
        )


def _cards(*numbers: int) -> list[str]:
    return [ACCELERATORS[number] for number in numbers]


def _centres(*numbers: int) -> dict[str, list[str]]:
    return {"include": [f"c{number}" for number in numbers]}


SHAPES = (
    Shape("anything", {}, "true"),
    Shape("a kind", {"compute": {"kind": "intelligent"}}, "kind = 1"),
    Shape("one card", {"compute": {"accelerators": _cards(7)}}, "accelerator = 7"),
    Shape(
        "three cards, 8 of them, 64 GiB",
        {"compute": {"accelerators": _cards(3, 7, 11), "min_accelerators": 8, "min_accelerator_memory_gib": "64"}},
        "accelerator IN (3, 7, 11) AND accelerators >= 8 AND accelerator_memory_gib >= 64000000",
    ),
    Shape(
        "three cards in six centres",
        {
            "compute": {"accelerators": _cards(3, 7, 11), "min_accelerators": 8, "min_memory_gib": "256"},
            "centre": _centres(1, 5, 9, 13, 21, 33),
        },
        "accelerator IN (3, 7, 11) AND accelerators >= 8 AND memory_gib >= 256000000 AND centre IN (1, 5, 9, 13, 21, 33)",
    ),
    Shape("one centre", {"centre": _centres(17)}, "centre = 17"),
    Shape(
        "one centre, large machines",
        {"centre": _centres(17), "compute": {"min_vcpus": 128}},
        "centre = 17 AND vcpus >= 128",
    ),
    Shape("one provider", {"providers": {"include": ["p42"]}}, "provider = 42"),
    Shape("large machines", {"compute": {"min_vcpus": 192}}, "vcpus >= 192"),
    Shape(
        "much fp16, domestic",
        {"compute": {"min_fp16_tflops": "5120", "domestic": True}},
        "fp16_tflops >= 5120000000 AND domestic = 1",
    ),
    Shape("lean centres", {"centre": {"max_pue": "1.1", "min_mlps_level": 3}}, "pue <= 1100000 AND mlps >= 3"),
    Shape(
        "many units of few machines",
        {
            "quantity": 8,
            "compute": {
                "accelerators": _cards(2), "min_accelerators": 8, "min_accelerator_memory_gib": "96",
                "min_vcpus": 192, "min_fp64_tflops": "640",
            },
        },
        "available >= 8 AND accelerator = 2 AND accelerators >= 8 AND accelerator_memory_gib >= 96000000"
        " AND vcpus >= 192 AND fp64_tflops >= 640000000",
    ),
    Shape("nothing", {"compute": {"min_vcpus": 256}}, "vcpus >= 256"),
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    counts: tuple[int, ...]
    rounds: int
    repeat: int


def against_postgresql(size: Size, dice: Random) -> Iterator[Row]:
    """One row for each number of offers."""
    with psycopg.connect(
        os.environ["DATABASE_OWNER_URL"], autocommit=True, prepare_threshold=0
    ) as connection:
        for count in size.counts:
            yield _one_size(connection, make_offers(count), size, dice)


def _one_size(connection: psycopg.Connection, offers: Offers, size: Size, dice: Random) -> Row:
    table = _table(connection, offers)
    columns, rows = offers.columns(), list(offers.rows())
    demands = {shape: shape.parsed() for shape in SHAPES}
    exact = {shape: _plainly(shape, offers, rows) for shape in SHAPES}
    taken: dict[tuple[str, bool], list[float]] = defaultdict(list)

    def timed(shape: Shape, act: Callable[[], list[int]], *, is_ours: bool) -> tuple[float, list[int]]:
        begin = time.perf_counter()
        found = act()
        seconds = time.perf_counter() - begin
        taken[shape.name, is_ours].append(seconds)
        return seconds, found

    def agree(shape: Shape, mine: list[int], theirs: list[int]) -> None:
        equal([int(offers.cells["id"][row]) for row in mine], exact[shape], f"ours, {shape.name}")
        equal(theirs, exact[shape], f"PostgreSQL, {shape.name}")

    mine, theirs = compete(
        SHAPES,
        lambda shape: timed(shape, lambda: first_offers(columns, demands[shape], TOP), is_ours=True),
        lambda shape: timed(shape, lambda: _asked(connection, table, shape), is_ours=False),
        agree,
        rounds=size.rounds,
        dice=dice,
        repeat=size.repeat,
    )
    connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(table)))
    return _row(offers.count, mine, theirs, taken)


def _row(count: int, mine: Times, theirs: Times, taken: Mapping[tuple[str, bool], list[float]]) -> Row:
    each = {
        shape.name: statistics.median(taken[shape.name, False]) / statistics.median(taken[shape.name, True])
        for shape in SHAPES
    }
    return Row(
        "offers", f"filter and rank {count:,} offers, {len(SHAPES)} shapes", f"first {TOP} offers, no line", mine, theirs,
        "PostgreSQL's best plan, prepared and warm", {0.5: ASKED.get(count, 1.0)},
        note=f"geometric mean {statistics.geometric_mean(each.values()):.1f}; "
        + ", ".join(f"{name} {ratio:.1f}" for name, ratio in each.items()),
    )  # fmt: skip


def _asked(connection: psycopg.Connection, table: str, shape: Shape) -> list[int]:
    at_least = "" if "available" in shape.where else " AND available >= 1"
    query = f"SELECT id FROM {table} WHERE {shape.where}{at_least} ORDER BY price, id LIMIT {TOP}"  # noqa: S608 - our own words
    return [row[0] for row in connection.execute(query.encode(), prepare=True).fetchall()]


def _table(connection: psycopg.Connection, offers: Offers) -> str:
    """The offers as a table with the indexes that its shapes can use, analysed and in memory."""
    table = f"bench_offers_{offers.count}"
    names = [*offers.cells, "pue", "mlps"]
    connection.execute(f"DROP TABLE IF EXISTS {table}".encode())
    connection.execute(
        f"CREATE UNLOGGED TABLE {table} ({', '.join(f'{name} bigint' for name in names)})".encode()
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode()) as copy,
    ):
        copy.set_types(["int8"] * len(names))
        for row in offers.rows():
            copy.write_row(row)
    for index in INDEXES:
        connection.execute(f"CREATE INDEX ON {table} ({index})".encode())
    connection.execute(f"VACUUM ANALYZE {table}".encode())
    return table


def _plainly(shape: Shape, offers: Offers, rows: list[tuple[int, ...]]) -> list[int]:
    """The first that fit, by plain Python: every row is read, and tested by the words that PostgreSQL gets."""
    names = [*offers.cells, "pue", "mlps"]
    words = (
        shape.where.replace(" = ", " == ")
        .replace(" AND ", " and ")
        .replace(" IN ", " in ")
        .replace("true", "True")
    )
    at_least = "" if "available" in words else " and available >= 1"
    found: list[tuple[int, int]] = eval(  # noqa: S307 - our own words
        f"[(price, id) for {', '.join(names)} in rows if {words}{at_least}]", {"rows": rows}
    )
    return [number for _, number in sorted(found)[:TOP]]

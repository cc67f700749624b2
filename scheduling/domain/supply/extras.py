"""What the service knows beyond the selection files: six more tables of a supply, hashed apart from the five of the files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from functools import cached_property, lru_cache
from typing import Any

from scheduling.domain.rows import TABLES, Column, Table, Tariff, canonical, row_id
from scheduling.domain.supply.snapshot import hash_of_table, snapshot_hash

Steps = tuple[tuple[int, int], ...]
"""(instant in µs since the epoch, quantity booked from then on), by rising instant."""


@dataclass(frozen=True, slots=True)
class CentreFacts:
    """What a centre declares beside the files; None or empty is unknown.

    `division` is GB/T 2260; `domains` are those that it serves; `carbon_kg_kwh` is kg CO₂ a kWh of the machines' energy,
    the cooling included, and `carbon_basis` whether it is declared or derived, and from what; `availability` a share.
    """

    centre: str
    division: str
    domains: tuple[str, ...]
    carbon_kg_kwh: Decimal | None
    carbon_basis: str | None
    availability: Decimal | None


@dataclass(frozen=True, slots=True)
class Store:
    """Storage of one class at a centre: CNY a GiB and month, the GiB free at every instant, and who rents it (None: whoever)."""

    centre: str
    storage_class: str
    price_cny_gib_month: Decimal
    free_gib: int
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class UnitPower:
    """What one unit of an offer draws, and how it is rented.

    Watts without the cooling (None is unknown), hours at least, and how many hours before a start it has to be booked. An
    offer without a row is rented by the hour, without notice.
    """

    offer: str
    power_w: int | None
    min_hours: int = 1
    notice_hours: int = 0


@dataclass(frozen=True, slots=True)
class LineGrade:
    """What a line product is sold with; None is not declared.

    `availability` is a share that its carrier states; `availability_percent` is the most that is promised of one circuit, by
    that share or by its class; the others are codes of `line-service-profile`.
    """

    line_provider: str
    technology: str
    availability: Decimal | None
    availability_percent: Decimal | None = None
    sla: str | None = None
    isolation: str | None = None
    encryption: str | None = None

    @property
    def promised(self) -> Decimal | None:
        """The share of a year that is promised of one circuit, by which reliability is weighed: the higher of the two words.

        It has six decimals, as a carrier states it; a class that had more would count as no more than it promises.
        """
        percent = self.availability_percent
        of_class = None if percent is None else percent.scaleb(-2).quantize(Decimal("0.000001"), ROUND_DOWN)
        return max((word for word in (self.availability, of_class) if word is not None), default=None)


@dataclass(frozen=True, slots=True)
class Booked:
    """An offer, a span or a store (`part`; its key is its row's id) of whose resource something is booked for windows of time.

    `most` is what it grants at a time, `free` what nobody has without end, `steps` how much is booked from which
    instant on, written `instant:quantity`.
    """

    part: str
    key: str
    most: int
    free: int
    steps: tuple[str, ...]

    @property
    def levels(self) -> Steps:
        """The steps as numbers."""
        return _parsed(self.steps)


@dataclass(frozen=True, slots=True)
class TermTariff(Tariff):
    """A further price of a step in a zone, for a longer minimum term than the row of the files has.

    By the hour, which knows no term, only that one sells: `elastic_cny_hour` is None.
    """


TERM_TARIFFS = Table(
    "term_tariffs",
    TermTariff,
    (*TABLES[2].key, "min_months"),
    tuple(column for column in TABLES[2].columns if column.name != "elastic_cny_hour"),
)

EXTRA_TABLES: tuple[Table, ...] = (
    Table(
        "centre_facts",
        CentreFacts,
        ("centre",),
        (
            Column("centre"),
            Column("division"),
            Column("domains", "names", ()),
            Column("carbon_kg_kwh", "decimal", None),
            Column("carbon_basis", empty=None),
            Column("availability", "decimal", None),
        ),
    ),
    Table(
        "stores",
        Store,
        ("centre", "storage_class"),
        (
            Column("centre"),
            Column("storage_class"),
            Column("price_cny_gib_month", "decimal", places=4),
            Column("free_gib", "integer"),
            Column("provider", empty=None),
        ),
    ),
    Table(
        "unit_powers",
        UnitPower,
        ("offer",),
        (
            Column("offer"),
            Column("power_w", "integer", None),
            Column("min_hours", "integer", 1),
            Column("notice_hours", "integer", 0),
        ),
    ),
    Table(
        "line_grades",
        LineGrade,
        ("line_provider", "technology"),
        (
            Column("line_provider"),
            Column("technology"),
            Column("availability", "decimal", None),
            Column("availability_percent", "decimal", None),
            Column("sla", empty=None),
            Column("isolation", empty=None),
            Column("encryption", empty=None),
        ),
    ),
    Table(
        "booked",
        Booked,
        ("part", "key"),
        (
            Column("part"),
            Column("key"),
            Column("most", "integer"),
            Column("free", "integer"),
            Column("steps", "names", ()),
        ),
    ),
    TERM_TARIFFS,
)

EXTRA_PARTS = tuple(table.name for table in EXTRA_TABLES)
"""The tables in the order they are hashed; a row's id is its key columns joined by `|`."""


def place_of(row: Tariff) -> tuple[str, str]:
    """Where a row of prices stands in a supply: its table, and its id there."""
    table = TERM_TARIFFS if isinstance(row, TermTariff) else TABLES[2]
    return table.name, row_id(table, row)


@dataclass(frozen=True, eq=False)
class Extras:
    """The rows of the six extra tables by id. `known` and `known_terms` are their content hashes where these are known already."""

    centre_facts: Mapping[str, CentreFacts] = field(default_factory=dict)
    stores: Mapping[str, Store] = field(default_factory=dict)
    unit_powers: Mapping[str, UnitPower] = field(default_factory=dict)
    line_grades: Mapping[str, LineGrade] = field(default_factory=dict)
    booked: Mapping[str, Booked] = field(default_factory=dict)
    term_tariffs: Mapping[str, TermTariff] = field(default_factory=dict)
    known: str | None = None
    known_terms: str | None = None

    def tables(self) -> Iterator[Iterator[tuple[str, dict[str, str | int | None]]]]:
        """The tables in the order they are hashed, each row as (id, canonical cells).

        The last, which came later, only where it has rows: a supply without any keeps the hash that it had.
        """
        for table in EXTRA_TABLES:
            rows: Mapping[str, Any] = getattr(self, table.name)
            if rows or table is not TERM_TARIFFS:
                yield ((key, canonical(table, row)) for key, row in rows.items())

    @cached_property
    def snapshot(self) -> str:
        """The content hash `sha256:…`, made as that of the files is."""
        return self.known or snapshot_hash(self)

    @cached_property
    def terms(self) -> str | None:
        """The content hash `sha256:…` of the prices by term alone, which every answer counts; None where there are none."""
        if self.known_terms or not self.term_tariffs:
            return self.known_terms
        rows = ((key, canonical(TERM_TARIFFS, row)) for key, row in self.term_tariffs.items())
        return f"sha256:{hash_of_table(rows)}"


NO_EXTRAS = Extras()


def steps_of(bookings: Iterable[tuple[int, int, int]]) -> Steps:
    """The steps of bookings (start, end, quantity); instants in µs since the epoch."""
    changes: dict[int, int] = {}
    for start, end, quantity in bookings:
        changes[start] = changes.get(start, 0) + quantity
        changes[end] = changes.get(end, 0) - quantity
    steps, level = [], 0
    for at in sorted(changes):
        if changes[at]:
            level += changes[at]
            steps.append((at, level))
    return tuple(steps)


def written_steps(steps: Steps) -> tuple[str, ...]:
    """The steps as a row holds them."""
    return tuple(f"{at}:{booked}" for at, booked in steps)


@lru_cache(maxsize=2**16)
def _parsed(steps: tuple[str, ...]) -> Steps:
    pairs = (step.split(":") for step in steps)
    return tuple((int(at), int(booked)) for at, booked in pairs)

"""The rows of a supply: sites, spans, tariffs, centres and offers, and how each column is read and hashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from scheduling.domain.numbers import plain

TECHNOLOGIES = ("otn", "fgotn", "srv6", "cloud_private")
ZONES = ("same_city", "in_province", "inter_province", "any")
COMPUTE_KINDS = ("general", "intelligent", "super")
SPAN_KINDS = FIBRE, COMMITMENT = "fibre", "commitment"

Cell = str | int | Decimal | tuple[str, ...] | None
FLAG = "[01]"
"""The pattern of a column that says yes or no, which JSON may say as true and false."""
REQUIRED = object()
"""Marks a column that has no value to stand for an empty cell."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place on the network; lat and lon in WGS-84 degrees, hop_us one way for a pass through it."""

    site: str
    name: str | None
    lat: Decimal | None
    lon: Decimal | None
    city: str
    kind: str | None
    hop_us: int = 50


@dataclass(frozen=True, slots=True)
class Span:
    """An undirected piece of line between two sites, disclosed (`fibre`) or sold whole (`commitment`).

    measured_us is optical, one way; loss is a share from 0 to 1; srlg names what is shared with other spans.
    """

    span: str
    line_provider: str
    kind: str
    a: str
    b: str
    km: Decimal
    measured_us: int | None
    capacity_mbps: int
    reserved_mbps: int
    jitter_us: int = 0
    loss: Decimal = Decimal(0)
    srlg: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tariff:
    """One price row: a bandwidth step in a zone; money in CNY with at most 4 decimals."""

    line_provider: str
    technology: str
    bandwidth_mbps: int
    zone: str
    one_off_cny: Decimal
    monthly_cny: Decimal
    monthly_cny_per_km: Decimal = Decimal(0)
    min_months: int = 1
    elastic_cny_hour: Decimal | None = None
    terminal_us: int = 0
    lead_days: int = 0


@dataclass(frozen=True, slots=True)
class Centre:
    """A compute centre at a site; None is unknown and fails every bound on it."""

    centre: str
    name: str | None
    site: str
    design_racks: int | None
    pue: Decimal | None
    green_share: Decimal | None
    mlps_level: int | None
    region_tags: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Units of compute for sale at a centre; quantities are for one unit, None is unknown; price in CNY an hour."""

    offer: str
    centre: str
    provider: str
    kind: str
    accelerator: str | None
    domestic: int | None
    accelerators: int | None
    accelerator_memory_gib: Decimal | None
    vcpus: int | None
    memory_gib: Decimal | None
    fp64_tflops: Decimal | None
    fp32_tflops: Decimal | None
    fp16_tflops: Decimal | None
    price_cny_hour: Decimal
    available: int


Row = Site | Span | Tariff | Centre | Offer


@dataclass(frozen=True, slots=True)
class Column:
    """How a cell is read: its kind, decimals, closed values or pattern, the most that it may be, and what an empty one stands for."""

    name: str
    kind: Literal["text", "integer", "decimal", "names", "area"] = "text"
    empty: Cell | object = REQUIRED
    places: int = 6
    pattern: str = ""
    signed: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file of the supply: its name, row class, key columns and columns in the order they are written."""

    name: str
    row: type[Any]
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def _integer(name: str, empty: Cell | object = REQUIRED) -> Column:
    return Column(name, "integer", empty)


def _decimal(name: str, places: int = 6, empty: Cell | object = REQUIRED, *, signed: bool = False) -> Column:
    return Column(name, "decimal", empty, places, signed=signed)


TABLES: tuple[Table, ...] = (
    Table(
        "sites",
        Site,
        ("site",),
        (
            Column("site"),
            Column("name", empty=None),
            _decimal("lat", empty=None, signed=True),
            _decimal("lon", empty=None, signed=True),
            Column("city", pattern="[0-9]{6}"),
            Column("kind", empty=None),
            _integer("hop_us", 50),
        ),
    ),
    Table(
        "spans",
        Span,
        ("span",),
        (
            Column("span"),
            Column("line_provider"),
            Column("kind", pattern="|".join(SPAN_KINDS)),
            Column("a"),
            Column("b"),
            _decimal("km", 3),
            _integer("measured_us", None),
            _integer("capacity_mbps"),
            _integer("reserved_mbps"),
            _integer("jitter_us", 0),
            Column("loss", "decimal", Decimal(0), 9, pattern=r"0(\.[0-9]*)?|1(\.0*)?"),
            Column("srlg", "names", ()),
        ),
    ),
    Table(
        "tariffs",
        Tariff,
        ("line_provider", "technology", "bandwidth_mbps", "zone"),
        (
            Column("line_provider"),
            Column("technology", pattern="|".join(TECHNOLOGIES)),
            _integer("bandwidth_mbps"),
            Column("zone", pattern="|".join(ZONES)),
            _decimal("one_off_cny", 4),
            _decimal("monthly_cny", 4),
            _decimal("monthly_cny_per_km", 4, Decimal(0)),
            _integer("min_months", 1),
            _decimal("elastic_cny_hour", 4, None),
            _integer("terminal_us", 0),
            _integer("lead_days", 0),
        ),
    ),
    Table(
        "centres",
        Centre,
        ("centre",),
        (
            Column("centre"),
            Column("name", empty=None),
            Column("site"),
            _integer("design_racks", None),
            _decimal("pue", empty=None),
            _decimal("green_share", empty=None),
            Column("mlps_level", "integer", None, pattern="[1-4]"),
            Column("region_tags", empty=""),
        ),
    ),
    Table(
        "offers",
        Offer,
        ("offer",),
        (
            Column("offer"),
            Column("centre"),
            Column("provider"),
            Column("kind", pattern="|".join(COMPUTE_KINDS)),
            Column("accelerator", empty=None),
            Column("domestic", "integer", None, pattern=FLAG),
            _integer("accelerators", None),
            _decimal("accelerator_memory_gib", empty=None),
            _integer("vcpus", None),
            _decimal("memory_gib", empty=None),
            _decimal("fp64_tflops", empty=None),
            _decimal("fp32_tflops", empty=None),
            _decimal("fp16_tflops", empty=None),
            _decimal("price_cny_hour", 4),
            _integer("available"),
        ),
    ),
)


def row_id(table: Table, row: Any) -> str:
    """A row's id; a tariff's is its four key columns joined by `|`."""
    if len(table.key) == 1:
        return str(getattr(row, table.key[0]))
    return "|".join(str(getattr(row, name)) for name in table.key)


def canonical(table: Table, row: Any) -> dict[str, str | int | None]:
    """The cells that are hashed: integers as numbers, decimals as normalised strings, unknown as None."""
    cells: dict[str, str | int | None] = {}
    for column in table.columns:
        value: Cell = getattr(row, column.name)
        match value:
            case Decimal():
                cells[column.name] = plain(value)
            case tuple():
                cells[column.name] = ";".join(value)
            case _:
                cells[column.name] = value
    return cells


def restored(table: Table, cells: Mapping[str, str | int | None]) -> Any:
    """The row whose canonical cells these are; a column that an earlier release did not write has the row's default."""
    values: dict[str, Any] = dict(cells)
    for column in table.columns:
        if column.name not in values:
            continue
        value = values[column.name]
        if value is not None and column.kind == "decimal":
            values[column.name] = Decimal(value)
        elif column.kind == "names":
            values[column.name] = tuple(value.split(";")) if value else ()
    return table.row(**values)

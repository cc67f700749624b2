"""The snapshot as every process reads it: the newest version kept in memory, caught up by what changed since."""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any
from uuid import UUID

from django.db.models import Q

from scheduling.domain.rows import Tariff, restored
from scheduling.domain.supply.changes import ALL_PARTS, ALL_TABLES, PARTS, changed
from scheduling.domain.supply.extras import EXTRA_PARTS, TERM_TARIFFS, Extras, place_of
from scheduling.domain.supply.patches import patched
from scheduling.domain.supply.supply import Supply
from scheduling.models import SupplyRow, SupplyVersion

# What an answer names by our ids; of a row there are three, one after the other.
NAMED = ("sites", "spans", "tariffs", "offers", "stores", "term_tariffs")
IDENTIFIES = ("number", "snapshot", "extras", "built_at")
READ = ("part", "key", "cells", "told", "source", "owner", "resource")
SOURCE, OWNER, RESOURCE = (slice(at, at + 16) for at in (0, 16, 32))


Identity = tuple[int, str, str, datetime]
"""Of a version: its number, its two content hashes, and when it was built: after a restore numbers are given again."""


@dataclass(frozen=True, eq=False)
class Version:
    """A version of the snapshot: its number in the order of changes, when it was built, the supply, and what stands behind it.

    `ids` are, by table and row id, the bytes of what the row was made of: its source, owner and resource. `told` is what
    an answer tells of a row beside what the engine counts (scheduling.selectors.told); a row of which it is empty is absent.
    """

    number: int
    built_at: datetime
    supply: Supply
    ids: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    def id(self, table: str, key: str, which: slice = SOURCE) -> UUID:
        """Our id behind a row: of its source, its owner, or its resource of the ledger."""
        return UUID(bytes=self.ids[table][key][which])

    def text(self, table: str, key: str, which: slice = SOURCE) -> str:
        """The same id as text."""
        digits = self.ids[table][key][which].hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def told_of(self, price: Tariff) -> Mapping[str, Any]:
        """What is told of a row of prices."""
        table, key = place_of(price)
        return self.told[table][key]

    @cached_property
    def beyond_silica(self) -> frozenset[str]:
        """The line providers that have a span of another medium than silica, or may have by what evidence says of it."""
        told = self.told["spans"].items()
        return frozenset(
            self.supply.spans[key].line_provider for key, each in told if "beyond_silica" in each
        )

    @cached_property
    def known(self) -> frozenset[str]:
        """The line providers that have a span of which the latency is measured or committed: of the others all are estimated."""
        spans, told = self.supply.spans, self.told["spans"].items()
        committed = {row.line_provider for row in spans.values() if row.kind == "commitment"}
        return frozenset(committed | {spans[key].line_provider for key, each in told if each.get("evidence")})

    @property
    def identity(self) -> Identity:
        """What tells it from every other one."""
        return self.number, self.supply.snapshot, self.supply.extras.snapshot, self.built_at


_last: Version | None = None
"""The newest version that this process has; replaced whole, so a thread goes on with the one it took."""
_one_at_a_time = Lock()


def newest_supply(newest: Identity | None = None) -> Version | None:
    """The newest version that is built, at the cost of a query where this process has it; None before the first.

    `newest` is its identity, where that was asked already: then it costs none.
    """
    global _last  # noqa: PLW0603 - one supply is kept a process
    newest = newest or SupplyVersion.objects.order_by("-number").values_list(*IDENTIFIES).first()
    if newest is None:
        return None
    last = _last
    if last is None or last.identity != newest:
        with _one_at_a_time:  # threads that find themselves behind catch up once
            last = _last
            if last is None or last.identity != newest:
                _last = last = _caught_up(last, *newest)
    return last


def supply_of(snapshot: str, extras: str = "", *, before: Version | None = None) -> Version | None:
    """The supply with that content hash, as it stood then; None where no version had it, or it is not kept.

    `extras` is the hash of what counted beside the files, as an answer names it: of all that they lack, of the prices by
    term, or empty where there were none of these. From an earlier version, where the caller has one (`before`), only what
    changed since is read.
    """
    last = _last
    if last is not None and last.supply.snapshot == snapshot:
        more = last.supply.extras
        if extras in (more.snapshot, more.terms or ""):
            return last
    versions = SupplyVersion.objects.filter(snapshot=snapshot).order_by("-number")
    if extras:
        terms = {f"tables__{ALL_PARTS.index(TERM_TARIFFS.name)}": extras.removeprefix("sha256:")}
        versions = versions.filter(Q(extras=extras) | Q(**terms))
    else:
        versions = versions.filter(tables__len__lt=len(ALL_PARTS))
    version = versions.first()
    if version is None:
        return None
    return _caught_up(before, version.number, snapshot, version.extras, version.built_at)


def _caught_up(last: Version | None, number: int, snapshot: str, extras: str, built_at: datetime) -> Version:
    """`last` with what changed up to `number`; built anew where there is no last, or it is of another history."""
    if last is None or last.number >= number or not _is_ours(last):
        return _built(number, snapshot, extras, built_at)
    rows = SupplyRow.objects.filter(Q(since__gt=last.number) | Q(until__gt=last.number), since__lte=number)
    read = _Read()
    gone: dict[str, set[str]] = {name: set() for name in ALL_PARTS}
    for since, until, *row in rows.values_list("since", "until", *READ):
        if until is None or until > number:
            read.take(row)
        elif since <= last.number:
            gone[ALL_PARTS[row[0]]].add(row[1])
    dropped = {name: keys - read.rows[name].keys() for name, keys in gone.items()}
    ids = {name: patched(last.ids[name], read.ids[name], dropped[name]) for name in NAMED}
    untold = {name: {*dropped[name], *read.rows[name]} - read.told[name].keys() for name in ALL_PARTS}
    told = {name: patched(last.told[name], read.told[name], untold[name]) for name in ALL_PARTS}
    return Version(number, built_at, changed(last.supply, read.rows, dropped, snapshot, extras), ids, told)


def _is_ours(version: Version) -> bool:
    """Whether the version is of the history that the database has: after a restore, numbers are given again."""
    return SupplyVersion.objects.filter(**dict(zip(IDENTIFIES, version.identity, strict=True))).exists()


def _built(number: int, snapshot: str, extras: str, built_at: datetime) -> Version:
    standing = SupplyRow.objects.filter(Q(until=None) | Q(until__gt=number), since__lte=number)
    read = _Read()
    for row in standing.values_list(*READ).iterator(chunk_size=5000):
        read.take(row)
    found: dict[str, Any] = {name: read.rows[name] for name in EXTRA_PARTS}
    more = Extras(**found, known=extras)
    tables: list[Any] = [read.rows[name].values() for name in PARTS]
    supply = Supply.build(*tables, snapshot=snapshot, extras=more)
    gc.freeze()  # rows of a version are no garbage for as long as it is kept, and in no ring afterwards
    return Version(number, built_at, supply, read.ids, read.told)


class _Read:
    """Rows of a version by table and row id, and what stands behind them."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {name: {} for name in ALL_PARTS}
        self.ids: dict[str, dict[str, bytes]] = {name: {} for name in NAMED}
        self.told: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in ALL_PARTS}

    def take(self, row: Sequence[Any]) -> None:
        """Keep a row, in the columns READ."""
        part, key, cells, told, source, owner, resource = row
        name = ALL_PARTS[part]
        self.rows[name][key] = restored(ALL_TABLES[part], cells)
        if name in NAMED:
            self.ids[name][key] = source.bytes + owner.bytes + (resource.bytes if resource else b"")
        if told:
            self.told[name][key] = told

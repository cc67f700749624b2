"""The snapshot as every process reads it: the newest version kept in memory, caught up by what changed since."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.db.models import Q

from scheduling.domain.changes import ALL_PARTS, ALL_TABLES, PARTS, changed
from scheduling.domain.extras import EXTRA_PARTS, Extras
from scheduling.domain.rows import restored
from scheduling.domain.supply import Supply
from scheduling.models import SupplyRow, SupplyVersion


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the snapshot: its number in the order of changes, and the supply."""

    number: int
    supply: Supply

    @property
    def identity(self) -> tuple[int, str, str]:
        """Its number and its two content hashes."""
        return self.number, self.supply.snapshot, self.supply.extras.snapshot


_last: Version | None = None
"""The newest version that this process has; replaced whole, so a thread goes on with the one it took."""
_one_at_a_time = Lock()


def newest_supply() -> Version | None:
    """The newest version that is built, at the cost of a query where this process has it; None before the first."""
    global _last  # noqa: PLW0603 - one supply is kept a process
    newest = SupplyVersion.objects.order_by("-number").values_list("number", "snapshot", "extras").first()
    if newest is None:
        return None
    last = _last
    if last is None or last.identity != newest:
        with _one_at_a_time:  # threads that find themselves behind catch up once
            last = _last
            if last is None or last.identity != newest:
                _last = last = _caught_up(last, *newest)
    return last


def supply_of(snapshot: str, extras: str = "") -> Version | None:
    """The supply with that content hash, as it stood then; None where no version had it, or it is not kept.

    `extras` is the hash of what the files lack, where that counts too.
    """
    last = _last
    if last is not None and last.supply.snapshot == snapshot and extras in ("", last.supply.extras.snapshot):
        return last
    versions = SupplyVersion.objects.filter(snapshot=snapshot).order_by("-number")
    version = (versions.filter(extras=extras) if extras else versions).first()
    return None if version is None else _built(version.number, snapshot, version.extras)


def _caught_up(last: Version | None, number: int, snapshot: str, extras: str) -> Version:
    """`last` with what changed up to `number`; built anew where there is no last, or it is of another history."""
    if last is None or last.number >= number or not _is_ours(last):
        return _built(number, snapshot, extras)
    rows = SupplyRow.objects.filter(Q(since__gt=last.number) | Q(until__gt=last.number), since__lte=number)
    put: dict[str, dict[str, Any]] = {name: {} for name in ALL_PARTS}
    gone: dict[str, set[str]] = {name: set() for name in ALL_PARTS}
    for row in rows:
        if row.until is None or row.until > number:
            put[ALL_PARTS[row.part]][row.key] = restored(ALL_TABLES[row.part], row.cells)
        elif row.since <= last.number:
            gone[ALL_PARTS[row.part]].add(row.key)
    dropped = {name: keys - put[name].keys() for name, keys in gone.items()}
    return Version(number, changed(last.supply, put, dropped, snapshot, extras))


def _is_ours(version: Version) -> bool:
    """Whether the version is of the history that the database has: after a restore, numbers are given again."""
    number, snapshot, extras = version.identity
    return SupplyVersion.objects.filter(number=number, snapshot=snapshot, extras=extras).exists()


def _built(number: int, snapshot: str, extras: str) -> Version:
    standing = SupplyRow.objects.filter(Q(until=None) | Q(until__gt=number), since__lte=number)
    parts: list[dict[str, Any]] = [{} for _ in ALL_PARTS]
    for row in standing.iterator(chunk_size=5000):
        parts[row.part][row.key] = restored(ALL_TABLES[row.part], row.cells)
    more = Extras(**dict(zip(EXTRA_PARTS, parts[len(PARTS) :], strict=True)), known=extras)
    tables: list[Any] = [rows.values() for rows in parts[: len(PARTS)]]
    return Version(number, Supply.build(*tables, snapshot=snapshot, extras=more))

"""The snapshot as every process reads it: the newest version kept in memory, caught up by what changed since."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.db.models import Q

from scheduling.domain.changes import PARTS, changed
from scheduling.domain.rows import TABLES, Row, restored
from scheduling.domain.supply import Supply
from scheduling.models import SupplyRow, SupplyVersion


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the snapshot: its number in the order of changes, and the supply."""

    number: int
    supply: Supply


_last: Version | None = None
"""The newest version that this process has; replaced whole, so a thread goes on with the one it took."""
_one_at_a_time = Lock()


def newest_supply() -> Version | None:
    """The newest version that is built, at the cost of a query where this process has it; None before the first."""
    global _last  # noqa: PLW0603 - one supply is kept a process
    newest = SupplyVersion.objects.order_by("-number").values_list("number", "snapshot").first()
    if newest is None:
        return None
    last = _last
    if last is None or (last.number, last.supply.snapshot) != newest:
        with _one_at_a_time:  # threads that find themselves behind catch up once
            last = _last
            if last is None or (last.number, last.supply.snapshot) != newest:
                _last = last = _caught_up(last, *newest)
    return last


def supply_of(snapshot: str) -> Version | None:
    """The supply with that content hash, as it stood then; None where no version had it."""
    last = _last
    if last is not None and last.supply.snapshot == snapshot:
        return last
    version = SupplyVersion.objects.filter(snapshot=snapshot).order_by("-number").first()
    return None if version is None else _built(version.number, snapshot)


def _caught_up(last: Version | None, number: int, snapshot: str) -> Version:
    """`last` with what changed up to `number`; built anew where there is no last, or it is of another history."""
    known = (
        last is not None
        and last.number < number
        and SupplyVersion.objects.filter(number=last.number, snapshot=last.supply.snapshot)
    )
    if last is None or not known:
        return _built(number, snapshot)
    rows = SupplyRow.objects.filter(Q(since__gt=last.number) | Q(until__gt=last.number), since__lte=number)
    put: dict[str, dict[str, Row]] = {name: {} for name in PARTS}
    gone: dict[str, set[str]] = {name: set() for name in PARTS}
    for row in rows:
        if row.until is None or row.until > number:
            put[PARTS[row.part]][row.key] = restored(TABLES[row.part], row.cells)
        elif row.since <= last.number:
            gone[PARTS[row.part]].add(row.key)
    dropped = {name: keys - put[name].keys() for name, keys in gone.items()}
    return Version(number, changed(last.supply, put, dropped, snapshot))


def _built(number: int, snapshot: str) -> Version:
    standing = SupplyRow.objects.filter(Q(until=None) | Q(until__gt=number), since__lte=number)
    parts: list[list[Any]] = [[] for _ in PARTS]
    for row in standing.iterator(chunk_size=5000):
        parts[row.part].append(restored(TABLES[row.part], row.cells))
    return Version(number, Supply.build(*parts, snapshot=snapshot))

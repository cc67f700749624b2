"""Examining stored selections for a fairness audit: each is replayed, and asked again under other labels. Nothing is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from scheduling.domain.demand import DemandError
from scheduling.domain.engine.fairness import COMPUTE, LINE, Examined, Examiner, Outcome, Parties
from scheduling.domain.engine.neutrality import Owned
from scheduling.domain.rows import restored, row_id
from scheduling.domain.supply.changes import ALL_PARTS, ALL_TABLES, PARTS
from scheduling.domain.supply.extras import EXTRA_PARTS, Extras
from scheduling.domain.supply.supply import Supply
from scheduling.errors.selections import DemandRefused, SelectionOutdated
from scheduling.models import Selection
from scheduling.selectors.supply import Version, supply_of
from scheduling.services.selections import question_of

__all__ = [
    "COMPUTE",
    "LINE",
    "REPLAYED",
    "Examined",
    "Kept",
    "Outcome",
    "Owned",
    "Parties",
    "examine",
    "kept",
]

Supplies = Callable[[str, str], Supply | None]
"""The supply with these hashes, of the files and of what they lack (empty: any); None where it is not kept."""
REPLAYED = (Outcome.SAME, Outcome.DIFFERS)
"""The outcomes of those that could be replayed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an audit needs of a stored selection; `ordered` are the places of its bundles that were ordered."""

    id: UUID
    demand: dict[str, Any]
    access: dict[str, Any]
    asked_at: datetime
    created_at: datetime
    snapshot: str
    extras: str
    answer: dict[str, Any]
    ranks: list[int]
    ordered: tuple[int, ...] = ()


def kept(ids: Sequence[UUID], ordered: Mapping[UUID, Sequence[int]]) -> list[Kept]:
    """The selections of these ids, in the order that they were made in. One query."""
    columns = ("id", "demand", "access", "asked_at", "created_at", "snapshot", "extras", "answer", "ranks")
    rows = Selection.objects.filter(id__in=ids).order_by("id").values(*columns)
    return [Kept(**row, ordered=tuple(ordered.get(row["id"], ()))) for row in rows]


def kept_supplies() -> Supplies:
    """The supplies of the versions that the node keeps, by their two hashes; from one to a later one only what changed is read."""
    version: Version | None = None

    def find(snapshot: str, extras: str) -> Supply | None:
        nonlocal version
        found = supply_of(snapshot, extras, before=version)
        version = found or version
        return None if found is None else found.supply

    return find


def examine(
    selections: Sequence[Kept], *, seed: str, owned: Owned, supplies: Supplies
) -> Iterator[tuple[UUID, Examined, Parties]]:
    """Each selection with what was learnt of it and the parties of what was ordered of it, one by one as it is worked out.

    Those on one snapshot share its labels, which the seed deals. What cannot be replayed says why in its outcome.
    """
    examiner: Examiner | None = None
    at: tuple[str, str] | None = None
    for each in selections:
        if at != (each.snapshot, each.extras):
            at = each.snapshot, each.extras
            found = supplies(*at)
            examiner = None if found is None else Examiner(found, seed, owned)
        if examiner is None:
            yield each.id, Examined(Outcome.FORGOTTEN), frozenset()
        else:
            yield each.id, examine_one(each, examiner), examiner.bundles(each.answer, each.ordered)


def examine_one(selection: Kept, examiner: Examiner) -> Examined:
    """What is learnt of one selection on the supply that it was answered on."""
    try:
        demand, wishes = question_of(
            asked=selection.demand,
            access=selection.access,
            asked_at=selection.asked_at,
            created_at=selection.created_at,
        )
        return examiner.examine(demand, wishes, selection.answer, selection.ranks)
    except SelectionOutdated:
        return Examined(Outcome.OUTDATED)
    except (DemandRefused, DemandError):
        return Examined(Outcome.UNREADABLE)


def written(selection: Kept) -> dict[str, Any]:
    """The selection as a JSON object, which `read` reads."""
    return asdict(selection) | {
        "id": str(selection.id),
        "asked_at": selection.asked_at.isoformat(),
        "created_at": selection.created_at.isoformat(),
    }


def read(document: Mapping[str, Any]) -> Kept:
    """The selection that was written so."""
    times = {name: datetime.fromisoformat(document[name]) for name in ("asked_at", "created_at")}
    return Kept(**{**document, **times, "id": UUID(document["id"]), "ordered": tuple(document["ordered"])})


def written_supply(supply: Supply) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of a supply, of what only the service knows too, as (table, cells as they are hashed)."""
    tables = chain(supply.tables(), supply.extras.tables())  # each is to be read before the next is asked for
    for name, table in zip(
        ALL_PARTS, tables, strict=False
    ):  # what came later is there only where it has rows
        yield from ((name, cells) for _, cells in table)


def read_supply(rows: Iterable[tuple[str, dict[str, Any]]]) -> Supply:
    """The supply of these rows; its two hashes are worked out from them. Raises SupplyError."""
    known = dict(zip(ALL_PARTS, ALL_TABLES, strict=True))
    found: dict[str, list[Any]] = {name: [] for name in ALL_PARTS}
    for name, cells in rows:
        found[name].append(restored(known[name], cells))
    extras: dict[str, Any] = {
        name: {row_id(known[name], row): row for row in found[name]} for name in EXTRA_PARTS
    }
    sites, spans, tariffs, centres, offers = (found[name] for name in PARTS)
    return Supply.build(sites, spans, tariffs, centres, offers, extras=Extras(**extras))

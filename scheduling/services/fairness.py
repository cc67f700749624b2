"""Examining stored selections for a fairness audit: each is replayed, and asked again under other labels. Nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from scheduling.domain.demand import DemandError
from scheduling.domain.fairness import COMPUTE, LINE, Examined, Examiner, Outcome, Parties
from scheduling.domain.neutrality import Owned
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


def examine(
    selections: Sequence[Kept], *, seed: str, owned: Owned
) -> Iterator[tuple[UUID, Examined, Parties]]:
    """Each selection with what was learnt of it and the parties of what was ordered of it, one by one as it is worked out.

    Those on one snapshot share its labels, which the seed deals. What cannot be replayed says why in its outcome.
    """
    version: Version | None = None
    examiner: Examiner | None = None
    at: tuple[str, str] | None = None
    for each in selections:
        if at != (each.snapshot, each.extras):
            at, found = (each.snapshot, each.extras), supply_of(each.snapshot, each.extras, before=version)
            version = found or version
            examiner = None if found is None else Examiner(found.supply, seed, owned)
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

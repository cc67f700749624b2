"""Merging identifiers into one and splitting one into several: who may follow whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from identifiers.domain.lifecycle import LIFE, IdentifierState
from identifiers.errors import SuccessionRefused
from kernel.text import Vocabulary

MOST = 50


class SuccessionAct(Vocabulary):
    """How identifiers came to follow others."""

    MERGE = "merge", "合并", "Merge"
    SPLIT = "split", "拆分", "Split"


@dataclass(frozen=True, slots=True)
class Heir:
    """An identifier as the rules see it."""

    id: UUID
    tenant: UUID
    kind: str
    state: str


def require_succession(predecessors: Sequence[Heir], successors: Sequence[Heir]) -> None:
    """Raise SuccessionRefused unless each predecessor may end and each successor may go on in its place.

    All are of one holder and one kind; the successors are active, and nobody follows itself. Raises StateConflict for
    a predecessor that cannot be retired.
    """
    both = [*predecessors, *successors]
    if len({each.id for each in both}) != len(both):
        raise _refused("同一标识重复出现。", "An identifier is named twice.")
    if len({(each.tenant, each.kind) for each in both}) != 1:
        raise _refused(
            "合并与拆分只在同一主体、同一类型的标识之间进行；请先转让。",
            "Only identifiers of one holder and one kind merge or split; transfer them first.",
        )
    for each in successors:
        if each.state != IdentifierState.ACTIVE:
            raise _refused(f"后继标识 {each.id} 须为有效状态。", f"The successor {each.id} must be active.")
    for each in predecessors:
        LIFE.after("retire", each.state)


def require_known(asked: Iterable[UUID], found: Iterable[UUID], member: str) -> None:
    """Raise SuccessionRefused, naming its place, for an id that no identifier has."""
    known = set(found)
    for place, each in enumerate(asked):
        if each not in known:
            raise _refused(f"标识 {each} 不存在。", f"There is no identifier {each}.", f"/{member}/{place}")


def _refused(zh: str, en: str, pointer: str | None = None) -> SuccessionRefused:
    return SuccessionRefused(pointer=pointer, reason_zh=zh, reason_en=en)

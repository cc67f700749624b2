"""The table of acts that need four eyes: a kind of proposal, who approves it, what it then does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.actor import Actor

Act = Callable[[UUID, dict[str, Any], Actor], None]


@dataclass(frozen=True, slots=True)
class FourEyes:
    """`operation` is the row of the permission table that approvers need; `act(subject, terms, actor)` runs then."""

    kind: str
    operation: str
    act: Act


KINDS: dict[str, FourEyes] = {}


def four_eyes(kind: str, *, operation: str) -> Callable[[Act], Act]:
    """Register a service as the act that runs when a proposal of this kind is approved."""

    def register(act: Act) -> Act:
        if kind in KINDS:
            raise TypeError(f"proposal kind {kind} is registered twice")
        KINDS[kind] = FourEyes(kind, operation, act)
        return act

    return register

"""State machines as one table: which act takes which states where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from kernel.errors import StateConflict
from kernel.text import Vocabulary

State = TypeVar("State", bound=Vocabulary)


@dataclass(frozen=True, slots=True)
class StateTable(Generic[State]):
    """The transitions of one noun: act → (states it may start from, state it ends in).

    Only listed transitions exist (INVARIANTS A2); a state that no act starts from is terminal.
    """

    states: type[State]
    initial: State
    acts: Mapping[str, tuple[frozenset[State], State]]

    def after(self, act: str, state: str) -> State:
        """The state that `act` leads to from `state`. Raises StateConflict where it may not happen."""
        sources, target = self.acts[act]
        current = self.states(state)
        if current not in sources:
            allowed = [source.label for source in self.states if source in sources]
            raise StateConflict(
                state_zh=current.label.zh,
                state_en=current.label.en,
                act=act,
                allowed_zh="、".join(label.zh for label in allowed),
                allowed_en=", ".join(label.en for label in allowed),
            )
        return target

    @property
    def terminal(self) -> frozenset[State]:
        """The states that nothing leaves."""
        leaving = frozenset[State]().union(*(sources for sources, _ in self.acts.values()))
        return frozenset(self.states) - leaving

    def diagram(self) -> str:
        """The table as a Mermaid state diagram, for the documents."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.value}"]
        for act, (sources, target) in self.acts.items():
            lines += [f"    {s.value} --> {target.value}: {act}" for s in self.states if s in sources]
        lines += [f"    {s.value} --> [*]" for s in self.states if s in self.terminal]
        return "\n".join(lines)

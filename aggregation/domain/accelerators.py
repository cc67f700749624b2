"""The dictionary of accelerators: one canonical name for each card, its aliases, and what its vendor publishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One card: memory in GiB and dense TFLOPS at each precision; None is not published."""

    name: str
    aliases: tuple[str, ...]
    vendor: str
    domestic: bool
    memory_gib: Decimal | None
    tflops: Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Accelerators:
    """A version of the dictionary."""

    version: str
    status: str
    source: str
    cards: tuple[Accelerator, ...]

    @cached_property
    def _by_name(self) -> dict[str, Accelerator]:
        return {_folded(name): card for card in self.cards for name in (card.name, *card.aliases)}

    @property
    def names(self) -> list[str]:
        """The canonical names in order."""
        return sorted(card.name for card in self.cards)

    def find(self, name: str) -> Accelerator | None:
        """The card of a name or alias, whatever its case and spaces; None where the dictionary lacks it."""
        return self._by_name.get(_folded(name))


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()

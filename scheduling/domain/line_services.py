"""What a line promises beside its rate and latency: availability, protection, isolation, encryption, service level."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from kernel.text import Text

ASPECTS = ("availability_class", "protection", "isolation", "encryption", "sla")

JUDGED = {"below_latency_us": "max_latency_us", "max_loss": "max_loss"}
"""Figures of a service level that a line is tested by before it is accepted, as the bounds of a demand."""


@dataclass(frozen=True, slots=True)
class ServiceClass:
    """One class of an aspect, by its code; `figures` are what it promises, each in its unit."""

    code: str
    label: Text
    figures: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class LineServiceProfile:
    """The versioned classes: aspect → its classes, from the least to the most."""

    version: str
    status: str
    source: str
    classes: Mapping[str, tuple[ServiceClass, ...]]

    def codes(self, aspect: str) -> list[str]:
        """The codes of an aspect, from the least to the most."""
        return [each.code for each in self.classes[aspect]]

    def at_least(self, aspect: str, code: str) -> list[str]:
        """The codes of an aspect from this one on; empty for a code that the profile lacks."""
        codes = self.codes(aspect)
        return codes[codes.index(code) :] if code in codes else []

    def availability_percent(self, code: str) -> Decimal | None:
        """What a class of availability promises, percent of a year; None for no class, or one that the profile lacks."""
        found = (
            each.figures["availability_percent"]
            for each in self.classes["availability_class"]
            if each.code == code
        )
        return next(found, None)

    def sla_bounds(self, codes: Iterable[str]) -> dict[str, Decimal]:
        """The bounds of a demand that whichever of these service levels keeps, as figures that a test of the line judges.

        One that any of them leaves open is none.
        """
        chosen = [each.figures for each in self.classes["sla"] if each.code in codes]
        return {
            bound: max(figures[name] for figures in chosen)
            for name, bound in JUDGED.items()
            if chosen and all(name in figures for figures in chosen)
        }

    def unknown(self, chosen: Mapping[str, str]) -> list[str]:
        """The aspects whose chosen code the profile lacks; an empty code is "not declared"."""
        return [aspect for aspect, code in chosen.items() if code and code not in self.codes(aspect)]

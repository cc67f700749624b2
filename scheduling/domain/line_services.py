"""What a line promises beside its rate and latency: availability, protection, isolation, encryption, service level."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kernel.text import Text

ASPECTS = ("availability_class", "protection", "isolation", "encryption", "sla")


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

    def unknown(self, chosen: Mapping[str, str]) -> list[str]:
        """The aspects whose chosen code the profile lacks; an empty code is "not declared"."""
        return [aspect for aspect, code in chosen.items() if code and code not in self.codes(aspect)]

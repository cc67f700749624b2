"""What a selection answers: bundles, the Pareto front, reasons, and the smallest relaxations."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from scheduling.domain.lines import LineChoice

BUNDLE_REASONS = ("no_path", "bandwidth", "latency", "jitter", "loss", "hops", "disjoint", "tariff", "price")
"""Why an offer that fits has no bundle with a line product, in the order of the tests."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Compute and line chosen together; compute and total in 10⁻¹⁰ CNY, exact."""

    offer: str
    centre: str
    quantity: int
    line_provider: str
    technology: str
    line: LineChoice
    compute: int
    total: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """How many offers fail at each constraint, and how many (offer, line product) pairs at each test."""

    offers: Mapping[str, int]
    bundles: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One constraint whose change alone admits `admits` pairs; `nearest` None means that it must go."""

    constraint: str
    stated: str | int | bool | Decimal | tuple[str, ...]
    nearest: int | Decimal | None
    admits: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one demand on one snapshot; parts that were not wanted are None."""

    demand: str
    snapshot: str
    bundles: tuple[Bundle, ...]
    pareto: tuple[Bundle, ...] | None
    rejected: Rejected | None
    relax: tuple[Relaxation, ...] | None

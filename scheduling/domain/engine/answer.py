"""What a selection answers: bundles, the Pareto front, reasons, and the smallest relaxations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from scheduling.domain.engine.lines import UNSERVED, LineChoice
from scheduling.domain.engine.scores import Score
from scheduling.domain.supply.extras import LineGrade
from scheduling.domain.supply.offers import Ints

Stated = str | int | bool | Decimal | datetime | tuple[str, ...]

BUNDLE_REASONS = (*UNSERVED[:-2], "price")
"""Why an offer that fits has no bundle with a line product, in the order of the tests."""

WISHED_REASONS = (*UNSERVED, "price")
"""The same for a demand that wishes more than the files know: a tariff row would serve, but the provider does not build
as far as the buyer (`access`), or not by the start (`start`). Where the demand requires anything that lines are sold with,
PROMISE_REASONS come first."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Compute and line chosen together.

    Compute, the storage in it, and total in 10⁻¹⁰ CNY, exact. `grade` is what the line is sold with, where the demand requires
    anything of it.
    """

    offer: str
    centre: str
    quantity: int
    line_provider: str
    technology: str
    line: LineChoice
    compute: int
    storage: int
    total: int
    score: Score | None
    grade: LineGrade | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """How many offers fail at each constraint, and how many (offer, line product) pairs at each test."""

    offers: Mapping[str, int]
    bundles: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One constraint whose change alone admits `admits` pairs; `nearest` None means that it must go.

    `stated` is None of a start where none was asked for.
    """

    constraint: str
    stated: Stated | None
    nearest: int | str | Decimal | datetime | None
    admits: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one demand on one snapshot; parts that were not wanted are None.

    `extras` is the content hash of what the answer rests on beyond the files: of all that only the service knows where the demand
    asked for any of it (`wished`), else of the prices by term, if there are any. `ranks` says for
    each bundle how many are strictly better, plus one: bundles of equal value share a rank, whatever they are called, and
    ids only order them on the page. `tied_beyond` is how many of the last one's rank the page has no room for. `fitting`
    are the offers that meet all constraints on offers, by site, where all had to be looked at. `start_before` is where the
    search for a later start was stopped: no start before it helps, and those from it on were not looked at.
    """

    demand: str
    snapshot: str
    bundles: tuple[Bundle, ...]
    pareto: tuple[Bundle, ...] | None
    rejected: Rejected | None
    relax: tuple[Relaxation, ...] | None
    start_before: datetime | None = None
    extras: str | None = None
    wished: bool = False
    feasible: bool = True
    ranks: tuple[int, ...] = ()
    tied_beyond: int = 0
    fitting: Mapping[str, Ints] | None = field(default=None, repr=False, compare=False)

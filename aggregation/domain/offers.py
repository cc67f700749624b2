"""Offers: their life, their terms, and the check of a draft against the pool that it sells."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from aggregation.domain.accelerators import Accelerators
from aggregation.domain.faults import Fault, FaultCode
from kernel.quantities import MONTH_HOURS
from kernel.states import StateTable
from kernel.text import Vocabulary

PRICE_PLACES = 4  # the selection files carry CNY with four decimals


class OfferState(Vocabulary):
    """The life of an offer."""

    DRAFT = "draft", "草稿", "Draft"
    LISTED = "listed", "已上架", "Listed"
    WITHDRAWN = "withdrawn", "已下架", "Withdrawn"


class OfferTerm(Vocabulary):
    """How long an offer is sold for."""

    ON_DEMAND = "on_demand", "按需", "On demand"
    MONTHLY = "monthly", "包月", "Monthly"


class OfferUnit(Vocabulary):
    """What one unit of an offer is."""

    MACHINE = "machine", "台", "Machine"


S = OfferState
LIFE = StateTable(
    states=OfferState,
    initial=S.DRAFT,
    acts={
        "list": (frozenset({S.DRAFT, S.WITHDRAWN}), S.LISTED),
        "withdraw": (frozenset({S.DRAFT, S.LISTED}), S.WITHDRAWN),
    },
)
ACT_INTO = {S.LISTED: "list", S.WITHDRAWN: "withdraw"}

# facts of the pool that an offer may state again; where it does, they agree
REPEATED = (
    "centre", "kind", "accelerator", "domestic", "accelerators", "accelerator_memory_gib", "vcpus",
    "memory_gib", "fp64_tflops", "fp32_tflops", "fp16_tflops",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDraft:
    """An offer as a provider declares it: price in CNY an hour for one machine, `stated` facts of its pool.

    `available` is the most machines that it sells at a time, `notice_hours` how far ahead a booking must be made; what is free in all, the ledger says.
    """

    key: str
    pool: str
    unit: str
    term: str
    min_hours: int
    price_cny_hour: Decimal
    available: int
    stated: Mapping[str, object]
    notice_hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFacts:
    """A pool of the provider's own, with the facts that offers may repeat."""

    id: UUID
    key: str
    facts: Mapping[str, object]


def faults_of_offer(
    draft: OfferDraft,
    *,
    pools: Mapping[str, PoolFacts],
    centres: Collection[str],
    dictionary: Accelerators,
    taken: Collection[str],
) -> list[Fault]:
    """Everything that is wrong with a draft, given its provider's pools and centres and the keys in use."""
    found = []
    if draft.key in taken:
        found.append(Fault.of(FaultCode.TAKEN, "offer"))
    if draft.term == OfferTerm.MONTHLY and draft.min_hours < MONTH_HOURS:
        found.append(Fault.of(FaultCode.MONTHLY_TOO_SHORT, "min_hours", least=MONTH_HOURS))
    centre, accelerator = draft.stated.get("centre"), draft.stated.get("accelerator")
    if isinstance(centre, str) and centre not in centres:
        found.append(Fault.of(FaultCode.UNKNOWN_CENTRE, "centre", value=centre))
    if isinstance(accelerator, str) and dictionary.find(accelerator) is None:
        known = "、".join(dictionary.names)
        found.append(Fault.of(FaultCode.UNKNOWN_ACCELERATOR, "accelerator", value=accelerator, known=known))
    pool = pools.get(draft.pool)
    if pool is None:
        return [*found, Fault.of(FaultCode.UNKNOWN_POOL, "pool", value=draft.pool)]
    named = {fault.column for fault in found}
    for column, stated in draft.stated.items():
        registered = pool.facts[column]
        if column not in named and _canonical(column, stated, dictionary) != registered:
            found.append(Fault.of(FaultCode.DIFFERS_FROM_POOL, column, registered=registered))
    return found


def _canonical(column: str, value: object, dictionary: Accelerators) -> object:
    if column == "accelerator" and isinstance(value, str) and (card := dictionary.find(value)):
        return card.name
    return value

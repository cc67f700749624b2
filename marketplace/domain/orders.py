"""The life of an order, its waiting party in the name of each state, and what the user accepts."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.states import StateTable
from kernel.text import Vocabulary
from marketplace.errors import AcceptanceMismatch


class OrderState(Vocabulary):
    """Where an order stands, and who has to act next."""

    PLACED = "placed", "已提交", "Placed"
    AWAITING_PROVIDERS = "awaiting_providers", "待双方提供商接受", "Awaiting both providers"
    AWAITING_COMPUTE_PROVIDER = (
        "awaiting_compute_provider",
        "待算力提供商接受",
        "Awaiting the compute provider",
    )
    AWAITING_LINE_PROVIDER = "awaiting_line_provider", "待专线提供商接受", "Awaiting the line provider"
    ACCEPTED = "accepted", "双方已接受", "Accepted by both"
    OPENING = "opening", "线路开通与算力交付中", "Line opening and compute dispatch under way"
    AWAITING_LINE = "awaiting_line", "算力已交付，待线路", "Compute dispatched, awaiting the line"
    AWAITING_DISPATCH = "awaiting_dispatch", "线路已开通，待算力交付", "Line accepted, awaiting dispatch"
    AWAITING_USER = "awaiting_user", "待用户验收算力", "Awaiting the user's acceptance"
    COMPUTE_ACCEPTED = "compute_accepted", "算力已验收", "Compute accepted"
    RUNNING = "running", "已验收，自起租时刻计费", "Accepted, billed from its start"
    ENDED = "ended", "已结束", "Ended"
    REJECTED = "rejected", "已被拒绝", "Rejected"
    CANCELLED = "cancelled", "已取消", "Cancelled"
    EXPIRED = "expired", "已过期", "Expired"


S = OrderState
UNACCEPTED = frozenset({S.AWAITING_PROVIDERS, S.AWAITING_COMPUTE_PROVIDER, S.AWAITING_LINE_PROVIDER})
UNDELIVERED = frozenset(
    {S.OPENING, S.AWAITING_LINE, S.AWAITING_DISPATCH, S.AWAITING_USER, S.COMPUTE_ACCEPTED}
)
LIFE = StateTable(
    states=OrderState,
    initial=S.PLACED,
    acts={
        "hold": (frozenset({S.PLACED}), S.AWAITING_PROVIDERS),
        "accept_compute_first": (frozenset({S.AWAITING_PROVIDERS}), S.AWAITING_LINE_PROVIDER),
        "accept_line_first": (frozenset({S.AWAITING_PROVIDERS}), S.AWAITING_COMPUTE_PROVIDER),
        "accept_compute_last": (frozenset({S.AWAITING_COMPUTE_PROVIDER}), S.ACCEPTED),
        "accept_line_last": (frozenset({S.AWAITING_LINE_PROVIDER}), S.ACCEPTED),
        "open": (frozenset({S.ACCEPTED}), S.OPENING),
        "line_first": (frozenset({S.OPENING}), S.AWAITING_DISPATCH),
        "dispatch_first": (frozenset({S.OPENING}), S.AWAITING_LINE),
        "deliver": (frozenset({S.AWAITING_LINE, S.AWAITING_DISPATCH}), S.AWAITING_USER),
        "accept_compute": (frozenset({S.AWAITING_LINE, S.AWAITING_USER}), S.COMPUTE_ACCEPTED),
        "deem": (frozenset({S.AWAITING_USER}), S.COMPUTE_ACCEPTED),
        "refuse_dispatched": (frozenset({S.AWAITING_LINE}), S.OPENING),
        "refuse_delivered": (frozenset({S.AWAITING_USER}), S.AWAITING_DISPATCH),
        "start": (frozenset({S.COMPUTE_ACCEPTED}), S.RUNNING),
        "end": (frozenset({S.AWAITING_USER, S.RUNNING}), S.ENDED),
        "reject": (UNACCEPTED, S.REJECTED),
        "cancel": (UNACCEPTED | UNDELIVERED | {S.RUNNING}, S.CANCELLED),
        "expire": (UNACCEPTED, S.EXPIRED),
    },
)
HOLDING = StateTable(  # what may be done about the hold, which leaves the state as it is
    states=OrderState,
    initial=S.PLACED,
    acts={"extend_hold": (UNACCEPTED, S.AWAITING_PROVIDERS)},
)
REFUSING = StateTable(  # where the user may refuse the compute; which act of LIFE that is says refusal_act
    states=OrderState,
    initial=S.PLACED,
    acts={"refuse_compute": (frozenset({S.AWAITING_LINE, S.AWAITING_USER}), S.AWAITING_DISPATCH)},
)
REFUSALS = ("refuse_dispatched", "refuse_delivered")
STOPPING = StateTable(  # what an instruction of the regulator does to a running order, which leaves the state as it is
    states=OrderState,
    initial=S.PLACED,
    acts={
        "stop": (frozenset({S.RUNNING}), S.RUNNING),
        "resume": (frozenset({S.RUNNING}), S.RUNNING),
    },
)


class Part(Vocabulary):
    """The parts that are settled together; compute and line are accepted too, storage comes with the compute."""

    COMPUTE = "compute", "算力", "Compute"
    STORAGE = "storage", "存储", "Storage"
    LINE = "line", "专线", "Line"


def acceptance_act(part: Part, state: str) -> str:
    """The act by which a provider accepts its part in this state: the first of the two, or the last.

    A part that was accepted before leads to an act that the state table refuses.
    """
    return f"accept_{part.value}_{'first' if state == S.AWAITING_PROVIDERS else 'last'}"


def refusal_act(state: str) -> str:
    """The act by which the user's refusal takes the order back to where its compute is to come, with its line there or not.

    Raises StateConflict where no compute is there, or it is accepted.
    """
    REFUSING.after("refuse_compute", state)
    return "refuse_delivered" if state == S.AWAITING_USER else "refuse_dispatched"


@dataclass(frozen=True, slots=True)
class Found:
    """What the user found who refuses the compute, as far as that is told: in the words of the acceptance sheet."""

    cards: int | None = None
    model: str | None = None
    memory_gib: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptanceSheet:
    """What the user received: cards in all, their model, memory of one card in GiB."""

    cards: int
    model: str
    memory_gib: int

    def check(self, ordered: Mapping[str, object]) -> None:
        """Raise AcceptanceMismatch at the first item that differs from the order; an item the order lacks passes."""
        for field in ("cards", "model", "memory_gib"):
            received = getattr(self, field)
            if ordered.get(field) not in (None, received):
                raise AcceptanceMismatch(
                    pointer=f"/{field}", field=field, ordered=ordered[field], received=received
                )

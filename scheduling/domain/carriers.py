"""A carrier's own way of selling lines: what it is asked, what it answers, and what is pending until it has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from kernel.domain.windows import Window
from kernel.states import StateTable
from kernel.text import Vocabulary

SKEW = timedelta(minutes=2)  # after a pre-occupation's end, the carrier's clock has certainly seen it end too


class CarrierState(Vocabulary):
    """Where a line stands with its carrier. In a pending state the carrier has been asked, and the answer is not known."""

    ASKING = "asking", "询问中", "The carrier is asked"
    ANSWERED = "answered", "已答复", "The carrier has answered"
    HOLDING = "holding", "预占请求中", "The pre-occupation is asked for"
    HELD = "held", "已预占", "Pre-occupied"
    CONFIRMING = "confirming", "确认请求中", "The confirmation is asked for"
    CONFIRMED = "confirmed", "已确认", "Confirmed"
    RELEASING = "releasing", "释放请求中", "The release is asked for"
    RELEASED = "released", "已释放", "Released"
    REFUSED = "refused", "线路商拒绝", "Refused by the carrier"
    EXPIRED = "expired", "预占已过期", "The pre-occupation ran out"


S = CarrierState
LIFE = StateTable(
    states=CarrierState,
    initial=S.ASKING,
    acts={
        "answer": (frozenset({S.ASKING}), S.ANSWERED),
        "hold": (frozenset({S.HOLDING}), S.HELD),
        "ask_confirmation": (frozenset({S.HELD}), S.CONFIRMING),
        "confirm": (frozenset({S.CONFIRMING}), S.CONFIRMED),
        "ask_release": (frozenset({S.HOLDING, S.HELD, S.CONFIRMING, S.CONFIRMED}), S.RELEASING),
        "release": (frozenset({S.RELEASING}), S.RELEASED),
        "refuse": (frozenset({S.ASKING, S.HOLDING, S.CONFIRMING}), S.REFUSED),
        "expire": (frozenset({S.ASKING, S.HOLDING, S.HELD}), S.EXPIRED),
    },
)
VERBS: Mapping[str, str] = {
    S.ASKING: "query",
    S.HOLDING: "preoccupy",
    S.CONFIRMING: "confirm",
    S.RELEASING: "release",
}
"""Pending state → the verb that is called until the carrier has answered it."""
RAN_OUT: Mapping[str, str] = {
    S.ASKING: "线路商未在时限内答复 / the carrier did not answer in time",
    S.HOLDING: "线路商未在时限内答复预占请求 / the carrier did not answer in time whether it keeps the line",
    S.HELD: "线路商的预占已到期 / the carrier's pre-occupation ran out",
}
"""Why a line that nobody settled is over, by where it stood."""


@dataclass(frozen=True, slots=True)
class LineAsk:
    """From which site (its key) to which (its key), how many Mbps, made with what.

    `protection` is `one_plus_one` for a pair; `protection_a` the site where its second path begins, where that is not `a`.
    `replaces`: the key of the line that becomes this one; what the carrier keeps under it counts towards this one.
    `windows`: when it is needed, where that is not from its delivery on.
    """

    a: str
    z: str
    bandwidth_mbps: int
    technology: str
    protection: str = "none"
    protection_a: str | None = None
    replaces: UUID | None = None
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class LineWord:
    """Whether it can be had, the latency committed to in µs one way (of a pair the slower path's), the price, and days."""

    reachable: bool
    latency_us: int | None
    one_off_cny: Decimal | None
    monthly_cny: Decimal | None
    days: int | None


class CarrierRefusedError(Exception):
    """The carrier has said no, and nothing is held there."""


class CarrierSilentError(Exception):
    """Nobody knows what the carrier did: no answer in time, a lost one, or one that cannot be read."""


class CarrierPort(Protocol):
    """What every adapter offers. Each call is known by its key: a second one with the same key changes nothing.

    Raises CarrierRefusedError, CarrierSilentError.
    """

    def query(self, key: UUID, ask: LineAsk) -> LineWord:
        """Say whether the line can be had, and how."""

    def preoccupy(self, key: UUID, ask: LineAsk, until: datetime) -> datetime:
        """Keep the line, at the longest until then; returns until when it is kept."""

    def confirm(self, key: UUID, windows: Sequence[Window] = ()) -> None:
        """Make the pre-occupation a contract, for these windows alone where there are any."""

    def release(self, key: UUID) -> None:
        """Let it go, whether it was kept, confirmed, or never there."""


def kept_until(answered: datetime, *, wanted: datetime, at: datetime) -> datetime | None:
    """Until when a carrier's yes counts: never longer than was wanted; None where it is over already."""
    until = min(answered, wanted)
    return until if until > at else None


def is_yes(state: str, word: Mapping[str, Any] | None) -> bool:
    """Whether what a carrier has just answered says that the line is there."""
    return state in (S.HELD, S.CONFIRMED) or (state == S.ANSWERED and bool(word and word["reachable"]))

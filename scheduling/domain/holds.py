"""Holds: their life, and the profile that bounds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from kernel.domain.quotas import HoldQuota
from kernel.states import StateTable
from kernel.text import Vocabulary


class HoldState(Vocabulary):
    """What became of a hold."""

    HELD = "held", "预占中", "Held"
    ORDERED = "ordered", "已转为订单", "Ordered"
    RELEASED = "released", "已释放", "Released"
    EXPIRED = "expired", "已过期", "Expired"


S = HoldState
LIFE = StateTable(
    states=HoldState,
    initial=S.HELD,
    acts={
        "order": (frozenset({S.HELD}), S.ORDERED),
        "extend": (frozenset({S.HELD}), S.HELD),
        "release": (frozenset({S.HELD}), S.RELEASED),
        "expire": (frozenset({S.HELD}), S.EXPIRED),
    },
)


@dataclass(frozen=True, slots=True)
class HoldProfile:
    """How long a hold may last and how much may be held; versioned data."""

    version: str
    status: str
    default: timedelta
    longest: timedelta
    longest_total: timedelta
    quota: HoldQuota
    horizon: timedelta
    longest_term: timedelta
    late: timedelta

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The profile that its file says."""
        return cls(
            version=document["version"],
            status=document["status"],
            default=timedelta(minutes=document["default_minutes"]),
            longest=timedelta(minutes=document["longest_minutes"]),
            longest_total=timedelta(hours=document["longest_total_hours"]),
            quota=HoldQuota(document["most_live"], document["most_lapsed_per_hour"]),
            horizon=timedelta(days=document["horizon_days"]),
            longest_term=timedelta(hours=document["longest_term_hours"]),
            late=timedelta(days=document["late_days"]),
        )

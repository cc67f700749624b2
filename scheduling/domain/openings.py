"""The opening of a line: from the contract through survey, configuration and test to acceptance."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kernel.states import StateTable
from kernel.text import Vocabulary

REAL_DAY = 86_400  # seconds
SATURDAY = 5
SHANGHAI = ZoneInfo("Asia/Shanghai")


class OpeningState(Vocabulary):
    """Where the opening stands. Demand, offer and pre-occupation lie before it: selection, quote and hold."""

    CONTRACTED = "contracted", "已签约，待线路商勘查", "Contracted, waits for the survey"
    SURVEYED = "surveyed", "已勘查，待配置", "Surveyed, waits for configuration"
    CONFIGURED = "configured", "已配置，待测试", "Configured, waits for the test"
    DELIVERED = "delivered", "测试合格，待用户验收", "Tested and delivered, waits for the user"
    ACCEPTED = "accepted", "用户已验收", "Accepted by the user"
    DEEMED = "deemed_accepted", "逾期视同验收", "Deemed accepted"
    REMOVED = "removed", "已拆除", "Removed"


S = OpeningState
LIFE = StateTable(
    states=OpeningState,
    initial=S.CONTRACTED,
    acts={
        "survey": (frozenset({S.CONTRACTED}), S.SURVEYED),
        "configure": (frozenset({S.SURVEYED}), S.CONFIGURED),
        "deliver": (frozenset({S.CONFIGURED}), S.DELIVERED),
        "accept": (frozenset({S.DELIVERED}), S.ACCEPTED),
        "deem": (frozenset({S.DELIVERED}), S.DEEMED),
        "remove": (frozenset(S) - {S.REMOVED}, S.REMOVED),
    },
)


@dataclass(frozen=True, slots=True)
class OpeningProfile:
    """The versioned rules: working days after which a delivered line is deemed accepted."""

    version: str
    status: str
    source: str
    acceptance_working_days: int


@dataclass(frozen=True, slots=True)
class Sold:
    """What a line was sold as: latency strictly below, loss at most."""

    below_us: int
    max_loss: Decimal

    def met_by(self, *, upper_us: int, loss: Decimal) -> bool:
        """Whether a test keeps both."""
        return upper_us < self.below_us and loss <= self.max_loss


def after_days(start: datetime, days: int, *, day_seconds: int) -> datetime:
    """`days` calendar days after `start`, a day being `day_seconds` long on an accelerated clock."""
    return start + timedelta(seconds=days * day_seconds)


def after_working_days(start: datetime, days: int, *, day_seconds: int) -> datetime:
    """`days` working days (Monday to Friday in Shanghai; public holidays are not known) after `start`.

    An accelerated clock has no weekends.
    """
    if day_seconds != REAL_DAY:
        return after_days(start, days, day_seconds=day_seconds)
    instant = start
    while days:
        instant += timedelta(days=1)
        days -= instant.astimezone(SHANGHAI).weekday() < SATURDAY
    return instant

"""The life of a line: pre-occupied, contracted, surveyed where its A end is to be built, built, tested, accepted, billed, changed and removed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kernel.domain.windows import Window
from kernel.states import StateTable
from kernel.text import Vocabulary
from scheduling.domain.ends import EndClass
from scheduling.domain.verdicts import Verdict, judge
from scheduling.domain.working_days import WorkingCalendar

PERCENT = 100


class OpeningState(Vocabulary):
    """Where the line stands, and who has to act next."""

    PREOCCUPIED = "preoccupied", "资源已预占，待签约", "Pre-occupied, waits for the contract"
    RELEASED = "released", "预占已释放", "Released before a contract"
    CONTRACTED = "contracted", "已签约，待线路商受理", "Contracted, waits for the line provider to take it on"
    TO_SURVEY = "to_survey", "已签约，待工勘", "Contracted, waits for the survey of its A end"
    DECLINED = "declined", "工勘后不可开通", "Declined after the survey"
    TAKEN_ON = "taken_on", "已受理，待配置", "Taken on, waits for configuration"
    CONFIGURED = "configured", "已配置，待测试", "Configured, waits for the test"
    DELIVERED = "delivered", "测试合格，待用户验收", "Tested and delivered, waits for the user"
    ACCEPTED = "accepted", "用户已验收，待起租", "Accepted by the user, waits for billing"
    DEEMED = "deemed_accepted", "逾期视同验收，待起租", "Deemed accepted, waits for billing"
    BILLED = "billed", "使用中（已计费）", "In service and billed"
    REMOVED = "removed", "已拆除", "Removed"


S = OpeningState
CONTRACT_STANDS = frozenset(S) - {S.PREOCCUPIED, S.RELEASED, S.DECLINED, S.REMOVED}
LIFE = StateTable(
    states=OpeningState,
    initial=S.PREOCCUPIED,
    acts={
        "release": (frozenset({S.PREOCCUPIED}), S.RELEASED),
        "contract": (frozenset({S.PREOCCUPIED}), S.CONTRACTED),
        "contract_to_build": (frozenset({S.PREOCCUPIED}), S.TO_SURVEY),
        "survey": (frozenset({S.TO_SURVEY}), S.CONTRACTED),
        "decline": (frozenset({S.TO_SURVEY}), S.DECLINED),
        "take_on": (frozenset({S.CONTRACTED}), S.TAKEN_ON),
        "configure": (frozenset({S.TAKEN_ON}), S.CONFIGURED),
        "deliver": (frozenset({S.CONFIGURED}), S.DELIVERED),
        "accept": (frozenset({S.DELIVERED}), S.ACCEPTED),
        "deem": (frozenset({S.DELIVERED}), S.DEEMED),
        "bill": (frozenset({S.ACCEPTED, S.DEEMED}), S.BILLED),
        "remove": (CONTRACT_STANDS, S.REMOVED),
    },
)


def contract_act(end_class: str | None, *, surveyed: bool) -> str:
    """The act that makes a contract: what has to be built at the A end is surveyed first, unless it was before.

    A line from the site itself, or from a pre-covered end, needs no survey.
    """
    ready = surveyed or end_class in (None, EndClass.PRE_COVERED)
    return "contract" if ready else "contract_to_build"


@dataclass(frozen=True, slots=True)
class Promise:
    """When a line is to be delivered: so many days, counted as the tariff counts them (`DayCount`)."""

    days: int
    counted: str


@dataclass(frozen=True, slots=True)
class OpeningProfile:
    """The versioned rules: the working days after which a delivered line is deemed accepted, and when steps are due.

    What comes within a window of a booking is deemed so after `late_percent` of what is left of the window.
    `due_percent`: act of the line provider → the share of the promised days by which it is taken; the last is 100. The
    survey is due only where the contract waits for it.
    """

    version: str
    status: str
    source: str
    acceptance_working_days: int
    late_percent: int
    due_percent: Mapping[str, int]

    def due(
        self, promise: Promise, start: datetime, *, calendar: WorkingCalendar, day_seconds: int, survey: bool
    ) -> dict[str, datetime]:
        """Act → when it is due, from the contract at `start`; a part of a day counts as a day."""
        return {
            act: calendar.after(
                start, -(-promise.days * percent // PERCENT), counted=promise.counted, day_seconds=day_seconds
            )
            for act, percent in self.due_percent.items()
            if survey or act != "survey"
        }


def silence_until(
    end: datetime, there: datetime, windows: Iterable[Window], *, late_percent: int
) -> datetime:
    """When silence accepts what is `there` since an instant and has until `end`; the windows of a booking are in their order.

    As its next window begins at the latest, and within a window after so much of what is left of it: else a booking would
    be served for nothing while its user is silent.
    """
    for window in windows:
        if there < window.start:
            return min(end, window.start)
        if there < window.end:
            return min(end, there + (window.end - there) * late_percent / PERCENT)
    return end


@dataclass(frozen=True, slots=True)
class Sold:
    """What a line was sold as: latency strictly below, loss at most."""

    below_us: int
    max_loss: Decimal

    def judged(self, *, lower_us: int, upper_us: int, loss: Decimal) -> Verdict:
        """What a test says of both: it passes with all of its interval, and fails with none of it or by its loss."""
        if loss > self.max_loss:
            return Verdict.FAIL
        return judge(upper_us=upper_us, lower_us=lower_us, below_us=self.below_us)


class LinePath(Vocabulary):
    """A path of a line, as it is tested; a 1+1 pair has both."""

    WORKING = "working", "工作路由", "The working path"
    PROTECTION = "protection", "保护路由", "The protection path"


def paths_of(protection: str) -> tuple[LinePath, ...]:
    """The paths of a line that is sold with this protection."""
    return tuple(LinePath) if protection == "one_plus_one" else (LinePath.WORKING,)


def proven(protection: str, tests: Iterable[tuple[str, bool]]) -> bool:
    """Whether tests, each as its path and whether it met what was sold, in the order in which they were measured, deliver a line: the last of every path met."""
    last = dict(tests)
    return all(last.get(path, False) for path in paths_of(protection))


@dataclass(frozen=True, slots=True)
class Punctuality:
    """How a line provider kept its dates: `due` lines were to be delivered in the period, `on_time` of them were."""

    due: int
    on_time: int

    @property
    def share(self) -> Decimal | None:
        """The on-time rate with four decimals, rounded down; None where nothing was due: that is not zero."""
        return (
            None
            if not self.due
            else (Decimal(self.on_time) / self.due).quantize(Decimal("0.0001"), "ROUND_DOWN")
        )

"""Latency evidence: how a value was got, what it proves, and when light itself refutes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from kernel.states import StateTable
from kernel.text import Vocabulary
from scheduling.domain.light import Medium, faster_than, floor_ns, floor_us
from scheduling.domain.numbers import plain
from scheduling.domain.verdicts import Verdict, judge
from scheduling.errors.evidence import (
    ClockTooCoarse,
    ContradictoryEvidence,
    FasterThanShown,
    HalvedTwice,
    ImpossibleLatency,
    MeasuredInFuture,
    MeasuredTooLongAgo,
    PercentileTooLow,
    TooFewSamples,
)


class Layer(Vocabulary):
    """The three latency layers, which are never mixed (SCHEME §7)."""

    OPTICAL = "optical", "光层", "Optical layer"
    PRIVATE_IP = "private_ip", "专网 IP 层", "Private IP"
    PUBLIC_IP = "public_ip", "公网 IP 层", "Public IP"


class Direction(Vocabulary):
    """Which way the value counts."""

    ONE_WAY = "one_way", "单向", "One way"
    ROUND_TRIP = "round_trip", "往返", "Round trip"


class Method(Vocabulary):
    """How the value was got (SCHEME §7)."""

    CABLE_RECORD = "cable_record", "光缆资料", "Cable record"
    OTDR = "otdr", "光时域反射", "OTDR"
    OTN_DELAY_HALVED = "otn_delay_halved", "OTN 时延测量折半", "OTN delay measurement, halved"
    TWAMP = "twamp", "STAMP/TWAMP 双向主动测量", "STAMP/TWAMP"
    THIRD_PARTY = "third_party", "第三方测试", "Third-party test"
    RTT_HALVED = "rtt_halved", "往返时延折半", "RTT, halved"


class EvidenceState(Vocabulary):
    """What a record is worth; one that light refutes is not kept at all."""

    ACCEPTED = "accepted", "已采信", "Accepted"
    REVIEW = "review", "待复核：请提交空芯光纤证明", "Review: submit proof of hollow-core fibre"
    REFUSED = "refused", "复核未采信", "Refused on review"


S = EvidenceState
LIFE = StateTable(
    states=EvidenceState,
    initial=S.REVIEW,
    acts={
        "accept": (frozenset({S.REVIEW}), S.ACCEPTED),
        "refuse": (frozenset({S.REVIEW}), S.REFUSED),
    },
)
"""What the supervision may decide of a claim that only hollow-core fibre could meet."""

LAYERS = {
    Method.CABLE_RECORD: frozenset({Layer.OPTICAL}),
    Method.OTDR: frozenset({Layer.OPTICAL}),
    Method.OTN_DELAY_HALVED: frozenset({Layer.OPTICAL}),
    Method.TWAMP: frozenset({Layer.PRIVATE_IP, Layer.PUBLIC_IP}),
    Method.RTT_HALVED: frozenset({Layer.PRIVATE_IP, Layer.PUBLIC_IP}),
    Method.THIRD_PARTY: frozenset(Layer),
}
"""Which layers a method can measure: none says anything of another."""

HALVED = frozenset({Method.OTN_DELAY_HALVED, Method.RTT_HALVED})
"""Methods whose value is one way already."""

TESTS = frozenset({Method.OTDR, Method.OTN_DELAY_HALVED, Method.THIRD_PARTY})
"""Methods that test a line on the optical layer; a record of its cable is no test."""


@dataclass(frozen=True, slots=True)
class EvidenceProfile:
    """What a latency has to show before it is kept; versioned data."""

    version: str
    status: str
    source: str
    least_percentile: Decimal
    least_samples: int
    read_once: frozenset[Method]
    greatest_age: timedelta
    greatest_clock_bound: Fraction  # of the value one way
    clock_bound_us: int  # allowed whatever the value

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The profile that its file says."""
        return cls(
            version=document["version"],
            status=document["status"],
            source=document["source"],
            least_percentile=Decimal(document["least_percentile"]),
            least_samples=document["least_samples"],
            read_once=frozenset(map(Method, document["read_once"])),
            greatest_age=timedelta(days=document["greatest_age_days"]),
            greatest_clock_bound=Fraction(document["greatest_clock_bound_percent"], 100),
            clock_bound_us=document["clock_bound_us"],
        )

    def require_enough(
        self, *, method: str, samples: int, percentile: Decimal | None, measured_at: datetime, at: datetime
    ) -> None:
        """Raises PercentileTooLow, TooFewSamples, or, for what was too old `at` that instant, MeasuredTooLongAgo.

        A test of a line states no percentile.
        """
        if percentile is not None and percentile < self.least_percentile:
            raise PercentileTooLow(
                pointer="/percentile", percentile=plain(percentile), least=plain(self.least_percentile)
            )
        if samples < self.least_samples and method not in self.read_once:
            raise TooFewSamples(pointer="/samples", samples=samples, least=self.least_samples)
        if measured_at < at - self.greatest_age:
            raise MeasuredTooLongAgo(pointer="/measured_at", days=self.greatest_age.days)

    def require_sharp(self, claim: "Claim") -> None:
        """Raises ClockTooCoarse where the claim's interval is so wide that it would stand for little else."""
        most = max(Fraction(self.clock_bound_us), claim.one_way * self.greatest_clock_bound)
        if claim.clock_bound_us > most:
            raise ClockTooCoarse(pointer="/clock_bound_us", bound=claim.clock_bound_us, most=int(most))


def one_way(value_us: int, direction: str) -> Fraction:
    """A measured value one way, exact."""
    return Fraction(value_us, 2 if direction == Direction.ROUND_TRIP else 1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A measured latency of one span: µs as measured, ± clock_bound_us.

    `medium` is what the evidence says that the light ran in, `registered` what the span is registered as, `shown_us` the
    upper bound that stands for it by evidence that was accepted before.
    """

    layer: str
    direction: str
    value_us: int
    clock_bound_us: int
    medium: str
    proven: bool  # a file is named that backs the claim
    measured_at: datetime
    registered: str = Medium.UNDISCLOSED
    shown_us: int | None = None

    @property
    def one_way(self) -> Fraction:
        """The value one way, exact."""
        return one_way(self.value_us, self.direction)

    @property
    def upper_us(self) -> int:
        """The upper end of the interval, whole µs one way, rounded up."""
        return -(-self.one_way.numerator // self.one_way.denominator) + self.clock_bound_us

    @property
    def lower_us(self) -> int:
        """The lower end of the interval, whole µs one way, rounded down."""
        return max(0, self.one_way.numerator // self.one_way.denominator - self.clock_bound_us)


def require_consistent(*, layer: str, direction: str, method: str) -> None:
    """Raises ContradictoryEvidence for a method that does not measure the layer, and for halving twice."""
    used = Method(method)
    if layer not in LAYERS[used]:
        known = [each for each in Layer if each in LAYERS[used]]
        raise ContradictoryEvidence(
            pointer="/layer",
            method_zh=used.label.zh,
            method_en=used.label.en,
            allowed_zh="、".join(each.label.zh for each in known),
            allowed_en=", ".join(each.label.en for each in known),
        )
    if used in HALVED and direction == Direction.ROUND_TRIP:
        raise HalvedTwice(pointer="/direction", method_zh=used.label.zh, method_en=used.label.en)


def verdict_of(*, state: str, lower_us: int, upper_us: int, below_us: int) -> Verdict:
    """The verdict of a record against the strict bound: what is not accepted decides nothing."""
    if state != EvidenceState.ACCEPTED:
        return Verdict.INCONCLUSIVE
    return judge(upper_us=upper_us, lower_us=lower_us, below_us=below_us)


def assess(
    claim: Claim, *, metres: Decimal, at: datetime, pointer: str | None = "/value_us"
) -> EvidenceState:
    """Judge a claim over a span whose ends are `metres` apart on the great circle.

    Raises ImpossibleLatency, of what stands at the pointer, below 3.336 µs/km, MeasuredInFuture for a time after
    `at`. Between that and 4.9 µs/km it is believed at once only of a span that is registered as hollow-core fibre and was
    shown to be, by no less, on a review before, and by evidence that says so too and names its file; all else waits for
    review (SCHEME §7).
    """
    if claim.measured_at > at:
        raise MeasuredInFuture(pointer="/measured_at")
    if faster_than(claim.one_way, metres, Medium.HOLLOW_CORE):
        raise ImpossibleLatency(
            pointer=pointer,
            value=f"{float(claim.one_way):g}",
            floor=floor_us(metres, Medium.HOLLOW_CORE),
            km=f"{metres / 1000:.3f}",
        )
    believable = not faster_than(claim.one_way, metres, Medium.SILICA)
    said = claim.medium == claim.registered == Medium.HOLLOW_CORE and claim.proven
    return EvidenceState.ACCEPTED if believable or (said and _shown(claim, metres)) else EvidenceState.REVIEW


def _shown(claim: Claim, metres: Decimal) -> bool:
    """Whether what stands for the span is faster than silica, and the claim no faster than that."""
    stands = claim.shown_us
    return stands is not None and faster_than(stands, metres, Medium.SILICA) and claim.upper_us >= stands


@dataclass(frozen=True, slots=True)
class Shown:
    """A span by key, over the great circle of its ends; `medium` is hollow core where accepted evidence that stands shows it."""

    span: str
    metres: Decimal
    medium: Medium


def require_shown(value_us: int, path: Sequence[Shown]) -> None:
    """Raises FasterThanShown for a test of a line that light in silica refutes, unless its spans allow it.

    Light takes there what it needs in a vacuum over spans that are shown to be hollow core, and in silica over the others.
    """
    least = sum((floor_ns(each.metres, each.medium) for each in path), Decimal(0))
    if all(each.medium is Medium.SILICA for each in path) or value_us * 1000 < least:
        raise FasterThanShown(
            pointer="/latency_us",
            value=value_us,
            spans=", ".join(each.span for each in path) or "—",
        )

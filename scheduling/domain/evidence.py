"""Latency evidence: how a value was got, what it proves, and when light itself refutes it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from kernel.text import Vocabulary
from scheduling.domain.light import Medium, faster_than, floor_us
from scheduling.errors import ImpossibleLatency, MeasuredInFuture


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


@dataclass(frozen=True, slots=True)
class Claim:
    """A measured latency of one span: µs as measured, ± clock_bound_us."""

    layer: str
    direction: str
    value_us: int
    clock_bound_us: int
    medium: str
    proven: bool  # a file backs the claim
    measured_at: datetime

    @property
    def one_way(self) -> Fraction:
        """The value one way, exact."""
        return Fraction(self.value_us, 2 if self.direction == Direction.ROUND_TRIP else 1)

    @property
    def upper_us(self) -> int:
        """The upper end of the interval, whole µs one way, rounded up."""
        return -(-self.one_way.numerator // self.one_way.denominator) + self.clock_bound_us


def assess(claim: Claim, *, metres: Decimal, at: datetime) -> EvidenceState:
    """Judge a claim over a span whose ends are `metres` apart on the great circle.

    Raises ImpossibleLatency below 3.336 µs/km, MeasuredInFuture for a time after `at`. Between that and
    4.9 µs/km only hollow-core fibre with its proof is believed, else it waits for review (SCHEME §7).
    """
    if claim.measured_at > at:
        raise MeasuredInFuture(pointer="/measured_at")
    if faster_than(claim.one_way, metres, Medium.HOLLOW_CORE):
        raise ImpossibleLatency(
            pointer="/value_us",
            value=f"{float(claim.one_way):g}",
            floor=floor_us(metres, Medium.HOLLOW_CORE),
            km=f"{metres / 1000:.3f}",
        )
    believable = not faster_than(claim.one_way, metres, Medium.SILICA)
    hollow = claim.medium == Medium.HOLLOW_CORE and claim.proven
    return EvidenceState.ACCEPTED if believable or hollow else EvidenceState.REVIEW

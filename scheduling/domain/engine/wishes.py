"""What a buyer may ask of the service beyond the selection files, and the exact formulas that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from scheduling.domain.demand import Demand
from scheduling.domain.engine.promises import Promises
from scheduling.domain.numbers import scaled

HOUR_US = 3_600_000_000

WIRE_BYTES, PAYLOAD_BYTES = 1538, 1448
"""A full Ethernet frame on the wire and the data in it: TCP with timestamps over IPv4, 1500-byte packets."""


DOMAINS = ("government", "science_economy")
"""The two domains of a city's network, which do not mix by default (SCHEME §7)."""
STORAGE_CLASSES = ("performance", "standard", "archive")
"""Storage by what it is for; performance is the advanced storage of at least 10⁴ IOPS a TB (SCHEME §7)."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What a unit of each measure is worth to the buyer, in CNY with at most 4 decimals; None does not count it."""

    cny_per_ms: Decimal | None = None
    cny_per_kg_co2: Decimal | None = None
    cny_per_percent_unreliable: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Data to move: GB of 10⁹ bytes, and the whole hours within which the last byte must have come."""

    volume_gb: Decimal
    within_hours: int

    @property
    def wire_bits(self) -> Fraction:
        """Bits on the wire: the volume with the overhead of full frames."""
        return Fraction(scaled(self.volume_gb, 6) * 1000 * 8 * WIRE_BYTES, PAYLOAD_BYTES)

    @classmethod
    def most_gb(cls, mbps_hours: int) -> Decimal:
        """The most GB, with six decimals, that so many Mbps through so many hours (their product) carry."""
        bits = Fraction(mbps_hours * 3600 * 10**6 * PAYLOAD_BYTES, WIRE_BYTES)
        return Decimal(int(bits / 8000)).scaleb(-6)

    @property
    def least_mbps(self) -> int:
        """The least whole Mbps that keep the deadline: ⌈wire bits / (hours × 3600 × 10⁶)⌉."""
        return self._units(self.within_hours)

    def hours_at(self, mbps: int) -> int:
        """The started hours that the transfer takes at so many Mbps: ⌈wire bits / (Mbps × 3600 × 10⁶)⌉."""
        return self._units(mbps)

    def _units(self, other: int) -> int:
        bits = self.wire_bits
        return -(-bits.numerator // (bits.denominator * other * 3600 * 10**6))


@dataclass(frozen=True, slots=True)
class Storage:
    """Storage to rent at the centre, for the months that the compute is rented."""

    gib: int
    storage_class: str


@dataclass(frozen=True, slots=True)
class End:
    """One A end of a line provider: days and one-off CNY for each circuit, beside those of the tariff; µs one way.

    `days` None: it does not build that far. A price that is not declared is none here: the survey tells it. `site` is its
    access point, None where that is the site that the demand names.
    """

    line_provider: str
    days: int | None
    one_off_cny: Decimal = Decimal(0)
    latency_us: int = 0
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """How the buyer reaches the network: the access points of each line provider, with the tails to them.

    `ends` None is no tail at all. Who is not among them has no access point here: its lines would begin at the site that
    the demand names, `latency_us` away.
    """

    latency_us: int = 0
    ends: tuple[End, ...] | None = None

    def ends_of(self, provider: str) -> tuple[End, ...]:
        """The A ends of a line provider; where it has none, the site that the demand names, which it does not build to."""
        if self.ends is None:
            return (End(provider, 0, latency_us=self.latency_us),)
        own = tuple(end for end in self.ends if end.line_provider == provider)
        return own or (End(provider, None, latency_us=self.latency_us),)


NO_ACCESS = Access()


@dataclass(frozen=True, slots=True)
class Wishes:
    """All of them; None or empty asks nothing. `asked_at` is there where `starts_at` is: lead days count from it.

    Without a start the service begins once it is delivered. Then `asked_at` and `needed_until` say, where it is asked what
    is booked ahead, within what window it may need what it runs on; without them it is what is free at every instant.

    `latest_start`, where it is known, is the last start that may be booked: no later one is named.

    `waits` says of tariff rows that count working days (`row|days`, the tail's with them) how many days of 24 hours these are
    from then.

    `sla_bounds` are what the service levels of `promises` come to as bounds of a demand, by their members' names.

    `offer_terms` says that it counts how long an offer is rented at least and, from a start, how far ahead it has to be booked:
    the service says so where any offer asks for more than the demand has.

    `from_centre` is the centre whose site the demand starts at: it asks for compute elsewhere, so no offer there will do.
    """

    weights: Weights | None = None
    transfer: Transfer | None = None
    starts_at: datetime | None = None
    asked_at: datetime | None = None
    needed_until: datetime | None = None
    latest_start: datetime | None = None
    residency: tuple[str, ...] = ()
    domain: str | None = None
    storage: Storage | None = None
    promises: Promises | None = None
    sla_bounds: Mapping[str, int | Decimal] = field(default_factory=dict)
    access: Access = NO_ACCESS
    waits: Mapping[str, int] = field(default_factory=dict)
    from_centre: str | None = None
    offer_terms: bool = False

    @property
    def days_to_start(self) -> int | None:
        """Whole days of 24 hours between asking and the start; None where any start will do."""
        if self.starts_at is None or self.asked_at is None:
            return None
        return max(0, (self.starts_at - self.asked_at) // timedelta(days=1))

    def bounding(self, demand: Demand) -> Demand:
        """The demand with the bounds of the service levels that are required, where its own are not tighter."""
        if self.promises is None or not self.promises.sla:
            return demand
        tighter: dict[str, Any] = {
            name: bound
            for name, bound in self.sla_bounds.items()
            if (own := getattr(demand, name)) is None or bound < own
        }
        return replace(demand, **tighter)

    def window(self, hours: Decimal) -> tuple[int, int] | None:
        """The window [start, end) that so many hours need, in µs since the epoch; None where they need every instant."""
        if self.starts_at is not None:
            start = instant(self.starts_at)
            return start, start + scaled(hours, 6) * 3600
        if self.needed_until is None or self.asked_at is None:
            return None
        return instant(self.asked_at), instant(self.needed_until)


NO_WISHES = Wishes()
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def instant(at: datetime) -> int:
    """µs since the epoch."""
    return (at - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime:
    """The instant of so many µs since the epoch, in UTC."""
    return EPOCH + timedelta(microseconds=at)

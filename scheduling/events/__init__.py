"""What scheduling announces."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class NetworkImported(Event):
    """A line provider disclosed sites and spans; `subject` is the line provider's row."""

    name: ClassVar[str] = "scheduling.network_imported"

    sites: int
    spans: int


@dataclass(frozen=True, kw_only=True)
class TariffsImported(Event):
    """A line provider set prices; `subject` is the line provider's row."""

    name: ClassVar[str] = "scheduling.tariffs_imported"

    tariffs: int


@dataclass(frozen=True, kw_only=True)
class SupplyWithdrawn(Event):
    """A line provider took a site, a span or a tariff off the market; `subject` is it, `kind` says what it is."""

    name: ClassVar[str] = "scheduling.supply_withdrawn"

    kind: str


@dataclass(frozen=True, kw_only=True)
class LineServiceDescribed(Event):
    """A line product promises other classes; `subject` is the product."""

    name: ClassVar[str] = "scheduling.line_service_described"


@dataclass(frozen=True, kw_only=True)
class LineInterfaceRegistered(Event):
    """A line provider is asked by an interface of its own, or no more; `subject` is the interface."""

    name: ClassVar[str] = "scheduling.line_interface_registered"

    active: bool


@dataclass(frozen=True, kw_only=True)
class CarrierLineMoved(Event):
    """A line went on at its carrier; `subject` is the line, `tenant` its user, `order` None for an enquiry."""

    name: ClassVar[str] = "scheduling.carrier_line_moved"

    state: str
    order: UUID | None


@dataclass(frozen=True, kw_only=True)
class CarrierLineLost(Event):
    """The carrier keeps nothing for an order: it refused, or time ran out. `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.carrier_line_lost"

    line: UUID


@dataclass(frozen=True, kw_only=True)
class CarrierChangeLost(Event):
    """The carrier keeps nothing for a change of a running line, which goes on as it is. `subject` is the change."""

    name: ClassVar[str] = "scheduling.carrier_change_lost"

    line: UUID
    order: UUID


@dataclass(frozen=True, kw_only=True)
class CentreEntered(Event):
    """A line provider says that its cables enter a centre; `subject` is its entry."""

    name: ClassVar[str] = "scheduling.centre_entered"

    centre: str
    entrances: int


@dataclass(frozen=True, kw_only=True)
class CentreLeft(Event):
    """A line provider says that its cables enter the centre no more; `subject` is its entry."""

    name: ClassVar[str] = "scheduling.centre_left"

    centre: str


@dataclass(frozen=True, kw_only=True)
class EndsDeclared(Event):
    """A line provider classed the A ends of its lines; `subject` is the classes' row."""

    name: ClassVar[str] = "scheduling.ends_declared"


@dataclass(frozen=True, kw_only=True)
class AddressesCovered(Event):
    """A line provider named addresses that it covers; `subject` is the line provider."""

    name: ClassVar[str] = "scheduling.addresses_covered"

    addresses: int


@dataclass(frozen=True, kw_only=True)
class LineProductGraded(Event):
    """A line provider promised an availability of a product, or took it back; `subject` is the product."""

    name: ClassVar[str] = "scheduling.line_product_graded"

    technology: str
    availability: str | None


@dataclass(frozen=True, kw_only=True)
class EvidenceRecorded(Event):
    """Latency evidence was kept; `subject` is the record, `span` what it is about."""

    name: ClassVar[str] = "scheduling.evidence_recorded"

    span: UUID
    state: str
    layer: str


@dataclass(frozen=True, kw_only=True)
class EvidenceReviewed(Event):
    """The supervision decided of evidence that waited for review; `subject` is the record."""

    name: ClassVar[str] = "scheduling.evidence_reviewed"

    span: UUID
    state: str


@dataclass(frozen=True, kw_only=True)
class OneHopDeclared(Event):
    """A carrier says that an access point reaches a centre in one hop; `subject` is the declaration."""

    name: ClassVar[str] = "scheduling.one_hop_declared"

    site: UUID


@dataclass(frozen=True, kw_only=True)
class OneHopAdvanced(Event):
    """The declaration was verified, refused or withdrawn; `subject` is the declaration."""

    name: ClassVar[str] = "scheduling.one_hop_advanced"

    state: str


@dataclass(frozen=True, kw_only=True)
class BoundaryDeclared(Event):
    """The boundary of a metropolitan area was declared; `subject` is it, `city` its division (GB/T 2260)."""

    name: ClassVar[str] = "scheduling.boundary_declared"

    city: str


@dataclass(frozen=True, kw_only=True)
class CirclesDrawn(Event):
    """The one-millisecond circles of a city were drawn; `inputs_sha256` is the digest of what they were drawn from."""

    name: ClassVar[str] = "scheduling.circles_drawn"

    city: str
    centres: int
    inputs_sha256: str


@dataclass(frozen=True, kw_only=True)
class SelectionMade(Event):
    """A demand was answered; `subject` is the selection."""

    name: ClassVar[str] = "scheduling.selection_made"

    snapshot: str
    bundles: int


@dataclass(frozen=True, kw_only=True)
class BundleHeld(Event):
    """Compute and line are held together; `subject` is the bundle, `tenant` its user."""

    name: ClassVar[str] = "scheduling.bundle_held"

    offer: UUID
    quantity: int
    bandwidth_mbps: int


@dataclass(frozen=True, kw_only=True)
class HoldExtended(Event):
    """A hold runs longer; `subject` is the bundle."""

    name: ClassVar[str] = "scheduling.hold_extended"

    until: datetime


@dataclass(frozen=True, kw_only=True)
class BundleBounded(Event):
    """What a contract keeps is free for bookings from then on, of one that runs on without its line the line's spans; `subject` is the bundle."""

    name: ClassVar[str] = "scheduling.bundle_bounded"

    until: datetime


@dataclass(frozen=True, kw_only=True)
class HoldTakenOver(Event):
    """An order goes on with what a hold kept; `subject` is the hold."""

    name: ClassVar[str] = "scheduling.hold_taken_over"

    order: UUID


@dataclass(frozen=True, kw_only=True)
class HoldQuotaSet(Event):
    """An organisation, the `subject`, may have so many holds at a time and let so many lapse; None: as the house says."""

    name: ClassVar[str] = "scheduling.hold_quota_set"

    most: int | None
    most_lapsed: int | None


@dataclass(frozen=True, kw_only=True)
class MaintenanceDeclared(Event):
    """So much of a resource is out of service for a window; `subject` is the maintenance."""

    name: ClassVar[str] = "scheduling.maintenance_declared"

    resource: UUID
    quantity: int
    start: datetime
    end: datetime
    conflicts: int


@dataclass(frozen=True, kw_only=True)
class MaintenanceCancelled(Event):
    """Maintenance was called off; `subject` is the maintenance."""

    name: ClassVar[str] = "scheduling.maintenance_cancelled"

    resource: UUID


@dataclass(frozen=True, kw_only=True)
class BookingConflicted(Event):
    """Maintenance leaves less than a booking needs, which stands; `subject` is the order or the hold, `tenant` its user."""

    name: ClassVar[str] = "scheduling.booking_conflicted"

    maintenance: UUID
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class BundleConfirmed(Event):
    """The hold became a contract; `subject` is the bundle."""

    name: ClassVar[str] = "scheduling.bundle_confirmed"


@dataclass(frozen=True, kw_only=True)
class BundleReleased(Event):
    """What the bundle held or had was given back; `subject` is the bundle."""

    name: ClassVar[str] = "scheduling.bundle_released"


@dataclass(frozen=True, kw_only=True)
class LineQuoted(Event):
    """A line was quoted; `subject` is the line quote, `tenant` its user."""

    name: ClassVar[str] = "scheduling.line_quoted"

    kind: str
    line_fen: int
    valid_until: datetime


@dataclass(frozen=True, kw_only=True)
class LineQuoteMoved(Event):
    """A line quote was declined, pre-occupied or released; `subject` is the line quote, `tenant` its user."""

    name: ClassVar[str] = "scheduling.line_quote_moved"

    state: str


@dataclass(frozen=True, kw_only=True)
class LinePreoccupied(Event):
    """A line is kept for an order until its contract or its expiry; `subject` is the opening."""

    name: ClassVar[str] = "scheduling.line_preoccupied"

    order: UUID
    provider: UUID
    held_until: datetime


@dataclass(frozen=True, kw_only=True)
class LineOpened(Event):
    """A line is contracted, and its opening begins; `subject` is the opening."""

    name: ClassVar[str] = "scheduling.line_opened"

    order: UUID
    provider: UUID


@dataclass(frozen=True, kw_only=True)
class LineAdvanced(Event):
    """The opening went a step on; `subject` is the opening."""

    name: ClassVar[str] = "scheduling.line_advanced"

    order: UUID
    state: str


@dataclass(frozen=True, kw_only=True)
class LineTested(Event):
    """The line provider reported an end-to-end test of a path; `subject` is the opening."""

    name: ClassVar[str] = "scheduling.line_tested"

    order: UUID
    met: bool
    upper_us: int
    path: str = "working"


@dataclass(frozen=True, kw_only=True)
class LineDeclined(Event):
    """The survey found that the A end cannot be built: `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.line_declined"

    opening: UUID


@dataclass(frozen=True, kw_only=True)
class LineAccepted(Event):
    """The line is accepted or deemed so: `subject` is the order, `tenant` its user."""

    name: ClassVar[str] = "scheduling.line_accepted"

    opening: UUID
    deemed: bool

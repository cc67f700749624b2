"""Tables of scheduling."""

from scheduling.models.carriers import CarrierLine, LineInterface
from scheduling.models.circles import LatencyCircles, MetroBoundary
from scheduling.models.dispatches import Dispatch
from scheduling.models.ends import CentreEntry, CoveredAddress, EndProfile
from scheduling.models.evidence import EvidenceReview, LatencyEvidence
from scheduling.models.holds import Hold
from scheduling.models.line_providers import LineProduct, LineProvider, LineTariff
from scheduling.models.line_quotes import LineQuote
from scheduling.models.maintenance import BookingConflict, Maintenance
from scheduling.models.one_hop import OneHopAccess
from scheduling.models.openings import LineOpening, LineTest, OpeningStep
from scheduling.models.selections import Selection
from scheduling.models.sites import Site
from scheduling.models.spans import Span
from scheduling.models.supply import SupplyBucket, SupplyCursor, SupplyRow, SupplyVersion

__all__ = [
    "BookingConflict",
    "CarrierLine",
    "CentreEntry",
    "CoveredAddress",
    "Dispatch",
    "EndProfile",
    "EvidenceReview",
    "Hold",
    "LatencyCircles",
    "LatencyEvidence",
    "LineInterface",
    "LineOpening",
    "LineProduct",
    "LineProvider",
    "LineQuote",
    "LineTariff",
    "LineTest",
    "Maintenance",
    "MetroBoundary",
    "OneHopAccess",
    "OpeningStep",
    "Selection",
    "Site",
    "Span",
    "SupplyBucket",
    "SupplyCursor",
    "SupplyRow",
    "SupplyVersion",
]

"""What security announces; `tenant` is the owner of the asset."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class AssetRegistered(Event):
    """A party entered something that can be attacked; `subject` is the asset."""

    name: ClassVar[str] = "security.asset_registered"

    kind: str
    resources: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class AssetLinked(Event):
    """The resources that rest on an asset were stated anew."""

    name: ClassVar[str] = "security.asset_linked"

    resources: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class ScanImported(Event):
    """A scanner's report came in; `subject` is the scan, the counts say what it changed."""

    name: ClassVar[str] = "security.scan_imported"

    asset: UUID
    tool: str
    sha256: str
    seen: int
    opened: int
    reopened: int
    cleared: int


@dataclass(frozen=True, kw_only=True)
class EvidenceSubmitted(Event):
    """The owner says that a finding is mended; `subject` is the finding, in all that follow too."""

    name: ClassVar[str] = "security.evidence_submitted"

    sha256: str


@dataclass(frozen=True, kw_only=True)
class FindingReturned(Event):
    """The evidence did not convince."""

    name: ClassVar[str] = "security.finding_returned"


@dataclass(frozen=True, kw_only=True)
class FindingClosed(Event):
    """The security administrator confirmed the evidence."""

    name: ClassVar[str] = "security.finding_closed"

    severity: str


@dataclass(frozen=True, kw_only=True)
class RiskAccepted(Event):
    """Two administrators accepted the risk until a day."""

    name: ClassVar[str] = "security.risk_accepted"

    until: datetime


@dataclass(frozen=True, kw_only=True)
class AcceptanceLapsed(Event):
    """The day has come: the finding is open again."""

    name: ClassVar[str] = "security.acceptance_lapsed"

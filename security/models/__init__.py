"""Tables of security."""

from security.models.assets import Asset
from security.models.audit import Checkpoint, LogNode
from security.models.findings import Finding
from security.models.scans import Scan

__all__ = ["Asset", "Checkpoint", "Finding", "LogNode", "Scan"]

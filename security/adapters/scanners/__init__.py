"""Readers of scanners' reports: one module a tool, and this table of them."""

from collections.abc import Callable, Mapping
from typing import Any

from security.adapters.scanners import grype, trivy
from security.domain.findings import ScanReport

SCANNERS: Mapping[str, Callable[[Any], ScanReport]] = {"trivy": trivy.read, "grype": grype.read}

"""Scanners' reports for tests, the real one of the demo and small ones of our own."""

import copy
import json
from pathlib import Path
from typing import Any

from tests.aggregation.supply import made
from tests.support.cast import Person

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"
REPORT = json.loads((DATA / "scanner_report.trivy.json").read_text(encoding="utf-8"))
CRITICAL = "CVE-2019-12900"


def asset(person: Person, *resources: str, **changes: Any) -> dict[str, Any]:
    """A container image of a person's, on which the resources rest."""
    body = {"asset": "image-1", "kind": "image", "name": "示范镜像", "resources": list(resources)}
    return dict(made(person.post("/api/v1/assets", body | changes)))


def imported(
    person: Person, target: dict[str, Any], report: Any = REPORT, tool: str = "trivy"
) -> dict[str, Any]:
    """What a report changed."""
    return dict(made(person.post("/api/v1/scans", {"asset": target["id"], "tool": tool, "report": report})))


def findings(person: Person, **filters: str) -> list[dict[str, Any]]:
    """The findings that a person sees."""
    query = "&".join(f"{name}={value}" for name, value in {"limit": "200", **filters}.items())
    return list(person.get(f"/api/v1/findings?{query}").json()["items"])


def without(*rules: str) -> Any:
    """The demo's report after these were mended."""
    report = copy.deepcopy(REPORT)
    for result in report["Results"]:
        rows = result.get("Vulnerabilities", [])
        result["Vulnerabilities"] = [each for each in rows if each["VulnerabilityID"] not in rules]
    return report


def grype(*rules: str, severity: str = "High") -> dict[str, Any]:
    """A report of Grype with these vulnerabilities in one package."""
    return {
        "descriptor": {"name": "grype", "version": "0.80"},
        "matches": [
            {
                "vulnerability": {"id": rule, "severity": severity, "cvss": [], "fix": {"versions": ["2"]}},
                "relatedVulnerabilities": [],
                "artifact": {
                    "name": "libbz2",
                    "version": "1",
                    "type": "apk",
                    "locations": [{"path": "/lib"}],
                },
            }
            for rule in rules
        ],
    }

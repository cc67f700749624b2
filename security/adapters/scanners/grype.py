"""Grype's JSON: matches of packages with vulnerabilities."""

from typing import Any

from security.adapters.scanners.documents import LONGEST, branch, members, require_bounded, text, unreadable
from security.domain.findings import ScanReport, Scope, Sighting, once_each
from security.domain.severities import judge


def read(report: Any) -> ScanReport:
    """What a report says. Raises ReportUnreadable for what Grype does not write."""
    if not isinstance(report, dict) or not isinstance(report.get("matches"), list):
        raise unreadable("这不是 Grype 的 JSON 报告。", "This is no JSON report of Grype.")
    rows = members(report, "matches")
    require_bounded(len(rows))
    return ScanReport(
        tool_version=text(branch(report, "descriptor").get("version"), most=60),
        scopes=frozenset({Scope.VULNERABILITY}),
        sightings=once_each([each for each in map(_sighting, rows) if each.rule]),
    )


def _sighting(row: dict[str, Any]) -> Sighting:
    vulnerability, artifact = branch(row, "vulnerability"), branch(row, "artifact")
    # a distribution's advisory often has no vector of its own, and names the CVE that has
    related = members(row, "relatedVulnerabilities")
    vectors = [
        text(each.get("vector")) for source in (vulnerability, *related) for each in _newest_first(source)
    ]
    severity, score, vector = judge(text(vulnerability.get("severity")), vectors)
    component = text(artifact.get("name"), most=LONGEST["component"])
    fixed = branch(vulnerability, "fix").get("versions")
    paths = sorted({text(each.get("path")) for each in members(artifact, "locations")})
    return Sighting(
        scope=Scope.VULNERABILITY,
        rule=text(vulnerability.get("id"), most=LONGEST["rule"]),
        place=(text(artifact.get("type")), component, *paths),
        severity=severity,
        score=score,
        vector=vector,
        title=text(vulnerability.get("description"), most=LONGEST["title"]),
        component=component,
        version=text(artifact.get("version"), most=LONGEST["version"]),
        fixed_version=", ".join(map(text, fixed))[: LONGEST["fixed_version"]]
        if isinstance(fixed, list)
        else "",
    )


def _newest_first(source: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(members(source, "cvss"), key=lambda each: text(each.get("version")), reverse=True)

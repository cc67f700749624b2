"""Trivy's JSON: image and file-system reports (schema 2, and the bare list before it), and clusters.

Read are vulnerabilities, failed misconfiguration checks and secrets; licences are not findings. Of a secret the
match is never kept. Trivy does not say which scanners ran, so a report covers the scopes that it has results of,
and vulnerabilities when it has none at all.
"""

from collections.abc import Iterator
from typing import Any

from security.adapters.scanners.documents import LONGEST, branch, members, require_bounded, text, unreadable
from security.domain.findings import ScanReport, Scope, Sighting, once_each
from security.domain.severities import judge

CLASSES = {
    "os-pkgs": Scope.VULNERABILITY,
    "lang-pkgs": Scope.VULNERABILITY,
    "config": Scope.MISCONFIGURATION,
    "secret": Scope.SECRET,
}
LISTS = {
    "Vulnerabilities": Scope.VULNERABILITY,
    "Misconfigurations": Scope.MISCONFIGURATION,
    "Secrets": Scope.SECRET,
}
CLUSTER_LISTS = ("Resources", "Vulnerabilities", "Misconfigurations")


def read(report: Any) -> ScanReport:
    """What a report says. Raises ReportUnreadable for what Trivy does not write."""
    cluster = isinstance(report, dict) and "ClusterName" in report
    known = isinstance(report, list) or cluster or (isinstance(report, dict) and "ArtifactName" in report)
    if not known:
        raise unreadable("这不是 Trivy 的 JSON 报告。", "This is no JSON report of Trivy.")
    scopes: set[Scope] = set()
    found: list[Sighting] = []
    for target, result in _results(report, cluster=cluster):
        scope = CLASSES.get(text(result.get("Class")))
        scopes |= {scope} if scope else set()
        for name, kind in LISTS.items():
            rows = members(result, name)
            scopes |= {kind} if rows else set()
            found += [_sighting(kind, target, row) for row in rows if row.get("Status") != "PASS"]
            require_bounded(len(found))
    version = text(branch(report, "Trivy").get("Version"), most=60)
    return ScanReport(
        tool_version=version,
        scopes=frozenset(scopes or {Scope.VULNERABILITY}),
        sightings=once_each([each for each in found if each.rule]),
    )


def _results(report: Any, *, cluster: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each result with the target it is about."""
    if isinstance(report, list):
        yield from ((text(each.get("Target")), each) for each in report if isinstance(each, dict))
    elif cluster:
        for resource in (each for name in CLUSTER_LISTS for each in members(report, name)):
            where = "/".join(text(resource.get(name)) for name in ("Namespace", "Kind", "Name"))
            for result in members(resource, "Results"):
                yield f"{where}/{text(result.get('Target'))}", result
    else:
        yield from ((text(each.get("Target")), each) for each in members(report, "Results"))


def _sighting(scope: Scope, target: str, row: dict[str, Any]) -> Sighting:
    severity, score, vector = judge(text(row.get("Severity")), _vectors(row))
    component = text(row.get("PkgName"), most=LONGEST["component"])
    rule = row.get("VulnerabilityID") or row.get("AVDID") or row.get("ID") or row.get("RuleID")
    if scope is Scope.VULNERABILITY:
        place: tuple[str, ...] = (target, component, text(row.get("PkgPath")))
    else:
        cause = branch(row, "CauseMetadata")
        lines = (row.get("StartLine") or cause.get("StartLine"), row.get("EndLine") or cause.get("EndLine"))
        place = (
            target,
            text(cause.get("Resource")),
            text(row.get("Message")),
            *map(str, map(_number, lines)),
        )
    return Sighting(
        scope=scope,
        rule=text(rule, most=LONGEST["rule"]),
        place=place,
        severity=severity,
        score=score,
        vector=vector,
        title=text(row.get("Title"), most=LONGEST["title"]),
        component=component,
        version=text(row.get("InstalledVersion"), most=LONGEST["version"]),
        fixed_version=text(row.get("FixedVersion"), most=LONGEST["fixed_version"]),
    )


def _vectors(row: dict[str, Any]) -> list[str]:
    """The vectors, those of the source that Trivy took the severity from first, the newest CVSS first in each."""
    by_source = branch(row, "CVSS")
    chosen = text(row.get("SeveritySource"))
    order = sorted(by_source, key=lambda source: (source != chosen, source != "nvd", source))
    return [
        text(branch(by_source, source).get(name))
        for source in order
        for name in ("V40Vector", "V3Vector")
        if branch(by_source, source).get(name)
    ]


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

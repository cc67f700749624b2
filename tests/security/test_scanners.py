"""Scanners' reports: counted as others count them, and hostile ones are text or refused."""

import csv
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.adapters.scanners import SCANNERS, documents
from security.domain.findings import Scope
from security.domain.severities import Severity, base_score, judge, severity_of_score, severity_of_word
from security.errors import ReportUnreadable
from tests.security.reports import REPORT, grype

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "security" / "defectdojo"
VECTORS = SAMPLES.parent / "cvss_vectors"
absent = pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples of DefectDojo are absent")


def test_the_demo_report_has_one_critical_one_high_and_three_medium() -> None:
    report = SCANNERS["trivy"](REPORT)
    assert Counter(each.severity for each in report.sightings) == {
        Severity.CRITICAL: 1, Severity.HIGH: 1, Severity.MEDIUM: 3,
    }  # fmt: skip
    assert report.scopes == {Scope.VULNERABILITY}


@absent
def test_grype_reports_have_as_many_findings_as_the_oracle_says() -> None:
    with (SAMPLES / "expected_counts.csv").open(encoding="utf-8") as file:
        expected = {row["file"]: int(row["defectdojo_expected_findings"]) for row in csv.DictReader(file)}
    ours = {name: count for name, count in expected.items() if name.startswith("anchore_grype/")}
    assert ours
    for name, count in ours.items():
        document = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
        assert len(SCANNERS["grype"](document).sightings) == count, name


@absent
@pytest.mark.parametrize(
    ("name", "count", "scopes"),
    [
        ("all_statuses", 8, {Scope.VULNERABILITY}),
        ("cvssv4_severity_source", 3, {Scope.VULNERABILITY}),
        ("issue_14136", 1, {Scope.MISCONFIGURATION}),
        ("issue_9170", 37, {Scope.MISCONFIGURATION}),
        ("issue_9333", 13, {Scope.VULNERABILITY}),
    ],
)
def test_every_shape_of_trivy_is_read(name: str, count: int, scopes: set[Scope]) -> None:
    report = SCANNERS["trivy"](json.loads((SAMPLES / "trivy" / f"{name}.json").read_text(encoding="utf-8")))
    assert len(report.sightings) == count
    assert report.scopes == scopes


@absent
def test_a_cluster_report_names_each_place_once() -> None:
    name = "kubernetes_fabricated_internal_duplicates.json"
    report = SCANNERS["trivy"](json.loads((SAMPLES / "trivy" / name).read_text(encoding="utf-8")))
    assert report.sightings
    assert len({each.key for each in report.sightings}) == len(report.sightings)


@absent
@pytest.mark.parametrize("name", ["vectors_simple3.txt", "vectors_simple4.txt"])
def test_scores_are_those_of_the_published_vectors(name: str) -> None:
    checked = 0
    for line in (VECTORS / name).read_text(encoding="utf-8").splitlines()[:300]:
        vector, _, rest = line.partition(" - ")
        score = base_score(vector.strip())
        if score is not None and rest:
            assert score == Decimal(rest.strip("() ").split(",")[0])
            checked += 1
    assert checked > 10


@pytest.mark.parametrize(
    ("score", "word"),
    [("10.0", "critical"), ("9.0", "critical"), ("8.9", "high"), ("7.0", "high"), ("6.9", "medium"), ("4.0", "medium"),
     ("3.9", "low"), ("0.1", "low"), ("0.0", "info")],
)  # fmt: skip
def test_the_scale_has_its_published_bounds(score: str, word: str) -> None:
    assert severity_of_score(Decimal(score)) == word


def test_a_vector_outweighs_the_tool_s_word_and_a_broken_one_does_not() -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    assert judge("LOW", [vector]) == (Severity.CRITICAL, Decimal("9.8"), vector)
    assert judge("LOW", ["CVSS:3.1/AV:X", "", "AV:N/AC:M/Au:N/C:N/I:N/A:P"]) == (Severity.LOW, None, "")
    assert judge("apocalyptic", []) == (Severity.UNKNOWN, None, "")
    assert severity_of_word(" Negligible ") == Severity.INFO


HOSTILE: list[Any] = [None, 7, "x", [], {}, {"Results": []}, {"matches": 7}, {"matches": {}}, [[]], [None]]


@pytest.mark.parametrize("report", HOSTILE, ids=repr)
@pytest.mark.parametrize("tool", sorted(SCANNERS))
def test_what_the_tool_does_not_write_is_refused_or_empty(tool: str, report: Any) -> None:
    try:
        assert SCANNERS[tool](report).sightings == ()
    except ReportUnreadable:
        return
    assert tool == "trivy", "a bare list may be Trivy's old form"
    assert isinstance(report, list)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["Results", "Vulnerabilities", "Secrets", "Target", "Class", "CVSS", "nvd", "V3Vector", "VulnerabilityID",
             "Severity", "matches", "vulnerability", "artifact", "locations", "path", "id", "cvss", "fix", "versions"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
def test_any_json_under_a_tool_s_heading_is_read_without_falling_over(inner: Any) -> None:
    SCANNERS["trivy"](
        {"ArtifactName": inner, "Results": [inner, {"Vulnerabilities": [inner], "Secrets": [inner]}]}
    )
    SCANNERS["trivy"]({"ClusterName": "x", "Resources": [{"Results": [inner]}, inner]})
    SCANNERS["grype"]({"matches": [inner, {"vulnerability": inner, "artifact": inner}]})


@given(st.text(max_size=3000))
def test_untrusted_text_becomes_one_printable_line(raw: str) -> None:
    found = documents.text(raw, most=500)
    assert len(found) <= 500
    assert found.isprintable()
    found.encode()


def test_more_findings_than_an_import_takes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_SIGHTINGS", 2)
    with pytest.raises(ReportUnreadable):
        SCANNERS["grype"](grype("A", "B", "C"))
    with pytest.raises(ReportUnreadable):
        SCANNERS["trivy"](REPORT)


def test_the_match_of_a_secret_is_never_kept() -> None:
    secret = {"RuleID": "aws-access-key-id", "Severity": "CRITICAL", "Match": "AKIA-PLANTED", "StartLine": 3}
    report = {"ArtifactName": "x", "Results": [{"Target": "f", "Class": "secret", "Secrets": [secret]}]}
    (seen,) = SCANNERS["trivy"](report).sightings
    assert "AKIA" not in repr(seen)
    assert seen.scope is Scope.SECRET

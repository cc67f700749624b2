"""Findings: once each, closed by evidence and a second pair of eyes, and off the market while critical."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.models.suspensions import Suspension, SuspensionCause, SuspensionScope
from kernel.services.suspensions import open_suspension
from security.domain.findings import LIFE
from security.models import Finding
from security.services.findings import lapse_acceptances
from tests.aggregation.supply import bring_to_market, declare, made
from tests.security.reports import CRITICAL, asset, findings, grype, imported, without
from tests.support.cast import World

pytestmark = pytest.mark.django_db

EVIDENCE = {"note": "升级 libbz2 至 1.0.6-r7", "sha256": "ab" * 32}


def critical(world: World) -> dict[str, Any]:
    (found,) = findings(world.ada, severity="critical")
    return found


def why(world: World, offer: str) -> list[str]:
    return [block["code"] for block in world.ada.get(f"/api/v1/offers/{offer}/gate").json()["blocks"]]


def test_the_same_report_again_changes_nothing(world: World) -> None:
    target = asset(world.ada)
    first = imported(world.olga, target)
    before = findings(world.ada)
    again = imported(world.olga, target)
    assert (first["seen"], first["opened"]) == (5, 5)
    assert [again[name] for name in ("seen", "opened", "reopened", "cleared")] == [5, 0, 0, 0]
    assert first["sha256"] == again["sha256"]
    kept = ("id", "state", "first_seen_at", "due_at")
    assert [{name: each[name] for name in kept} for each in findings(world.ada)] == [
        {name: each[name] for name in kept} for each in before
    ]


def test_a_report_closes_only_what_its_own_tool_covered(world: World) -> None:
    target, other = asset(world.ada), asset(world.ada, asset="image-2")
    imported(world.olga, target)
    imported(world.olga, target, grype(CRITICAL, "CVE-2020-0001"), "grype")
    imported(world.olga, other)
    done = imported(world.olga, target, without(CRITICAL))
    assert done["cleared"] == 1
    closed = Finding.objects.filter(state="closed")
    assert [(row.tool, row.rule, str(row.asset_id)) for row in closed] == [("trivy", CRITICAL, target["id"])]
    assert closed.get().evidence_sha256 == done["sha256"]


def test_a_report_of_another_scope_closes_nothing(world: World) -> None:
    target = asset(world.ada)
    imported(world.olga, target)
    config = {"ArtifactName": "x", "Results": [{"Target": "f", "Class": "config"}]}
    assert imported(world.olga, target, config)["cleared"] == 0
    assert not Finding.objects.filter(state="closed").exists()


def test_what_the_owner_no_longer_sees_is_reviewed_by_somebody_else(world: World) -> None:
    pool = declare(world.ada)["pool"]["id"]
    target = asset(world.ada, pool)
    imported(world.ada, target)
    imported(world.ada, target, without(CRITICAL))
    found = critical(world)
    assert found["state"] == "in_review"
    assert Suspension.objects.filter(closed_at=None, subject=pool).exists(), "evidence alone frees nothing"
    assert made(world.olga.post(f"/api/v1/findings/{found['id']}:confirm"))["state"] == "closed"


def test_a_closed_finding_that_is_seen_again_reopens_on_its_first_clock(world: World) -> None:
    target = asset(world.ada)
    imported(world.olga, target)
    first = critical(world)
    imported(world.olga, target, without(CRITICAL))
    assert imported(world.olga, target)["reopened"] == 1
    again = critical(world)
    assert (again["id"], again["state"], again["closed_at"]) == (first["id"], "reopened", None)
    assert (again["first_seen_at"], again["due_at"]) == (first["first_seen_at"], first["due_at"])
    seen, due = (datetime.fromisoformat(again[name]) for name in ("first_seen_at", "due_at"))
    assert due - seen == timedelta(days=7)


def test_a_critical_finding_takes_the_offer_off_the_market_until_its_evidence_is_confirmed(
    world: World,
) -> None:
    found = bring_to_market(world.ada)
    offer, other = found["offer"]["id"], bring_to_market(world.ada, suffix="-b")["offer"]["id"]
    imported(world.olga, asset(world.ada, found["pool"]["id"], offer))
    assert len(why(world, offer)) == 2, "both the pool and the offer are named"
    assert why(world, other) == []
    here = f"/api/v1/findings/{critical(world)['id']}"
    assert (
        world.ada.post(f"{here}:submit-evidence", {"note": "x"}).json()["errors"][0]["pointer"] == "/sha256"
    )
    assert made(world.ada.post(f"{here}:submit-evidence", EVIDENCE))["state"] == "in_review"
    assert why(world, offer), "not yet confirmed"
    returned = made(world.olga.post(f"{here}:return", {"note": "报告与镜像不符"}))
    assert (returned["state"], returned["evidence_sha256"]) == ("open", "")
    made(world.abe.post(f"{here}:submit-evidence", EVIDENCE))
    assert world.ada.post(f"{here}:confirm").status_code == 403
    closed = made(world.olga.post(f"{here}:confirm"))
    assert (closed["state"], closed["evidence_sha256"]) == ("closed", EVIDENCE["sha256"])
    assert why(world, offer) == []


def test_closing_one_finding_leaves_other_causes_and_other_findings(world: World) -> None:
    pool = declare(world.ada)["pool"]["id"]
    open_suspension(
        subject=pool, tenant=None, cause=SuspensionCause.INSTRUCTION, scope=SuspensionScope.NEW_SALE,
        reference=uuid4(), actor=SYSTEM,
    )  # fmt: skip
    target = asset(world.ada, pool)
    imported(world.olga, target)
    imported(world.olga, target, grype("CVE-1", severity="Critical"), "grype")
    imported(world.olga, target, grype(), "grype")
    still = Suspension.objects.filter(closed_at=None, subject=pool).order_by("opened_at")
    assert [row.cause for row in still] == ["instruction", "finding"]


def test_a_risk_is_accepted_by_two_and_for_a_time(world: World) -> None:
    pool = declare(world.ada)["pool"]["id"]
    imported(world.olga, asset(world.ada, pool))
    here = f"/api/v1/findings/{critical(world)['id']}"
    past = {"until": "2020-01-01T00:00:00Z", "reason": "x"}
    assert world.olga.post(f"{here}:propose-acceptance", past).json()["errors"][0]["pointer"] == "/until"
    terms = {"until": (now() + timedelta(days=30)).isoformat(), "reason": "隔离运行"}
    assert world.ada.post(f"{here}:propose-acceptance", terms).status_code == 403
    proposal = made(world.olga.post(f"{here}:propose-acceptance", terms))["id"]
    assert world.olga.post(f"/api/v1/proposals/{proposal}:approve").json()["code"] == "same_person"
    made(world.otto.post(f"/api/v1/proposals/{proposal}:approve"))
    assert critical(world)["state"] == "accepted"
    assert not Suspension.objects.filter(closed_at=None).exists()
    assert lapse_acceptances() == 0
    Finding.objects.filter(state="accepted").update(accepted_until=now())
    assert lapse_acceptances() == 1
    assert critical(world)["state"] == "reopened"
    assert Suspension.objects.filter(closed_at=None, subject=pool).count() == 1


def test_nobody_frees_an_offer_by_taking_it_off_the_list(world: World) -> None:
    pool = declare(world.ada)["pool"]["id"]
    target = asset(world.ada, pool)
    here = f"/api/v1/assets/{target['id']}"
    assert world.ada.patch(here, {"resources": []}).status_code == 428
    relinked = world.ada.patch(here, {"resources": [pool]}, If_Match='"1"')
    assert (relinked.status_code, relinked["ETag"]) == (200, '"2"')
    imported(world.olga, target)
    tied = world.ada.patch(here, {"resources": []}, If_Match='"2"')
    assert (tied.status_code, tied.json()["code"]) == (409, "asset_tied")


WRONG = [
    ({"asset": "a b"}, "/asset"),
    ({"kind": "planet"}, "/kind"),
    ({"name": ""}, "/name"),
    ({"resources": "x"}, "/resources"),
    ({"resources": [str(uuid4())]}, "/resources/0"),
]


@pytest.mark.parametrize(("changes", "pointer"), WRONG)
def test_a_wrong_field_of_an_asset_is_named(world: World, changes: dict[str, Any], pointer: str) -> None:
    body = {"asset": "image-1", "kind": "image", "name": "示范"} | changes
    answer = world.ada.post("/api/v1/assets", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_an_asset_is_its_owner_s_own(world: World) -> None:
    pool = declare(world.ada)["pool"]["id"]
    target = asset(world.ada)
    body = {"asset": "image-1", "kind": "image", "name": "示范"}
    assert world.ada.post("/api/v1/assets", body).json()["code"] == "asset_exists"
    assert world.cleo.post("/api/v1/assets", body | {"resources": [pool]}).status_code == 400
    assert world.cleo.post("/api/v1/assets", body).status_code == 201
    assert world.cleo.get(f"/api/v1/assets/{target['id']}").status_code == 404
    imported(world.ada, target)
    assert findings(world.cleo) == []
    here = f"/api/v1/findings/{critical(world)['id']}"
    assert world.cleo.get(here).status_code == 404
    assert world.cleo.post(f"{here}:submit-evidence", EVIDENCE).status_code == 404
    foreign = world.cleo.post("/api/v1/scans", {"asset": target["id"], "tool": "trivy", "report": {}})
    assert (foreign.json()["code"], foreign.json()["errors"][0]["pointer"]) == ("unknown_asset", "/asset")
    assert world.ben.get("/api/v1/findings").status_code == 403
    assert world.rhea.get(here).status_code == 200
    assert world.rhea.post(f"{here}:confirm").status_code == 403


def test_a_report_that_cannot_be_read_stores_nothing(world: World) -> None:
    target = asset(world.ada)
    for body in (
        {"asset": target["id"], "tool": "trivy", "report": {"x": 1}},
        {"asset": target["id"], "tool": "nmap", "report": {}},
        {"asset": target["id"], "tool": "grype"},
    ):
        assert world.olga.post("/api/v1/scans", body).status_code == 400
    deep = b'{"asset":"%s","tool":"trivy","report":%s' % (target["id"].encode(), b"[" * 100_000)
    assert world.olga.post("/api/v1/scans", deep).status_code == 400
    assert not Finding.objects.exists()


def test_untrusted_strings_stay_text(world: World) -> None:
    nasty = "\u202e\x07<script>alert(1)</script>\x1b[31m" + "x" * 2000
    report = {"ArtifactName": "x", "Results": [{"Target": nasty, "Class": "os-pkgs", "Vulnerabilities": [
        {"VulnerabilityID": "CVE-1", "Title": nasty, "PkgName": nasty, "Severity": "LOW"}]}]}  # fmt: skip
    imported(world.olga, asset(world.ada), report)
    (found,) = findings(world.ada)
    assert found["title"].isprintable()
    assert len(found["title"]) <= 500


def test_lists_ask_as_much_for_many_as_for_few(world: World) -> None:
    target = asset(world.ada)
    counts = []
    for number in (2, 60):
        imported(world.olga, target, grype(*(f"CVE-{number}-{each}" for each in range(number))), "grype")
        with CaptureQueriesContext(connection) as queries:
            assert len(findings(world.ada)) >= number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_listed_acts_lead_anywhere() -> None:
    assert {name: target.value for name, (_, target) in LIFE.acts.items()} == {
        "submit": "in_review", "return": "open", "close": "closed", "clear": "closed", "accept": "accepted",
        "lapse": "reopened", "reopen": "reopened",
    }  # fmt: skip

"""Reports from draft to national total, and the manifests that prove both sides hold the same."""

import base64
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from demo.verify_federation import verify
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.reports import SECTIONS, ReportClass, Section
from kernel.text import Text
from nodes.adapters.peers.client import Answer, ask
from nodes.domain.envelopes import Outcome
from nodes.domain.filings import FilingAct
from nodes.domain.manifests import compose_manifest, decode_manifest, entry_of, sign_manifest
from nodes.domain.reports import ReportMessage, compose_report
from nodes.domain.statements import from_wire, to_wire
from nodes.models import ManifestPair, OutboundStream, Report
from nodes.services import manifests
from nodes.services.reports import draft_last_period
from nodes.services.sending import send_stream
from tests.nodes.far import FEDERATION, FarNode, FarUpstream
from tests.nodes.test_receiving import code as some_code
from tests.nodes.test_receiving import file, filing
from tests.nodes.test_sending import enqueue, send, settle
from tests.support.cast import World
from tests.support.races import aside

START = datetime(2026, 6, 1, tzinfo=UTC)
END = START + timedelta(days=1)


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A section `test.cards` and the records that it finds."""
    records: list[dict[str, Any]] = [{"pool": "p1", "cards": 8}, {"pool": "p2", "cards": 4}]
    section = Section(
        "test.cards",
        ReportClass.RESOURCE,
        Text("卡数", "Cards"),
        ("cards",),
        lambda _start, _end: list(records),
    )
    monkeypatch.setitem(SECTIONS, section.name, section)
    return records


def draft(world: World, **changed: Any) -> Any:
    asked = {"section": "test.cards", "start": START.isoformat(), "end": END.isoformat()}
    return world.otto.post("/api/v1/reports", asked | changed)


def act(world: World, report: str, name: str, who: str = "otto", data: Any = None) -> Any:
    return getattr(world, who).post(f"/api/v1/reports/{report}:{name}", data)


def sent(world: World, far: FarUpstream) -> str:
    """A report that was drafted, reviewed, sent and receipted."""
    report = str(draft(world).json()["id"])
    act(world, report, "review", "rhea")
    assert act(world, report, "send").status_code == 200
    settle()
    return report


def test_a_report_is_reviewed_before_it_goes_and_ends_with_the_receipt(
    world: World, attached: FarUpstream, cards: list[dict[str, Any]]
) -> None:
    drafted = draft(world)
    assert drafted.status_code == 201
    body = drafted.json()
    assert (body["state"], body["count"], body["sums"], body["records"]) == ("draft", 2, {"cards": 12}, cards)
    assert act(world, body["id"], "send").json()["code"] == "state_conflict"
    assert act(world, body["id"], "review").status_code == 403  # the operator does not review itself
    assert act(world, body["id"], "review", "rhea").json()["state"] == "reviewed"
    assert act(world, body["id"], "send").json()["state"] == "sent"
    settle()
    shown = world.otto.get(f"/api/v1/reports/{body['id']}").json()
    assert (shown["state"], shown["sequence"]) == ("receipted", 1)
    (arrived,) = attached.bodies("reports.resource")
    assert arrived["sums"] == {"records": 2, "cards": 12}
    assert arrived["records"] == cards


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"section": "nobody.knows"}, "/section", "unknown_section"),
        ({"end": "2999-01-01T00:00:00Z"}, "/end", "period_open"),
        ({"end": START.isoformat()}, "/end", "period_open"),
        ({"start": "yesterday"}, "/start", "invalid"),
    ],
)
@pytest.mark.usefixtures("regional", "cards")
def test_a_draft_of_nothing_is_refused_by_its_field(
    world: World, changed: dict[str, Any], pointer: str, code: str
) -> None:
    answer = draft(world, **changed)
    assert answer.status_code == 400
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)


def test_a_period_is_drafted_once_and_not_sent_without_an_upstream(
    world: World, regional: None, cards: list[Any]
) -> None:
    report = draft(world).json()["id"]
    assert draft(world).json()["code"] == "report_exists"
    act(world, report, "review", "rhea")
    assert act(world, report, "send").json()["code"] == "no_upstream"
    assert Report.objects.get().state == "reviewed"


def test_a_correction_supersedes_and_both_versions_stay(
    world: World, attached: FarUpstream, cards: list[dict[str, Any]]
) -> None:
    first = sent(world, attached)
    assert act(world, first, "correct", data={}).status_code == 400
    cards[0]["cards"] = 6
    second = act(world, first, "correct", data={"reason": "漏报"}).json()
    assert (second["supersedes"], second["sums"]) == (first, {"cards": 10})
    act(world, second["id"], "review", "rhea")
    act(world, second["id"], "send")
    settle()
    states = dict(Report.objects.values_list("id", "state"))
    assert {str(key): state for key, state in states.items()} == {
        first: "superseded",
        second["id"]: "receipted",
    }
    (total,) = world.otto.get("/api/v1/federation/totals").json()["items"]
    assert (total["reports"], total["sums"]) == (1, {"cards": 10})


def test_the_last_closed_period_is_drafted_once_by_itself(
    world: World, attached: FarUpstream, cards: list[Any]
) -> None:
    assert draft_last_period() >= 2  # the floors' own sections, and the test's
    assert draft_last_period() == 0
    assert set(Report.objects.values_list("state", flat=True)) == {"draft"}


def message(node: str = "320000", cards: int = 12, start: datetime = START, **forged: Any) -> bytes:
    fields = ReportMessage(
        node, "resource", "test.cards", start, start + timedelta(days=1), 1, {"cards": cards}
    )
    body = json.loads(compose_report(fields, [{"pool": "p1", "cards": cards}])) | forged
    return json.dumps(body).encode()


def deliver(far: FarNode, number: int, body: bytes, **more: Any) -> dict[str, Any]:
    answer = far.message("reports.resource", number, f"thing-{number}", body, **more)
    return dict(json.loads(base64.b64decode(answer.json()["payload"])))


def test_the_nation_adds_up_what_regions_report(world: World, jiangsu: FarNode) -> None:
    assert deliver(jiangsu, 1, message(cards=12))["outcome"] == "stored"
    assert deliver(jiangsu, 2, message(cards=5, start=END))["outcome"] == "stored"
    (total,) = world.rhea.get("/api/v1/federation/totals").json()["items"]
    assert (total["node"], total["section"], total["reports"], total["records"]) == (
        "320000",
        "test.cards",
        2,
        2,
    )
    assert total["sums"] == {"cards": 17}
    narrowed = world.rhea.get("/api/v1/federation/totals?since=2026-06-02T00:00:00Z").json()["items"]
    assert [each["sums"] for each in narrowed] == [{"cards": 5}]
    assert world.rhea.get("/api/v1/federation/totals?sinse=x").status_code == 400


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (message(sums={"records": 1, "cards": 13}), "report_malformed"),
        (message(count=2), "report_malformed"),
        (b"[]", "report_malformed"),
        (message(node="330000"), "report_not_its_own"),
        (message(kind="trade"), "report_not_its_own"),
    ],
)
def test_a_report_whose_figures_are_not_its_records_is_refused(
    jiangsu: FarNode, body: bytes, why: str
) -> None:
    receipt = deliver(jiangsu, 1, body)
    assert (receipt["outcome"], receipt["code"]) == ("refused", why)
    assert not Report.objects.exists()


def test_the_nation_takes_a_period_once_and_its_corrections(world: World, jiangsu: FarNode) -> None:
    deliver(jiangsu, 1, message(cards=12))
    assert deliver(jiangsu, 2, message(cards=11))["code"] == "report_known"
    assert deliver(jiangsu, 3, message(cards=11), supersedes=1)["outcome"] == "stored"
    assert deliver(jiangsu, 4, message(cards=1, start=END), supersedes=3)["code"] == "correction_of_another"
    (total,) = world.rhea.get("/api/v1/federation/totals").json()["items"]
    assert total["sums"] == {"cards": 11}
    assert Report.objects.count() == 2


def test_equal_roots_are_shown_on_both_sides(world: World, attached: FarUpstream) -> None:
    enqueue(5)
    send(attached)
    (pair,) = world.otto.post("/api/v1/manifests:exchange").json()["items"]
    assert (pair["first"], pair["last"], pair["agreed"]) == (1, 5, True)
    assert pair["root"] == pair["their_root"]
    assert world.ada.post("/api/v1/manifests:exchange").status_code == 403


def test_a_loss_behind_the_peer_s_back_is_located_and_filled(world: World, attached: FarUpstream) -> None:
    enqueue(20)
    send(attached)
    for lost in (7, 13):
        del attached.stored["filings", lost]
    (pair,) = world.otto.post("/api/v1/manifests:exchange").json()["items"]
    assert pair["agreed"]
    assert len(attached.stored) == 20
    before = ManifestPair.objects.get(agreed=False)
    assert before.located == [7, 13]
    assert "root" in before.differing


def test_a_peer_that_lost_the_end_of_a_stream_asks_for_it(world: World, attached: FarUpstream) -> None:
    enqueue(3)
    send(attached)
    del attached.stored["filings", 3]
    attached.streams["filings"] = replace(attached.streams["filings"], expected=3)
    enqueue(1)  # as the daily manifest does
    row = send(attached)
    assert row.acked == 4
    assert len(attached.stored) == 4


def test_the_manifest_goes_out_as_a_message_too(world: World, attached: FarUpstream) -> None:
    enqueue(1)
    send(attached)
    world.otto.post("/api/v1/manifests:exchange")
    send(attached)
    assert [body.get("stream") for body in attached.bodies("filings")] == [None, "filings"]


def test_a_peer_that_is_away_is_named_when_manifests_are_compared(
    world: World, attached: FarUpstream
) -> None:
    enqueue(1)
    send(attached)
    OutboundStream.objects.update(acked=1)
    connection.cursor().execute("UPDATE peer SET url = 'http://127.0.0.1:9'")
    answer = world.otto.post("/api/v1/manifests:exchange")
    assert (answer.status_code, answer.json()["code"]) == (502, "upstream_unreachable")


def test_the_nation_answers_with_its_own_manifest_and_fingerprints(world: World, jiangsu: FarNode) -> None:
    bodies = {}
    for number in (1, 2):
        file(jiangsu, number, some_code(number))
        bodies[number] = filing(FilingAct.ISSUE, some_code(number))
    ours = compose_manifest(
        sender="320000",
        receiver="000000",
        stream="filings",
        day=START.date(),
        first=1,
        last=2,
        entries=[entry_of(number, Outcome.STORED, body, SUITE) for number, body in bodies.items()],
        suite=SUITE,
    )
    signed = sign_manifest(ours, suite=SUITE, private_key=jiangsu.private_key)
    answer = jiangsu.post(f"{FEDERATION}/manifests", json.dumps(to_wire(signed)).encode())
    statement = from_wire(answer.content)
    assert statement is not None
    assert decode_manifest(statement.payload) == ours
    (kept,) = world.rhea.get("/api/v1/manifests?agreed=true").json()["items"]
    assert (kept["sender"], kept["peer"], kept["root"]) == ("320000", "320000", ours.root)
    asked = json.dumps({"stream": "filings", "ranges": [[1, 1], [1, 2]]}).encode()
    told = jiangsu.post(f"{FEDERATION}/fingerprints", asked).json()["fingerprints"]
    assert [(each["first"], each["last"], each["count"]) for each in told] == [(1, 1, 1), (1, 2, 2)]
    assert told[1]["root"] == ours.root


def test_a_manifest_that_the_peer_did_not_sign_is_refused(jiangsu: FarNode) -> None:
    answer = jiangsu.post(f"{FEDERATION}/manifests", b"{}")
    assert (answer.status_code, answer.json()["code"]) == (400, "envelope_malformed")


def test_an_exported_stream_is_verified_without_this_node(
    world: World, attached: FarUpstream, tmp_path: Path
) -> None:
    enqueue(6)
    send(attached, "", "", "refused")
    with pytest.raises(CommandError, match="manifests:exchange"):
        call_command("export_stream", str(tmp_path / "x"), peer="000000", stream="filings")
    world.otto.post("/api/v1/manifests:exchange")
    folder = tmp_path / "export"
    call_command("export_stream", str(folder), peer="000000", stream="filings", stdout=io.StringIO())
    assert verify(folder).failures == []
    body = folder / "messages" / "2.body"
    body.write_bytes(body.read_bytes() + b" ")
    assert verify(folder).failures != []


@pytest.mark.django_db(transaction=True)
def test_while_peers_think_about_manifests_no_stream_is_locked(
    world: World, attached: FarUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(1)
    enqueue(1, stream="other")
    for row in OutboundStream.objects.all():
        send_stream(stream=row.id)
    asked = []

    def lockable() -> int:
        with transaction.atomic():
            return len(OutboundStream.objects.select_for_update(nowait=True))

    def asking(*request: Any, **more: Any) -> Answer:
        asked.append(aside(lockable))
        return ask(*request, **more)

    monkeypatch.setattr(manifests, "ask", asking)
    assert world.otto.post("/api/v1/manifests:exchange").status_code == 200
    assert asked == [2, 2]

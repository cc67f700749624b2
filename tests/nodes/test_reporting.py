"""Reports from draft to national total, and the manifests that prove both sides hold the same."""

import base64
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django.fixtures import Settings

from demo.verify_federation import verify
from kernel.clock import now
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.ids import new_id
from kernel.reports import SECTIONS, ReportClass, Section
from kernel.text import Text
from nodes.adapters.peers.client import Answer, ask
from nodes.domain.envelopes import Outcome
from nodes.domain.filings import FilingAct
from nodes.domain.manifests import compose_manifest, decode_manifest, entry_of, sign_manifest
from nodes.domain.periods import PeriodLength, last_closed
from nodes.domain.statements import from_wire, to_wire
from nodes.models import ManifestPair, OutboundStream, Report
from nodes.selectors.profiles import upstream_profiles
from nodes.services import manifests
from nodes.services.drafts import draft_due, plan_drafts
from nodes.services.sending import send_stream
from nodes.services.signing import BYTES_CONTEXT, current_key
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


def sent(world: World, far: FarUpstream, **changed: Any) -> str:
    """A report that was drafted, reviewed, sent and receipted."""
    report = str(draft(world, **changed).json()["id"])
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
    assert second["correction"]["delta"] == {"cards": -2, "records": 0}
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


def test_what_an_outage_left_out_is_drafted_by_itself_and_once(
    world: World, attached: FarUpstream, cards: list[Any]
) -> None:
    assert plan_drafts() == plan_drafts() == len(SECTIONS)
    at = now()
    odd = (
        at - timedelta(days=3, hours=1),
        at - timedelta(days=3),
    )  # somebody reported an hour by hand, before
    asked = draft(world, start=odd[0].isoformat(), end=odd[1].isoformat())
    assert asked.status_code == 201
    assert draft_due(upstream_code="national", section="test.cards") >= 3
    assert draft_due(upstream_code="national", section="test.cards") == 0
    spans = list(Report.objects.order_by("start").values_list("start", "end"))
    assert [before[1] for before in spans[:-1]] == [after[0] for after in spans[1:]]
    assert spans[-1][1] == last_closed(at, PeriodLength.DAY)[1]


def test_no_two_reports_say_the_same_hour_whoever_asks(
    world: World, regional: None, cards: list[dict[str, Any]]
) -> None:
    first = draft(world).json()["id"]
    late = draft(world, start=(START + timedelta(hours=1)).isoformat(), end=(END + timedelta(1)).isoformat())
    assert (late.status_code, late.json()["code"]) == (409, "report_overlaps")
    assert first in late.json()["detail"]
    row = Report.objects.get(id=first)
    row.pk, row.end = new_id(), END + timedelta(hours=1)
    with pytest.raises(IntegrityError, match="report_periods_apart"), transaction.atomic():
        row.save(force_insert=True)
    row.upstream = "capacity"  # another upstream's own
    row.save(force_insert=True)


def test_a_report_is_read_again_and_each_line_that_differs_is_named(
    world: World, regional: None, cards: list[dict[str, Any]]
) -> None:
    report = draft(world).json()
    where = f"/api/v1/reports/{report['id']}/comparison"
    assert world.otto.get(where).json() == {
        "same": True,
        "root_then": report["root"],
        "root_now": report["root"],
        "differences": [],
    }
    cards[1]["cards"] = 3
    told = world.rhea.get(where).json()
    assert not told["same"]
    assert told["differences"] == [{"pointer": "/records/1/cards", "then": 4, "now": 3}]
    Report.objects.update(node="330000")
    assert world.otto.get(where).json()["code"] == "report_not_ours"


def test_each_platform_gets_its_own_and_a_file_is_signed_as_it_is_handed_in(
    world: World, regional: None, cards: list[dict[str, Any]], settings: Settings
) -> None:
    assert draft(world, upstream="capacity").json()["errors"][0]["pointer"] == "/upstream"
    settings.REPORT_UPSTREAMS = ["national", "capacity"]
    profile = replace(upstream_profiles()["capacity"], sections=("test.cards",))
    with patch.dict(upstream_profiles(), capacity=profile):
        shown = world.ray.get("/api/v1/report-upstreams").json()["items"]
        assert [(each["code"], each["sections"]) for each in shown][1] == ("capacity", ["test.cards"])
        ours = draft(world, upstream="capacity").json()["id"]
        assert draft(world).status_code == 201
        act(world, ours, "review", "rhea")
        assert act(world, ours, "send").json()["state"] == "sent"
        paper = world.rhea.get(f"/api/v1/reports/{ours}/document")
        assert b"# profile,capacity/" in paper.content
        signature = base64.b64decode(paper["Cin-Signature"])
        public = current_key().public_key
        assert SUITE.verify(public, signature, BYTES_CONTEXT + paper.content)
        assert act(world, ours, "acknowledge", data={}).json()["errors"][0]["pointer"] == "/number"
        said = act(world, ours, "acknowledge", data={"number": "R-1", "refused": "列名不符"}).json()
        assert (said["state"], said["refusal"]) == ("refused", "列名不符")
        again = act(world, ours, "correct", data={"reason": "列名"}).json()
        act(world, again["id"], "review", "rhea")
        act(world, again["id"], "send")
        assert act(world, again["id"], "acknowledge", data={"number": "R-2"}).json()["state"] == "receipted"
    assert Report.objects.get(id=ours).state == "superseded"


def test_the_reviewer_does_not_send_and_a_signed_receipt_is_not_typed_in(
    world: World, attached: FarUpstream, cards: list[Any]
) -> None:
    report = draft(world).json()["id"]
    Report.objects.update(state="reviewed", reviewed_by=world.otto.user.id)
    assert act(world, report, "send").json()["code"] == "same_person"
    Report.objects.update(reviewed_by=world.rhea.user.id)
    assert act(world, report, "send").status_code == 200
    answer = act(world, report, "acknowledge", data={"number": "R-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "receipt_comes_signed")


def test_when_the_last_section_has_its_receipt_the_period_is_said_to_be_complete(
    world: World, attached: FarUpstream, cards: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(SECTIONS["test.cards"], name="test.more", kind=ReportClass.TRADE)
    for name in [*SECTIONS]:
        monkeypatch.delitem(SECTIONS, name)
    monkeypatch.setitem(SECTIONS, "test.cards", replace(other, name="test.cards", kind=ReportClass.RESOURCE))
    monkeypatch.setitem(SECTIONS, "test.more", other)
    first = sent(world, attached)
    assert attached.bodies("completeness") == []
    sent(world, attached, section="test.more")
    (word,) = attached.bodies("completeness")
    assert [(line["section"], line["sequence"]) for line in word["sections"]] == [
        ("test.cards", 1),
        ("test.more", 1),
    ]
    cards[0]["cards"] = 6
    second = act(world, first, "correct", data={"reason": "漏报"}).json()["id"]
    act(world, second, "review", "rhea")
    act(world, second, "send")
    settle()
    assert [line["sequence"] for line in attached.bodies("completeness")[1]["sections"]] == [2, 1]
    shown = world.ray.get("/api/v1/reported-periods").json()["items"]
    assert sorted((each["version"], each["state"]) for each in shown) == [(1, "superseded"), (2, "receipted")]


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


def test_however_many_are_lost_no_question_names_more_ranges_than_a_peer_answers(
    world: World, attached: FarUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "MOST_RANGES", 3)
    enqueue(8)
    send(attached)
    for lost in range(1, 9):
        del attached.stored["filings", lost]
    (pair,) = world.otto.post("/api/v1/manifests:exchange").json()["items"]
    assert pair["agreed"]
    assert ManifestPair.objects.get(agreed=False).located == [*range(1, 9)]
    assert attached.ranges == [2, 3, 1, 3, 3, 2]


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

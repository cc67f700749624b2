"""A region adds what its industry nodes report to its own: told apart, added once, the missing ones named."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection, transaction
from pytest_django.fixtures import Settings

from kernel.actor import SYSTEM
from kernel.reports import Tells
from nodes.domain.parts import FROM, OF, Brought, add_part, labelled, part_of, parts_hold
from nodes.domain.periods import SHANGHAI
from nodes.domain.records import root_of
from nodes.domain.reports import Correction, ReportMessage, compose_report
from nodes.models import Report
from nodes.selectors.profiles import upstream_profiles
from nodes.services.drafts import draft_report, follow_industry_node
from nodes.services.signing import current_key
from tests.nodes.far import FarNode, FarUpstream
from tests.nodes.test_sending import settle
from tests.support.cast import World
from tests.support.races import aside

START = datetime(2026, 6, 1, tzinfo=SHANGHAI)
SECTION, HOUR = "nodes.traffic", datetime(2026, 6, 1, tzinfo=UTC)
END = HOUR + timedelta(hours=1)
PERIOD = {"section": SECTION, "start": HOUR.isoformat(), "end": END.isoformat()}
SUMS = ("numbered", "stored", "refused")


def record(numbered: int, stream: str = "filings") -> dict[str, Any]:
    return {"stream": stream, "numbered": numbered, "stored": numbered, "refused": 0}


def body(
    node: str, *records: dict[str, Any], span: tuple[datetime, datetime] = (HOUR, END), **more: Any
) -> bytes:
    sums = {name: sum(each[name] for each in records) for name in SUMS}
    root = root_of(records)
    named = (node, "platform", SECTION, *span, len(records), sums, root, "national/2026.1")
    return compose_report(ReportMessage(*named, **more), list(records))


@pytest.fixture
def imaging(world: World, attached: FarUpstream) -> FarNode:
    """An industry node below our region."""
    far = FarNode("320571", role="industry")
    asked = world.otto.post(
        "/api/v1/node-invitations", {"code": far.code, "role": far.role, "reason": "演示"}
    )
    assert far.ask_to_attach(asked.json()["token"]).status_code == 201
    return far


def reports(far: FarNode, sequence: int, content: bytes, thing: str = "1", **more: Any) -> str:
    answer = far.message("reports.platform", sequence, f"{SECTION}/{thing}", content, **more)
    receipt = far.receipt_of(answer, current_key().public_key)
    return receipt.code or receipt.outcome.value


def drafted(world: World, **more: str) -> Any:
    answer = world.otto.post("/api/v1/reports", PERIOD | more)
    assert answer.status_code == 201, answer.content
    return answer.json()


def send(world: World, report: str) -> None:
    world.rhea.post(f"/api/v1/reports/{report}:review")
    assert world.otto.post(f"/api/v1/reports/{report}:send").status_code == 200
    settle()


def told(parts: list[dict[str, Any]]) -> list[tuple[str, bool, int]]:
    return [(part["node"], part["complete"], part["sums"]["numbered"]) for part in parts]


def test_a_region_s_report_holds_its_industry_nodes_and_says_whose_is_what(
    world: World, attached: FarUpstream, imaging: FarNode
) -> None:
    assert reports(imaging, 1, body("320571", record(3), record(4, "x"))) == "stored"
    draft = drafted(world)
    own = sum(each["numbered"] for each in draft["records"] if FROM not in each)
    assert told(draft["parts"]) == [("320000", True, own), ("320571", True, 7)]
    assert draft["sums"]["numbered"] == own + 7
    send(world, draft["id"])
    (sent,) = attached.bodies("reports.platform")
    assert sent["parts"] == draft["parts"]
    totals = world.otto.get("/api/v1/federation/totals").json()["items"]
    ours = next(each for each in totals if each["node"] == "320000")
    assert ours["sums"]["numbered"] == own + 7, "the sum holds theirs, and counts them once"
    assert [(each["node"], each["reports"], each["missing"]) for each in ours["parts"]] == [
        ("320000", 1, 0),
        ("320571", 1, 0),
    ]
    assert ours["parts"][1]["sums"] == {"numbered": 7, "stored": 7, "refused": 0, "records": 2}
    theirs = next(each for each in totals if each["node"] == "320571")
    assert (theirs["sums"]["numbered"], theirs["parts"]) == (7, [])


def test_a_node_that_is_late_is_named_joins_the_draft_and_later_a_correction(
    world: World, attached: FarUpstream, imaging: FarNode
) -> None:
    draft = drafted(world)
    here = f"/api/v1/reports/{draft['id']}"
    assert told(draft["parts"])[1] == ("320571", False, 0)
    assert reports(imaging, 1, body("320571", record(3))) == "stored"
    assert told(world.otto.get(here).json()["parts"])[1] == ("320571", True, 3), (
        "it joins what nobody has reviewed"
    )
    send(world, draft["id"])
    delta = {"numbered": 2, "stored": 2, "refused": 0, "records": 0}
    more = body("320571", record(5), correction=Correction(root_of([record(3)]), "漏报", delta))
    assert reports(imaging, 2, more, supersedes=1) == "stored"
    assert told(world.otto.get(here).json()["parts"])[1] == ("320571", True, 3), "what was sent stays"
    compared = world.otto.get(f"{here}/comparison").json()
    assert not compared["same"]
    corrected = world.otto.post(f"{here}:correct", {"reason": "行业节点更正"}).json()
    assert told(corrected["parts"])[1] == ("320571", True, 5)
    assert corrected["correction"]["delta"]["numbered"] >= 2


def test_a_file_by_months_holds_what_an_industry_node_reports_by_days(
    world: World, attached: FarUpstream, imaging: FarNode, settings: Settings
) -> None:
    settings.REPORT_UPSTREAMS = ["national", "province"]
    profile = replace(upstream_profiles()["province"], sections=(SECTION,))
    days = [(START + timedelta(days=n), START + timedelta(days=n + 1)) for n in range(2)]
    month = {"upstream": "province", "start": START.isoformat(), "end": days[1][1].isoformat()}
    with patch.dict(upstream_profiles(), province=profile):
        assert reports(imaging, 1, body("320571", record(3), span=days[0])) == "stored"
        draft = drafted(world, **month)
        own = draft["parts"][0]["sums"]["numbered"]
        assert told(draft["parts"]) == [("320000", True, own), ("320571", False, 3)], "half of it is named so"
        assert reports(imaging, 2, body("320571", record(4), span=days[1]), thing="later") == "stored"
        here = f"/api/v1/reports/{draft['id']}"
        draft = world.otto.get(here).json()
        assert told(draft["parts"])[1] == ("320571", True, 7), "what comes later joins the draft"
        assert draft["sums"]["numbered"] == own + 7
        send(world, draft["id"])
        paper = world.rhea.get(f"{here}/document").content.decode("utf-8-sig").splitlines()
        assert {f"# sum of numbered,{own + 7}", "# part of 320571,complete"} <= {*paper}
        assert "# sum of numbered of 320571,7" in paper
        rows = [(row[FROM], row[OF], row["numbered"]) for row in csv.DictReader(paper[-3:])]
        starts = [start.astimezone(UTC).isoformat() for start, _ in days]
        assert rows == [("320571", starts[0], "3"), ("320571", starts[1], "4")]
        assert world.otto.get(f"{here}/comparison").json()["same"]
        for day in days:
            drafted(world, start=day[0].isoformat(), end=day[1].isoformat())
    by_day = Report.objects.filter(node="320000", upstream="national")
    national = sum(part["sums"]["numbered"] for row in by_day for part in row.parts[1:])
    assert national == 7, "both platforms are told the same of it"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("world", "regional")
def test_what_comes_while_a_draft_is_assembled_waits_for_it() -> None:
    def comes() -> None:
        with transaction.atomic():
            connection.cursor().execute("SET LOCAL lock_timeout = '50ms'")
            follow_industry_node(section=SECTION, start=HOUR, end=END)

    with transaction.atomic():
        draft_report(section=SECTION, start=HOUR, end=END, actor=SYSTEM)
        with pytest.raises(OperationalError, match="lock timeout"):
            aside(comes)
    aside(comes)


def test_an_industry_node_speaks_for_itself_alone(imaging: FarNode) -> None:
    theirs = [record(3)]
    parts = (part_of("320571", theirs, SUMS), part_of("320572", [], SUMS, complete=False))
    assert reports(imaging, 1, body("320571", *theirs, parts=parts)) == "report_malformed"


def test_the_national_node_tells_the_same_parts(world: World, jiangsu: FarNode) -> None:
    own, theirs = [record(2)], [record(3)]
    records = [*own, *labelled("320571", theirs)]
    parts = (part_of("320000", own, SUMS), part_of("320571", theirs, SUMS, sequence=1))
    assert reports(jiangsu, 1, body("320000", *records)) == "report_malformed", "labels need parts"
    assert reports(jiangsu, 2, body("320000", *records, parts=parts), supersedes=1) == "stored"
    (total,) = world.rhea.get("/api/v1/federation/totals").json()["items"]
    assert (total["node"], total["sums"]["numbered"]) == ("320000", 5)
    assert [each["sums"]["numbered"] for each in total["parts"]] == [2, 3]


def test_each_record_is_in_one_part() -> None:
    own, theirs = [record(2)], [record(3), record(1, "y")]
    records = [*own, *labelled("320571", theirs)]
    parts = [part_of("320000", own, SUMS), part_of("320571", theirs, SUMS, sequence=1)]
    assert parts_hold(parts, "320000", records)
    assert parts_hold([], "320000", own)
    for wrong, rows in (
        ([], records),
        (parts[1:], records),
        (parts[::-1], records),
        ([*parts, parts[1]], records),
        (parts, records[:-1]),
        (parts, [*records, record(9)]),
        ([parts[0], part_of("320571", own, SUMS)], records),
        ([parts[0], part_of("320571", [], SUMS, complete=False)], records),
        ([replace(parts[0], complete=False), parts[1]], records),
        ([parts[0], replace(parts[1], complete=cast("bool", 0))], records),
        ([parts[0], replace(parts[1], sequence=cast("int", "1"))], records),
    ):
        assert not parts_hold(wrong, "320000", rows)


@pytest.mark.parametrize(
    ("spans", "tells", "told"),
    [
        ([(0, 4)], Tells.HAPPENED, (1, True)),
        ([(0, 4)], Tells.BOTH, (1, True)),
        ([(0, 4)], Tells.STOOD, (1, True)),
        ([(0, 1), (1, 3), (3, 4)], Tells.HAPPENED, (7, True)),
        ([(3, 4), (0, 1), (1, 3)], Tells.HAPPENED, (7, True)),
        ([(0, 1), (1, 3), (3, 4)], Tells.STOOD, (4, True)),
        ([(0, 1), (1, 3), (3, 4)], Tells.BOTH, (0, False)),
        ([(0, 1), (3, 4)], Tells.HAPPENED, (3, False)),
        ([(1, 4)], Tells.HAPPENED, (1, False)),
        ([(1, 4)], Tells.STOOD, (1, True)),
        ([(0, 3)], Tells.HAPPENED, (1, False)),
        ([(0, 3)], Tells.STOOD, (0, False)),
        ([], Tells.HAPPENED, (0, False)),
        ([], Tells.STOOD, (0, False)),
    ],
)
def test_days_add_up_to_a_month_of_what_happened_and_the_last_says_how_things_stand(
    spans: list[tuple[int, int]], tells: Tells, told: tuple[int, bool]
) -> None:
    """Four hours; the nth report has one record of 2**n."""
    at = [HOUR + timedelta(hours=n) for n in range(5)]
    brought = [Brought(at[a], at[b], n + 1, [record(2**n)]) for n, (a, b) in enumerate(spans)]
    part, records = add_part("320571", brought, SUMS, (at[0], at[4]), tells)
    assert (part.sums["numbered"], part.complete) == told
    assert parts_hold([part_of("320000", [record(2)], SUMS), part], "320000", [record(2), *records])
    assert all((OF in each) == (spans != [(0, 4)]) for each in records)

"""A region adds what its industry nodes report to its own: told apart, added once, the missing ones named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nodes.domain.parts import FROM, labelled, missing, part_of, parts_hold
from nodes.domain.records import root_of
from nodes.domain.reports import Correction, ReportMessage, compose_report
from nodes.services.signing import current_key
from tests.nodes.far import FarNode, FarUpstream
from tests.nodes.test_sending import settle
from tests.support.cast import World

SECTION, HOUR = "nodes.traffic", datetime(2026, 6, 1, tzinfo=UTC)
END = HOUR + timedelta(hours=1)
PERIOD = {"section": SECTION, "start": HOUR.isoformat(), "end": END.isoformat()}
SUMS = ("numbered", "stored", "refused")


def record(numbered: int, stream: str = "filings") -> dict[str, Any]:
    return {"stream": stream, "numbered": numbered, "stored": numbered, "refused": 0}


def body(node: str, *records: dict[str, Any], **more: Any) -> bytes:
    sums = {name: sum(each[name] for each in records) for name in SUMS}
    root = root_of(records)
    named = (node, "platform", SECTION, HOUR, END, len(records), sums, root, "national/2026.1")
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


def reports(far: FarNode, sequence: int, content: bytes, **more: Any) -> str:
    answer = far.message("reports.platform", sequence, f"{SECTION}/1", content, **more)
    receipt = far.receipt_of(answer, current_key().public_key)
    return receipt.code or receipt.outcome.value


def drafted(world: World) -> Any:
    answer = world.otto.post("/api/v1/reports", PERIOD)
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


def test_an_industry_node_speaks_for_itself_alone(imaging: FarNode) -> None:
    theirs = [record(3)]
    parts = (part_of("320571", theirs, SUMS), missing("320572", SUMS))
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
        ([parts[0], missing("320571", SUMS)], records),
    ):
        assert not parts_hold(wrong, "320000", rows)

"""What the nation makes of regions' reports: their own, whole, once a period, corrected with a reason."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kernel.reports import SECTIONS
from nodes.domain.completeness import SectionLine, compose_completeness
from nodes.domain.records import root_of
from nodes.domain.reports import Correction, ReportMessage, compose_report
from nodes.models import Report, ReportedPeriod
from tests.nodes.far import FarNode
from tests.support.cast import World

START = datetime(2026, 6, 1, tzinfo=UTC)
END = START + timedelta(days=1)


def message(
    node: str = "320000",
    cards: int = 12,
    start: datetime = START,
    end: datetime | None = None,
    corrects: Correction | None = None,
    **forged: Any,
) -> bytes:
    records = [{"pool": "p1", "cards": cards}]
    fields = ReportMessage(
        node=node,
        profile="national/2026.1",
        kind="resource",
        section="test.cards",
        start=start,
        end=end or start + timedelta(days=1),
        count=1,
        sums={"cards": cards},
        root=root_of(records),
        correction=corrects,
    )
    body = json.loads(compose_report(fields, records)) | forged
    return json.dumps(body).encode()


def correcting(cards: int, to: int, **more: Any) -> bytes:
    """The correction of a message with `cards`."""
    of = root_of([{"pool": "p1", "cards": cards}])
    delta = {"cards": to - cards, "records": 0}
    return message(cards=to, corrects=Correction(**({"of": of, "reason": "漏报", "delta": delta} | more)))


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
    assert deliver(jiangsu, 3, message(end=END + timedelta(days=1)))["code"] == "report_overlaps"
    wrongs: list[dict[str, Any]] = [{"of": "0" * 64}, {"delta": {"cards": 1, "records": 0}}]
    for number, wrong in enumerate(wrongs, 4):
        refused = deliver(jiangsu, number, correcting(12, 11, **wrong), supersedes=1)
        assert refused["code"] == "correction_not_the_difference"
    assert deliver(jiangsu, 6, message(cards=11), supersedes=1)["code"] == "correction_without_reason"
    assert deliver(jiangsu, 7, correcting(12, 11), supersedes=1)["outcome"] == "stored"
    assert deliver(jiangsu, 8, correcting(12, 10), supersedes=1)["code"] == "correction_of_another"
    assert deliver(jiangsu, 9, message(cards=1, start=END), supersedes=7)["code"] == "correction_of_another"
    (total,) = world.rhea.get("/api/v1/federation/totals").json()["items"]
    assert total["sums"] == {"cards": 11}
    assert Report.objects.count() == 2


def test_a_node_of_0_1_0_that_says_a_period_again_is_held_up_by_nothing(
    world: World, jiangsu: FarNode
) -> None:
    """It knows no `report_known`: whatever is refused waits there for a correction, and takes all of the period with it."""

    def old(cards: int) -> bytes:
        whole = json.loads(message(cards=cards))
        del whole["root"], whole["profile"]
        return json.dumps(whole | {"schema": "cin-report/1"}).encode()

    assert deliver(jiangsu, 1, old(12))["outcome"] == "stored"
    assert deliver(jiangsu, 2, message(cards=11))["code"] == "report_known", "a later version takes it back"
    assert deliver(jiangsu, 3, old(11))["outcome"] == "stored", "restored from a backup, it forgot the first"
    assert deliver(jiangsu, 4, old(10), supersedes=2)["outcome"] == "stored", "what its upstream once refused"
    assert deliver(jiangsu, 1, old(12))["outcome"] == "stored", "a repetition is answered as it was"
    (total,) = world.rhea.get("/api/v1/federation/totals").json()["items"]
    assert (total["reports"], total["sums"]) == (1, {"cards": 10}), "counted once, as it counts there"
    assert dict(Report.objects.values_list("sequence", "state")) == {
        1: "superseded",
        3: "superseded",
        4: "received",
    }


def test_the_nation_takes_the_word_on_a_period_only_when_it_holds_what_is_said(
    world: World, jiangsu: FarNode
) -> None:
    deliver(jiangsu, 1, message(cards=12))
    deliver(jiangsu, 2, correcting(12, 11), supersedes=1)

    def word(number: int, sequence: int, cards: int, node: str = "320000") -> Any:
        root = root_of([{"pool": "p1", "cards": cards}])
        line = SectionLine("test.cards", "resource", sequence, 1, {"records": 1, "cards": cards}, root)
        body = compose_completeness(node, "national/2026.1", START, END, [line]).encode()
        answer = jiangsu.message("completeness", number, f"national/{number}", body)
        return json.loads(base64.b64decode(answer.json()["payload"]))

    assert word(1, 1, 12)["outcome"] == "stored"  # it was corrected since, and was so
    assert word(2, 2, 12)["code"] == "period_incomplete"
    assert word(3, 3, 11)["code"] == "period_incomplete"
    assert word(4, 2, 11, node="330000")["code"] == "completeness_not_its_own"
    assert word(5, 2, 11)["outcome"] == "stored"
    assert dict(ReportedPeriod.objects.values_list("sequence", "state")) == {1: "superseded", 5: "received"}
    shown = world.rhea.get("/api/v1/reported-periods?state=received").json()["items"]
    wanted = {name for name in SECTIONS if name != "test.cards"}
    assert [set(each["missing"]) for each in shown] == [wanted], "one section is no period"

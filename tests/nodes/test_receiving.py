"""Our node receives: once, in order, only from whom it knows, with a receipt that never changes."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from identifiers.domain.codes import Code
from kernel.crypto.suite import INTERNATIONAL as SUITE
from kernel.models.outbox import EventRecord
from nodes.domain.envelopes import Outcome, Receipt
from nodes.domain.filings import FilingAct, compose_filing
from nodes.domain.statements import from_wire
from nodes.models import Filing, Incoming, NodeAlarm
from nodes.services.alarms import close_alarm
from nodes.services.signing import current_key
from tests.nodes.far import FEDERATION, FarNode
from tests.support.cast import World


def code(number: int, prefix: str = "86.320000") -> str:
    while (made := Code.of_number(prefix, number)) is None:
        number += 1_000_000
    return str(made)


def filing(act: FilingAct, text: str, **changed: Any) -> bytes:
    facts: dict[str, Any] = {
        "code": text,
        "kind": "pool",
        "owner": "01890000-0000-7000-8000-000000000001",
        "subject": "01890000-0000-7000-8000-000000000002",
        "descriptor_version": 1,
        "profile": "1",
        "attributes": {"name": "演示资源池"},
    }
    return compose_filing(act, facts | changed)


def file(far: FarNode, sequence: int, text: str, act: FilingAct = FilingAct.ISSUE, **more: Any) -> Receipt:
    answer = far.message("filings", sequence, text, filing(act, text), **more)
    assert answer.status_code == 200, answer.content
    return far.receipt_of(answer, current_key().public_key)


def test_a_filing_is_stored_and_its_receipt_carries_its_number(world: World, jiangsu: FarNode) -> None:
    receipt = file(jiangsu, 1, code(1))
    assert (receipt.outcome, receipt.expected) == (Outcome.STORED, 2)
    (row,) = world.rhea.get("/api/v1/filings").json()["items"]
    assert (row["code"], row["node"], row["state"], row["number"]) == (
        code(1),
        "320000",
        "filed",
        "000000.320000.1",
    )


def test_a_repetition_gets_the_same_bytes_and_changes_nothing(jiangsu: FarNode) -> None:
    body = filing(FilingAct.ISSUE, code(1))
    first = jiangsu.message("filings", 1, code(1), body)
    again = jiangsu.message("filings", 1, code(1), body)
    assert first.content == again.content
    assert Incoming.objects.count() == Filing.objects.count() == 1


def test_the_same_number_with_other_bytes_is_equivocation_and_the_stored_word_stands(
    world: World, jiangsu: FarNode
) -> None:
    file(jiangsu, 1, code(1))
    receipt = file(jiangsu, 1, code(2))
    assert receipt.outcome is Outcome.EQUIVOCATION
    assert list(Filing.objects.values_list("code", flat=True)) == [code(1)]
    (alarm,) = world.otto.get("/api/v1/node-alarms?open=true").json()["items"]
    assert (alarm["kind"], alarm["sequence"], alarm["peer"]) == ("equivocation", 1, "320000")
    assert world.rhea.post(f"/api/v1/node-alarms/{alarm['id']}:close").status_code == 403
    assert world.otto.post(f"/api/v1/node-alarms/{alarm['id']}:close").json()["closed_at"]
    assert world.otto.get("/api/v1/node-alarms?open=true").json()["items"] == []


def test_a_hole_is_told_at_once_and_its_alarm_closes_when_it_is_filled(jiangsu: FarNode) -> None:
    ahead = file(jiangsu, 2, code(2))
    assert (ahead.outcome, ahead.expected) == (Outcome.GAP, 1)
    file(jiangsu, 2, code(2))
    alarm = NodeAlarm.objects.get()
    assert (alarm.kind, alarm.sequence, alarm.times, alarm.closed_at) == ("gap", 1, 2, None)
    assert file(jiangsu, 1, code(1)).outcome is Outcome.STORED
    assert file(jiangsu, 2, code(2)).outcome is Outcome.STORED
    alarm.refresh_from_db()
    assert alarm.closed_at is not None


@pytest.mark.parametrize(
    ("number", "body", "why"),
    [
        (1, b"not json", "filing_malformed"),
        (1, b"{}", "filing_malformed"),
        (1, filing(FilingAct.ISSUE, code(1), owner="nobody"), "filing_malformed"),
        (1, filing(FilingAct.SUSPEND, code(1)), "filing_unknown"),
        (1, filing(FilingAct.ISSUE, code(2)), "filing_malformed"),  # about another code than the aggregate
        (1, filing(FilingAct.ISSUE, code(1), attributes={"name": "\0"}), "content_unstorable"),
        (
            1,
            filing(FilingAct.ISSUE, code(1), profile="half").replace(b"half", rb"\ud800"),
            "content_unstorable",
        ),
        (1, filing(FilingAct.ISSUE, code(1), descriptor_version=1 << 40), "content_unstorable"),
        (1, filing(FilingAct.ISSUE, code(1), descriptor_version=-1), "filing_malformed"),
    ],
)
def test_what_can_never_be_filed_is_refused_in_a_signed_receipt(
    jiangsu: FarNode, number: int, body: bytes, why: str
) -> None:
    answer = jiangsu.message("filings", number, code(1), body)
    receipt = jiangsu.receipt_of(answer, current_key().public_key)
    assert (receipt.outcome, receipt.code, receipt.expected) == (Outcome.REFUSED, why, 2)
    assert not Filing.objects.exists()


def test_a_code_under_a_prefix_that_was_never_delegated_to_the_node_is_refused(jiangsu: FarNode) -> None:
    receipt = file(jiangsu, 1, code(1, "86.330000"))
    assert (receipt.outcome, receipt.code) == (Outcome.REFUSED, "prefix_not_delegated")


def test_a_code_with_a_wrong_check_character_is_refused(jiangsu: FarNode) -> None:
    wrong = code(1)[:-1] + ("0" if code(1)[-1] != "0" else "1")
    assert file(jiangsu, 1, wrong).code == "filing_malformed"


def test_a_code_is_filed_once_and_only_its_correction_passes_before_what_waits(jiangsu: FarNode) -> None:
    file(jiangsu, 1, code(1))
    assert file(jiangsu, 2, code(1)).code == "filing_known"
    assert file(jiangsu, 3, code(1), FilingAct.SUSPEND).code == "aggregate_waits"
    assert file(jiangsu, 4, code(2)).outcome is Outcome.STORED  # another code goes on
    assert file(jiangsu, 5, code(1), FilingAct.SUSPEND, supersedes=2).outcome is Outcome.STORED
    assert file(jiangsu, 6, code(1), FilingAct.REINSTATE).outcome is Outcome.STORED


def test_the_register_follows_the_life_of_a_code(world: World, jiangsu: FarNode) -> None:
    acts = [FilingAct.ISSUE, FilingAct.SUSPEND, FilingAct.REINSTATE, FilingAct.DESCRIBE, FilingAct.RETIRE]
    states = []
    for number, act in enumerate(acts, start=1):
        file(jiangsu, number, code(1), act)
        states += [Filing.objects.get().state]
    assert states == ["filed", "suspended", "filed", "filed", "retired"]


def test_a_stream_that_nobody_reads_is_refused_for_good(jiangsu: FarNode) -> None:
    answer = jiangsu.message("gossip", 1, "x", b"{}")
    receipt = jiangsu.receipt_of(answer, current_key().public_key)
    assert (receipt.outcome, receipt.code) == (Outcome.REFUSED, "stream_unknown")


def test_a_message_whose_header_names_another_stream_is_told_so(jiangsu: FarNode) -> None:
    path = f"{FEDERATION}/streams/filings/messages?aggregate=x"
    numbered = {"cin-stream": "gossip", "cin-sequence": "1"}
    answer = jiangsu.post(path, b"{}", jiangsu.signed("POST", path, b"{}", headers=numbered))
    assert (answer.status_code, answer.json()["errors"][0]["header"]) == (400, "Cin-Stream")


def test_a_key_of_the_api_opens_no_door_of_the_federation(world: World, national: None) -> None:
    for path in ("streams/filings/messages?aggregate=x", "manifests", "fingerprints"):
        answer = world.otto.post(f"{FEDERATION}/{path}", {})
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused"), path


def test_a_node_s_signature_opens_no_door_of_people(jiangsu: FarNode) -> None:
    assert jiangsu.post("/api/v1/node-invitations", b"{}").status_code == 401


def test_what_is_expected_next_is_told(jiangsu: FarNode) -> None:
    file(jiangsu, 1, code(1))
    assert expected(jiangsu, "filings") == 2
    assert expected(jiangsu, "reports.trade") == 1


def expected(far: FarNode, stream: str) -> int:
    path = f"{FEDERATION}/streams/{stream}"
    headers = far.signed("GET", path)
    return int(World().nobody.client.get(path, headers=headers).json()["expected"])


def test_what_was_received_is_never_changed(jiangsu: FarNode) -> None:
    file(jiangsu, 1, code(1))
    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        Incoming.objects.update(body=b"")


def test_stored_requests_prove_what_was_sent(jiangsu: FarNode) -> None:
    file(jiangsu, 1, code(1))
    request = Incoming.objects.get().request
    assert (request["method"], request["authority"]) == ("POST", "node.example")
    assert request["query"] == f"?aggregate={code(1).replace('/', '%2F')}"
    assert request["headers"]["signature"].startswith("cin=:")


@pytest.mark.parametrize(
    "path",
    ["nodes", "streams", "messages", "node-alarms", "filings", "reports", "manifests", "federation/totals"],
)
def test_only_operator_and_supervision_look_into_the_federation(
    world: World, jiangsu: FarNode, path: str
) -> None:
    seen = {
        name: getattr(world, name).get(f"/api/v1/{path}").status_code for name in ("otto", "rhea", "aude")
    }
    assert set(seen.values()) == {200}
    assert world.ada.get(f"/api/v1/{path}").status_code == 403
    assert world.nobody.get(f"/api/v1/{path}").status_code == 401


def test_lists_ask_the_database_as_often_for_many_rows_as_for_few(world: World, jiangsu: FarNode) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert world.otto.get(path).status_code == 200
        return len(asked)

    paths = ("/api/v1/filings", "/api/v1/nodes", "/api/v1/node-alarms")
    file(jiangsu, 1, code(1))
    file(jiangsu, 9, code(9))
    few = [queries(path) for path in paths]
    for number in range(2, 7):
        file(jiangsu, number, code(number))
        file(jiangsu, number + 10, code(9))
    assert [queries(path) for path in paths] == few


def test_the_public_key_of_the_node_verifies_its_receipts(world: World, jiangsu: FarNode) -> None:
    told = world.nobody.get("/api/v1/node-key").json()
    statement = from_wire(jiangsu.message("filings", 1, "x", b"{}").content)
    assert statement is not None
    assert told["keyid"] == statement.key_id == SUITE.key_id(SUITE.public_key_of(told["jwk"]))
    assert json.loads(statement.payload)["node"] == "000000"


def test_two_people_who_close_an_alarm_at_once_close_it_once(world: World, jiangsu: FarNode) -> None:
    file(jiangsu, 1, code(1))
    file(jiangsu, 1, code(2))
    for seen in [NodeAlarm.objects.get(), NodeAlarm.objects.get()]:
        assert close_alarm(alarm=seen, actor=world.otto.actor).closed_at
    assert EventRecord.objects.filter(name="nodes.alarm_closed").count() == 1

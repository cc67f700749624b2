"""A region restored from a backup learns from its upstream what it sent and forgot, and goes on after it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from identifiers.domain.codes import Code
from identifiers.models import Identifier, IssuedCode
from kernel.crypto.suite import INTERNATIONAL as SUITE
from nodes.domain.envelopes import Outcome, Receipt, compose_message, sign_receipt
from nodes.domain.filings import FilingAct, compose_filing
from nodes.domain.recalls import LARGEST, MOST, Held, as_much_as_fits, read_held, waiting_after
from nodes.domain.records import root_of
from nodes.domain.reports import ReportMessage, compose_report
from nodes.models import Envelope, NodeAlarm, OutboundStream
from nodes.services.sending import send_stream
from nodes.services.signing import signed_request
from tests.nodes.far import FEDERATION, FarNode, FarUpstream
from tests.nodes.test_sending import enqueue, send
from tests.support.cast import World

HOUR = datetime(2026, 6, 1, tzinfo=UTC)


def forgotten(far: FarUpstream, stream: str, sequence: int, aggregate: str, body: bytes) -> None:
    """What this node sent after the backup was taken, signed and receipted as it was then."""
    message = compose_message(suite=SUITE, stream=stream, sequence=sequence, aggregate=aggregate, body=body)
    path = f"/api/v1/federation/streams/{stream}/messages?{message.query}"
    headers = signed_request(method="POST", url=far.url + path, body=body, stream=stream, sequence=sequence)
    receipt = far.take(path, headers, body, "")
    request = {
        "method": "POST",
        "authority": far.url.removeprefix("http://"),
        "path": path.partition("?")[0],
        "query": f"?{message.query}",
        "headers": {name.lower(): value for name, value in headers.items()},
    }
    far.held.setdefault(stream, []).append(Held(sequence, aggregate, None, body, request, receipt))


def filing(number: int, act: FilingAct, owner: UUID, subject: UUID) -> tuple[str, bytes]:
    code = str(Code.of_number("86.320000", number))
    facts: dict[str, Any] = {
        "code": code,
        "kind": "organisation",
        "owner": str(owner),
        "subject": str(subject),
    }
    attributes = {"name": "示范算力商甲", "marking": "演示数据"}
    described = {"descriptor_version": 1, "profile": "2026.2", "attributes": attributes}
    return code, compose_filing(act, facts | described)


PERIOD = {
    "section": "nodes.traffic",
    "start": HOUR.isoformat(),
    "end": (HOUR + timedelta(hours=1)).isoformat(),
}


def forgotten_report(far: FarUpstream) -> dict[str, int]:
    """A report of PERIOD that this node sent after the backup was taken; its sums."""
    records = [{"stream": "filings", "numbered": 4, "stored": 4, "refused": 0}]
    sums = {"numbered": 4, "stored": 4, "refused": 0}
    said = ReportMessage(
        "320000", "platform", "nodes.traffic", HOUR, HOUR + timedelta(hours=1), 1, sums, root_of(records),
        "national/2026.1",
    )  # fmt: skip
    aggregate = f"nodes.traffic/{int(HOUR.timestamp())}"
    forgotten(far, "reports.platform", 1, aggregate, compose_report(said, records))
    return sums


def resume(world: World) -> Any:
    return world.otto.post(f"/api/v1/streams/{OutboundStream.objects.get().id}:resume", {"restored": True})


def test_codes_that_a_restored_region_forgot_stand_again_as_they_were_filed(
    world: World, attached: FarUpstream
) -> None:
    owner, subject = world.ada.organisation.id, uuid4()
    asked = {"kind": "organisation", "subject": str(subject), "attributes": {"name": "示范算力商甲"}}
    waiting = UUID(world.ada.post("/api/v1/identifiers", asked).json()["id"])
    acts = [(1, FilingAct.ISSUE, subject), (4, FilingAct.ISSUE, uuid4()), (4, FilingAct.SUSPEND, uuid4())]
    codes = []
    for sequence, (number, act, about) in enumerate(acts, start=1):
        code, body = filing(number, act, owner, about)
        forgotten(attached, "filings", sequence, code, body)
        codes.append(code)
    enqueue(2)
    assert send(attached).halt == "equivocation"
    answer = resume(world)
    assert (answer.status_code, answer.json()["last"], answer.json()["acked"]) == (200, 5, 3), answer.content
    first, second = (Identifier.objects.get(code=code) for code in codes[:2])
    assert (first.id, first.state, first.filing) == (waiting, "active", "000000.320000.1")
    assert (second.state, second.filing) == ("suspended", "000000.320000.2")
    assert first.marking == second.marking == "演示数据"
    assert IssuedCode.objects.filter(code__in=codes).count() == 2
    assert world.nobody.get(f"/api/v1/identifiers/{codes[0]}").json()["state"] == "active"
    row = send(attached)
    assert (row.acked, row.halt) == (5, "none")
    (pair,) = world.otto.post("/api/v1/manifests:exchange").json()["items"]
    assert (pair["agreed"], pair["first"], pair["last"]) == (True, 1, 5)
    assert resume(world).json()["code"] == "stream_not_halted"


def test_what_a_restored_region_forgot_comes_back_however_large_it_was(
    world: World, attached: FarUpstream, settings: Any
) -> None:
    largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for sequence, size in enumerate((1, largest, largest), start=1):
        forgotten(attached, "notes", sequence, f"note/{sequence}", bytes(size))
    enqueue(1, stream="notes")
    assert send(attached).halt == "equivocation"
    answer = resume(world)
    assert (answer.status_code, answer.json()["last"], answer.json()["acked"]) == (200, 4, 3), answer.content
    sizes = [len(row.message.body) for row in Envelope.objects.order_by("sequence")[:3]]
    assert sizes == [1, largest, largest]


@pytest.mark.parametrize(
    ("sizes", "fit"),
    [([], 0), ([1, 1], 2), ([LARGEST, 1], 1), ([LARGEST + 1, 1], 1), ([1, LARGEST], 1), ([1] * 201, MOST)],
)
def test_an_answer_tells_as_much_as_fits_and_one_message_at_least(
    attached: FarUpstream, sizes: list[int], fit: int
) -> None:
    forgotten(attached, "notes", 1, "note", b"")
    (held,) = attached.held["notes"]
    assert len(list(as_much_as_fits(replace(held, body=bytes(size)) for size in sizes))) == fit


def test_reports_that_a_restored_region_forgot_count_again_and_are_not_said_twice(
    world: World, attached: FarUpstream
) -> None:
    sums = forgotten_report(attached)
    enqueue(1, stream="reports.platform")
    send(attached)
    drafted = world.otto.post("/api/v1/reports", PERIOD).json()["id"]
    assert resume(world).status_code == 200
    row = world.otto.get(f"/api/v1/reports/{drafted}").json()
    assert (row["state"], row["sequence"], row["sums"]) == ("receipted", 1, sums), (
        "as it was sent, not as drafted"
    )
    again = world.otto.post("/api/v1/reports", PERIOD)
    assert (again.status_code, again.json()["code"]) == (409, "report_exists")
    (total,) = world.otto.get("/api/v1/federation/totals").json()["items"]
    assert (total["reports"], total["sums"]) == (1, sums)


def test_a_period_reported_anew_before_the_stream_goes_on_holds_no_correction_up(
    world: World, attached: FarUpstream
) -> None:
    forgotten_report(attached)
    report = f"/api/v1/reports/{world.otto.post('/api/v1/reports', PERIOD).json()['id']}"

    def let_go(here: str) -> None:
        assert world.rhea.post(f"{here}:review").status_code == 200
        assert world.otto.post(f"{here}:send").status_code == 200

    let_go(report)
    assert send(attached).halt == "equivocation"
    assert resume(world).status_code == 200
    row = send(attached, "known")
    assert (row.acked, row.waiting) == (2, {}), "refused as known, and nothing waits for its correction"
    stands = world.otto.get(report).json()
    assert (stands["state"], stands["sequence"]) == ("receipted", 1)
    open_ones = NodeAlarm.objects.filter(closed_at=None).values_list("kind", flat=True)
    assert list(open_ones) == ["equivocation"], "that one is for a person to look at"
    correction = world.otto.post(f"{report}:correct", {"reason": "补录"})
    let_go(f"/api/v1/reports/{correction.json()['id']}")
    row = send(attached)
    assert (row.acked, row.parked) == (3, [])


def test_what_is_ours_as_well_is_left_to_its_own_receipt(world: World, attached: FarUpstream) -> None:
    enqueue(1)
    send(attached, "unanswered")
    row = OutboundStream.objects.get()
    envelope = Envelope.objects.select_related("message").get()
    attached.held["filings"] = []
    OutboundStream.objects.update(acked=0, settled=0, sent=0, retry_at=None)
    Envelope.objects.update(outcome="", receipt=None)
    body = bytes(envelope.message.body)
    attached.streams.clear()
    attached.stored.clear()
    forgotten(attached, "filings", 1, envelope.message.aggregate, body)
    assert resume(world).json()["code"] == "stream_not_halted"
    send_stream(stream=row.id)
    row.refresh_from_db()
    assert (row.acked, row.last) == (1, 1)


def unsigned(held: Held) -> Held:
    headers = held.request["headers"] | {"signature": "cin=:AAAA:"}
    return replace(held, request=dict(held.request) | {"headers": headers})


def by_another(held: Held) -> Held:
    key = SUITE.new_private_key()
    other = SUITE.sign(key, held.receipt.payload)
    return replace(held, receipt=replace(held.receipt, signature=other))


@pytest.mark.parametrize(
    "harm",
    [
        lambda held: held[:0],
        lambda held: held[1:],
        lambda held: [replace(held[0], body=b"{}"), *held[1:]],
        lambda held: [replace(held[0], aggregate="another"), *held[1:]],
        lambda held: [unsigned(held[0]), *held[1:]],
        lambda held: [by_another(held[0]), *held[1:]],
        lambda held: [replace(held[0], receipt=held[1].receipt), *held[1:]],
        lambda held: [replace(held[1], sequence=1), *held[1:]],
    ],
)  # fmt: skip
def test_nothing_is_taken_back_that_is_not_proved(
    world: World, attached: FarUpstream, harm: Callable[[list[Held]], list[Held]]
) -> None:
    for sequence in (1, 2):
        code, body = filing(sequence * 3 + 1, FilingAct.ISSUE, world.ada.organisation.id, uuid4())
        forgotten(attached, "filings", sequence, code, body)
    enqueue(1)
    send(attached)
    attached.held["filings"] = harm(attached.held["filings"])
    refused = resume(world)
    assert (refused.status_code, refused.json()["code"]) == (502, "recall_refused")
    assert not Identifier.objects.exists()
    assert (OutboundStream.objects.get().halt, Envelope.objects.count()) == ("equivocation", 1)


def test_a_peer_is_told_its_own_messages_and_no_other_s(world: World, jiangsu: FarNode) -> None:
    for sequence in (1, 2, 3):
        jiangsu.message("filings", sequence, f"thing-{sequence}", b'{"n":%d}' % sequence)
    answer = jiangsu.post(f"{FEDERATION}/recalls", b'{"stream":"filings","first":2}')
    held = read_held(answer.content)
    assert [(each.sequence, each.body) for each in held] == [(2, b'{"n":2}'), (3, b'{"n":3}')]
    zhejiang = FarNode("330000")
    asked = world.otto.post("/api/v1/node-invitations", {"code": "330000", "role": "regional"})
    assert zhejiang.ask_to_attach(asked.json()["token"]).status_code == 201
    other = zhejiang.post(f"{FEDERATION}/recalls", b'{"stream":"filings","first":1}')
    assert read_held(other.content) == []


def test_what_was_refused_waits_for_its_correction_again() -> None:
    def told(sequence: int, supersedes: int | None, outcome: Outcome, code: str = "") -> tuple[Held, Receipt]:
        receipt = Receipt("0", "1", "s", sequence, "d", outcome, code, HOUR, 0)
        statement = sign_receipt(receipt, suite=SUITE, private_key=bytes(range(32)))
        return Held(sequence, "a", supersedes, b"", {}, statement), receipt

    refused = told(1, None, Outcome.REFUSED, "x")
    assert waiting_after({}, [refused]) == {"a": 1}
    assert waiting_after({}, [refused, told(2, None, Outcome.REFUSED, "aggregate_waits")]) == {"a": 1}
    assert waiting_after({}, [refused, told(3, 1, Outcome.STORED)]) == {}
    assert waiting_after({}, [refused, told(3, 1, Outcome.REFUSED, "report_known")]) == {}
    assert waiting_after({}, [told(1, None, Outcome.REFUSED, "report_known")]) == {}

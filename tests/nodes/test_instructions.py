"""Instructions go down once and in order, are carried out as our own regulator's are, and every step is told back."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from kernel.clock import now
from kernel.models.suspensions import Suspension
from kernel.services.outbox import drain
from kernel.tasks import sweep
from monitoring import handlers
from monitoring.models import DownwardInstruction, Instruction
from monitoring.services.downward import IN_FORCE_WITHIN
from monitoring.services.orders import carry_out
from monitoring.tasks import watch_feeds
from nodes.adapters.peers.client import LONGEST_ANSWER
from nodes.domain.envelopes import Outcome
from nodes.domain.instructions import ORDERS, REPORTS, Order, OrderReport, compose, read_order, read_report
from nodes.models import NodeAlarm, Outgoing
from nodes.services.sending import LEASE
from nodes.services.signing import current_key
from tests.nodes.far import FarNode, FarUpstream
from tests.nodes.test_sending import settle
from tests.support.cast import World

GIVEN = {
    "number": "工信通信〔2026〕1号",
    "legal_basis": "《网络安全法》第五十六条",
    "reason": "演示数据",
    "effect": "停止新售，七日内整改",
    "scope": "new_sale",
}


def order(subject: str, **changed: str) -> Order:
    named = {"act": "issue", "id": str(uuid4()), "issuer": "国家节点", "subject": subject, "valid_until": ""}
    return Order(**GIVEN | named | changed)


def give(far: FarNode, sequence: int, what: Order) -> Outcome:
    answer = far.message(ORDERS, sequence, what.id, compose(what))
    outcome = far.receipt_of(answer, current_key().public_key).outcome
    drain()
    return outcome


def reported(nation: FarUpstream) -> list[tuple[str, str]]:
    settle()
    return [(each["state"], each["reason"]) for each in nation.bodies(REPORTS)]


def test_an_upstream_s_instruction_stops_sale_here_until_the_upstream_lifts_it(
    world: World, attached: FarUpstream
) -> None:
    given = order(world.ada.organisation.code)
    assert give(attached, 1, given) is Outcome.STORED
    assert give(attached, 1, given) is Outcome.STORED, "the reply was lost"
    assert give(attached, 2, given) is Outcome.STORED, "said again under another number"
    seen = world.ada.get(f"/api/v1/instructions/{given.id}").json()
    assert (seen["state"], seen["node"], seen["legal_basis"]) == ("in_force", "000000", given.legal_basis)
    (suspension,) = Suspension.objects.filter(subject=world.ada.organisation.id)
    assert suspension.closed_at is None
    lift = world.rhea.post(f"/api/v1/instructions/{given.id}:propose-lift", {"reason": "x"})
    assert (lift.status_code, lift.json()["code"]) == (409, "instruction_of_upstream")
    world.ada.post(f"/api/v1/instructions/{given.id}:acknowledge")
    done = {"receipt": "已整改", "sha256": "0" * 64}
    world.ada.post(f"/api/v1/instructions/{given.id}:rectify", done)
    assert give(attached, 3, order(given.subject, act="lift", id=given.id)) is Outcome.STORED
    assert reported(attached) == [
        (state, "") for state in ("in_force", "acknowledged", "rectified", "lifted")
    ]
    assert attached.bodies(REPORTS)[2] | done == attached.bodies(REPORTS)[2]
    suspension.refresh_from_db()
    assert suspension.closed_at is not None


@pytest.mark.parametrize("fault", ["unknown_subject", "term_over", "unknown_scope", "instruction_exists"])
def test_what_cannot_be_applied_is_told_with_the_reason(
    world: World, attached: FarUpstream, fault: str
) -> None:
    code = "86.320000/NOBODY" if fault == "unknown_subject" else world.ada.organisation.code
    changed = {
        "term_over": {"valid_until": (now() - timedelta(minutes=1)).isoformat()},
        "unknown_scope": {"scope": "everything"},
    }.get(fault, {})
    if fault == "instruction_exists":
        give(attached, 1, order(code))
    assert give(attached, 1 + (fault == "instruction_exists"), order(code, **changed)) is Outcome.STORED
    assert reported(attached)[-1] == ("not_applied", fault)
    assert Instruction.objects.count() == (fault == "instruction_exists")


def test_an_instruction_that_runs_out_is_told_too(world: World, attached: FarUpstream) -> None:
    until = (now() + timedelta(hours=1)).isoformat()
    given = order(world.ada.organisation.code, valid_until=until)
    give(attached, 1, given)
    Instruction.objects.update(valid_until=Now() - timedelta(seconds=1))
    watch_feeds()
    assert [state for state, _ in reported(attached)] == ["in_force", "expired"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_between_receipt_and_effect_costs_one_sweep(
    world: World, attached: FarUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody hears the bell, and who sweeps dies with the effect done and not committed."""
    given = order(world.ada.organisation.code)
    answer = attached.message(ORDERS, 1, given.id, compose(given))
    assert attached.receipt_of(answer, current_key().public_key).outcome is Outcome.STORED
    assert not Instruction.objects.exists()

    def carry_out_and_die(**told: Any) -> None:
        carry_out(**told)
        assert Suspension.objects.exists()
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(handlers, "carry_out", carry_out_and_die)
        with pytest.raises(SystemExit):
            sweep()
    assert not Instruction.objects.exists()
    assert not Suspension.objects.exists(), "all of it or nothing"
    sweep()
    assert world.ada.get(f"/api/v1/instructions/{given.id}").json()["state"] == "in_force"
    sweep()
    assert Suspension.objects.filter(closed_at=None).count() == 1
    assert [body["state"] for body in attached.bodies(REPORTS)] == ["in_force"], "and the nation knows"


def test_what_a_sender_that_died_held_is_in_force_in_time(settings: Settings) -> None:
    """At the worst the next one waits for the lease, then for beat at the sender, and the receiver for its own."""
    beat = {
        name: timedelta(seconds=settings.CELERY_BEAT_SCHEDULE[name]["schedule"])
        for name in ("streams", "sweep")
    }
    assert timedelta(seconds=LONGEST_ANSWER) < LEASE, "nobody takes over from the living"
    assert LEASE + beat["streams"] + beat["sweep"] + timedelta(seconds=5) < IN_FORCE_WITHIN


def test_nobody_below_instructs_and_nobody_above_reports(world: World, jiangsu: FarNode) -> None:
    assert give(jiangsu, 1, order(world.ada.organisation.code)) is Outcome.REFUSED
    assert not Instruction.objects.exists()


def draft(world: World, **changed: Any) -> Any:
    asked = GIVEN | {"node": "320000", "about": "91320000MA00000000"} | changed
    return world.rhea.post("/api/v1/node-instructions", asked)


def report(far: FarNode, sequence: int, identifier: str, state: str, **more: str) -> None:
    body = compose(OrderReport(identifier, state, now().isoformat(), **more))
    assert far.message(REPORTS, sequence, identifier, body).status_code == 200
    drain()


def test_two_regulators_instruct_a_node_below_and_see_what_becomes_of_it(
    world: World, jiangsu: FarNode
) -> None:
    drafted = draft(world)
    assert drafted.status_code == 201, drafted.content
    instruction, approve = drafted.json()["id"], f"/api/v1/proposals/{drafted.json()['proposal']}:approve"
    assert world.rhea.post(approve).status_code == 409
    assert not Outgoing.objects.exists(), "a draft does not leave"
    assert world.ron.post(approve).status_code == 200
    (sent,) = Outgoing.objects.all()
    body = json.loads(bytes(sent.body))
    assert (body["id"], body["act"], body["number"]) == (instruction, "issue", GIVEN["number"])
    here = f"/api/v1/node-instructions/{instruction}"
    for sequence, state in enumerate(("in_force", "in_force", "acknowledged"), start=1):
        report(jiangsu, sequence, instruction, state)
        assert world.rhea.get(here).json()["state"] == state
    report(jiangsu, 4, instruction, "rectified", receipt="已整改", sha256="0" * 64)
    assert world.rhea.get(here).json()["receipt"] == "已整改"
    lift = world.ron.post(f"{here}:propose-lift", {"reason": "整改属实"}).json()
    assert world.rhea.post(f"/api/v1/proposals/{lift['id']}:approve").status_code == 200
    assert world.rhea.get(here).json()["state"] == "rectified", "over only when the other node says so"
    report(jiangsu, 5, instruction, "lifted")
    report(jiangsu, 6, instruction, "in_force")
    assert world.rhea.get(here).json()["state"] == "lifted", "what is over stays over"


def test_an_instruction_that_is_not_in_force_after_a_minute_calls_for_a_person_once(
    world: World, jiangsu: FarNode
) -> None:
    drafted = draft(world).json()
    world.ron.post(f"/api/v1/proposals/{drafted['proposal']}:approve")
    watch_feeds()
    assert not NodeAlarm.objects.exists()
    DownwardInstruction.objects.update(issued_at=Now() - timedelta(seconds=61))
    watch_feeds()
    watch_feeds()
    (alarm,) = NodeAlarm.objects.all()
    assert (alarm.kind, alarm.times, alarm.closed_at) == ("instruction_late", 1, None)
    report(jiangsu, 1, drafted["id"], "in_force")
    alarm.refresh_from_db()
    assert alarm.closed_at is not None


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"node": "330000"}, 409, "not_downstream"),
        ({"about": "x y"}, 400, "invalid_input"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, 400, "bad_period"),
    ],
)
def test_a_draft_that_cannot_be_sent_is_refused_naming_the_field(
    world: World, jiangsu: FarNode, changed: dict[str, str], status: int, code: str
) -> None:
    answer = draft(world, **changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(changed))}"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"schema": []}', compose(order("x", id="y")), compose(order("x", act="sell")),
        compose(order("x", valid_until="2026-01-01T00:00:00")),
        compose(order("x", valid_until="9999-12-31T23:59:59-14:00")),
        compose(OrderReport(str(uuid4()), "in_force", "0001-01-01T00:00:00+14:00")),
        compose(OrderReport(str(uuid4()), "rectified", "2026-01-01T00:00:00Z", receipt="x" * 2001)),
        compose(order("x", reason="a\0")), compose(order("x", reason="half")).replace(b"half", rb"\ud800"),
    ],
)  # fmt: skip
def test_what_is_no_instruction_is_none(body: bytes) -> None:
    assert read_order(body) is None
    assert read_report(body) is None

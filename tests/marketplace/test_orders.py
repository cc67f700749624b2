"""Orders over HTTP: held together, accepted by both, delivered, billed together; and every way out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import F

from kernel.clock import now
from kernel.models import Capacity, Claim, HoldAccount
from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.services.capacity import expire_next
from kernel.services.jobs import run_next_job
from kernel.services.outbox import drain
from marketplace.models import Order, OrderStep
from marketplace.selectors.settlements import billable_orders
from marketplace.services.acceptance import DEEM, deem_compute, deliver
from marketplace.services.orders import end_order, expire_order, note_dispatched, note_line_accepted
from scheduling.models import LineOpening
from scheduling.services.dispatches import SEND
from scheduling.services.maintenance import close_conflicts
from tests.aggregation.supply import made
from tests.marketplace.trade import SHEET, accepted, delivered, ordered, period, quoted, running
from tests.scheduling.live import leave_free, open_market
from tests.scheduling.test_openings import delivered_from
from tests.scheduling.test_reservations import conflict
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market


def state(order: dict[str, Any]) -> str:
    return Order.objects.get(id=order["id"]).state


def held(order: dict[str, Any]) -> set[str]:
    return set(Claim.objects.filter(bundle=order["id"]).values_list("state", flat=True))


def wait_out(order: Order) -> None:
    """Let the time of silence be over, as the database's clock has it."""
    Job.objects.filter(name=DEEM).update(run_at=order.dispatched_at)
    order.deemed_at = order.dispatched_at
    order.advance("deemed_at")


def refuse(person: Any, order: UUID, **found: Any) -> Any:
    return person.post(f"/api/v1/orders/{order}:refuse-compute", {"reason": "只有四张卡"} | found)


def do_jobs() -> None:
    """Do the jobs of silence as if they were due, and call no agent."""
    Job.objects.filter(name=SEND).delete()
    Job.objects.filter(name=DEEM).update(run_at="2026-01-01T00:00:00Z")
    while run_next_job():
        pass


def test_an_order_holds_its_compute_and_every_span_together(world: World) -> None:
    order = ordered(world.ben)
    spans = order["facts"]["bundle"]["spans"]
    claims = Claim.objects.filter(bundle=order["id"])
    assert order["state"] == "awaiting_providers"
    assert {str(claim.resource_id) for claim in claims} == {order["facts"]["bundle"]["pool"], *spans}
    assert len(spans) > 0
    assert order["total_fen"] == order["compute_fen"] + order["line_fen"]


def test_it_runs_once_both_accepted_and_both_parts_are_there(world: World) -> None:
    order = running(world)
    assert order.state == "running"
    assert order.billing_started_at is not None
    history = OrderStep.objects.filter(order=order)
    assert history.ordered, "a table has no order of its own"
    steps = [step.act for step in history]
    assert steps == [
        "place", "hold", "accept_compute_first", "accept_line_last", "open", "line_first", "deliver",
        "accept_compute", "start",
    ]  # fmt: skip
    versions = OrderStep.objects.filter(order=order).order_by("version").values_list("version", flat=True)
    assert list(versions) == list(range(1, 10))


def test_acceptance_by_one_provider_does_not_suffice(world: World) -> None:
    order = ordered(world.ben)
    assert world.ada.post(f"/api/v1/orders/{order['id']}:accept").json()["state"] == "awaiting_line_provider"
    again = world.ada.post(f"/api/v1/orders/{order['id']}:accept")
    assert (again.status_code, again.json()["code"]) == (409, "state_conflict")
    assert held(order) == {"held"}


def test_the_line_provider_may_accept_first(world: World) -> None:
    order = ordered(world.ben)
    first = world.lin.post(f"/api/v1/orders/{order['id']}:accept").json()
    assert first["state"] == "awaiting_compute_provider"
    assert world.ada.post(f"/api/v1/orders/{order['id']}:accept").json()["state"] == "opening"
    assert held(order) == {"confirmed"}


@pytest.mark.parametrize("who", ["ada", "lin"])
def test_a_rejection_by_either_releases_everything(world: World, who: str) -> None:
    order = ordered(world.ben)
    answer = getattr(world, who).post(f"/api/v1/orders/{order['id']}:reject", {"reason": "检修"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("rejected", "检修")
    assert held(order) == {"released"}
    assert not Capacity.objects.filter(standing__gt=0).exists()


@pytest.mark.parametrize("stage", [ordered, accepted])
def test_the_user_may_cancel_until_both_parts_are_there(world: World, stage: Any) -> None:
    order = stage(world.ben) if stage is ordered else stage(world)
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:cancel", {"reason": "不再需要"})
    assert answer.json()["state"] == "cancelled"
    assert held(order) == {"released"}
    assert HoldAccount.objects.get().lapsed == (1 if stage is ordered else 0)


def test_silence_is_acceptance_of_compute_that_is_there_with_its_line(world: World, settings: Any) -> None:
    settings.DAY_SECONDS = 1
    waiting = delivered(world)
    order = Order.objects.get(id=waiting["id"])
    assert order.dispatched_at is not None
    assert order.deemed_at == order.dispatched_at + timedelta(seconds=3), "three working days of this clock"
    assert Job.objects.get(name=DEEM).run_at == order.deemed_at
    wait_out(order)
    while run_next_job():
        pass
    shown = world.ben.get(f"/api/v1/orders/{order.id}").json()
    assert (shown["state"], shown["sheet"], shown["steps"][-2]["act"]) == ("running", None, "deem")
    assert shown["billing_started_at"] > shown["dispatched_at"]
    deem_compute(order=order.id)  # told twice
    (event,) = EventRecord.objects.filter(name="marketplace.compute_accepted")
    assert event.payload["deemed"] is True


def test_silence_accepts_both_parts_of_a_booking_as_it_begins(world: World) -> None:
    start = (now() + timedelta(days=40)).replace(microsecond=0)
    order = Order.objects.get(id=accepted(world, duration_hours=48, starts_at=start.isoformat())["id"])
    note_dispatched(order=order.id)
    soon = (now() + timedelta(hours=1)).replace(microsecond=0)
    schedule = order.facts["schedule"] | {
        "start": soon.isoformat(),
        "end": (soon + timedelta(hours=48)).isoformat(),
    }
    LineOpening.objects.update(schedule=schedule, generation=F("generation") + 1)
    (opening,) = made(world.lin.get(f"/api/v1/line-openings?order={order.id}"))["items"]
    line = delivered_from(world, opening)
    assert datetime.fromisoformat(line["deemed_at"]) == soon, "and not when the booking is over"
    order.refresh_from_db()
    order.line_accepted_at = start + timedelta(seconds=1)  # when the job came round
    deliver(order, "line_accepted_at")
    assert order.deemed_at == start, "both were there before"


def test_refused_compute_comes_again_and_the_silence_of_before_does_not_accept_it(world: World) -> None:
    order = UUID(delivered(world)["id"])
    before = Order.objects.get(id=order)
    shown = made(refuse(world.ben, order, cards=4, model="Ascend 310"))
    assert (shown["state"], shown["dispatched_at"], shown["deemed_at"]) == ("awaiting_dispatch", None, None)
    assert (shown["sheet"], shown["reason"], shown["line_accepted_at"] is None) == (None, "", False)
    (event,) = EventRecord.objects.filter(name="marketplace.compute_refused")
    told = {name: event.payload[name] for name in ("delivery", "cards", "model", "memory_gib")}
    assert told == {"delivery": 1, "cards": 4, "model": "Ascend 310", "memory_gib": None}
    assert str(before.compute_provider) in event.payload["parties"]
    (dispatch,) = made(world.ada.get(f"/api/v1/dispatches?order={order}"))["items"]
    assert (dispatch["state"], dispatch["delivery"], dispatch["attempts"]) == ("queued", 2, 0)
    assert Job.objects.filter(key__startswith=f"dispatch:{dispatch['id']}").count() == 2
    note_dispatched(order=order)  # a notice of the first delivery comes once more
    do_jobs()
    assert Order.objects.get(id=order).state == "awaiting_dispatch"
    note_dispatched(order=order, delivery=2)
    note_dispatched(order=order, delivery=2)  # told twice
    again = Order.objects.get(id=order)
    assert (again.state, again.deemed_at >= before.deemed_at) == ("awaiting_user", True)  # type: ignore[operator] # both are there
    assert Job.objects.filter(name=DEEM).count() == 2, "the time of silence begins anew"
    do_jobs()
    again.refresh_from_db()
    assert again.state == "awaiting_user", "what was refused is over; what is there is not due yet"
    wait_out(again)
    Job.objects.filter(name=DEEM).update(done_at=None)
    do_jobs()
    story = made(world.ada.get(f"/api/v1/orders/{order}"))
    assert (story["state"], refuse(world.ben, order).status_code) == ("running", 409)
    assert [each["act"] for each in story["steps"][6:]] == [
        "deliver", "refuse_delivered", "deliver", "deem", "start"
    ]  # fmt: skip
    found = {"cards": 4, "model": "Ascend 310", "memory_gib": None}
    assert [(each["cause"], each["found"]) for each in story["steps"][6:9]] == [
        ("", None), ("只有四张卡", found), ("", None)
    ]  # fmt: skip
    end_order(order=order)
    assert refuse(world.ben, order).status_code == 409


def test_only_its_user_refuses_and_only_what_is_there_and_then_leaves_free_of_charge(world: World) -> None:
    others = {"ada": 403, "lin": 403, "otto": 403, "rhea": 403, "bea": 404, "cleo": 404, "nobody": 401}
    order = UUID(ordered(world.ben)["id"])
    seen = []

    def tried() -> None:
        before = Order.objects.get(id=order).state
        if before in ("awaiting_line", "awaiting_user"):
            assert {who: refuse(getattr(world, who), order).status_code for who in others} == others
        answer = refuse(world.ben, order).json()
        seen.append((before, answer.get("code") or answer["state"]))

    tried()
    for provider in (world.ada, world.lin):
        made(provider.post(f"/api/v1/orders/{order}:accept"))
        tried()
    note_dispatched(order=order)
    tried()
    note_line_accepted(order=order)
    tried()
    note_dispatched(order=order, delivery=2)
    tried()
    made(world.ben.post(f"/api/v1/orders/{order}:cancel", {"reason": "不等了"}))
    tried()
    assert seen == [
        ("awaiting_providers", "state_conflict"),
        ("awaiting_line_provider", "state_conflict"),
        ("opening", "state_conflict"),
        ("awaiting_line", "opening"),
        ("awaiting_dispatch", "state_conflict"),
        ("awaiting_user", "awaiting_dispatch"),
        ("cancelled", "state_conflict"),
    ]
    assert (held({"id": order}), list(billable_orders(now()))) == ({"released"}, [])


def test_the_third_refusal_cancels_the_order(world: World) -> None:
    order = UUID(delivered(world)["id"])
    states = []
    for delivery in (2, 3, 4):
        states.append(made(refuse(world.ben, order))["state"])
        note_dispatched(order=order, delivery=delivery)
    assert states == ["awaiting_dispatch", "awaiting_dispatch", "cancelled"]
    assert (held({"id": order}), list(billable_orders(now()))) == ({"released"}, [])
    rows = made(world.ada.get(f"/api/v1/dispatches?order={order}"))["items"]
    told = {(row["act"], row["delivery"], row["state"]) for row in rows}
    assert told == {("start", 3, "withdrawn"), ("end", 3, "queued")}, "it is not sent again"


def test_what_is_there_is_not_cancelled_but_ended_at_the_cost_of_its_line(world: World) -> None:
    order = delivered(world)
    refused = world.ben.post(f"/api/v1/orders/{order['id']}:cancel", {"reason": "后悔"})
    assert (refused.status_code, refused.json()["code"]) == (409, "delivered_already")
    assert held(order) == {"confirmed"}
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:end", {"reason": "后悔"}).json()
    assert (answer["state"], answer["ended_early"], held(order)) == ("ended", True, {"released"})
    assert answer["billing_started_at"] == answer["ended_at"], "billed, and for no time"
    deem_compute(order=UUID(order["id"]))  # its job comes too late
    row = Order.objects.get(id=order["id"])
    run = world.otto.post("/api/v1/settlements", period(row, first=-1, last=1) | {"end": now().isoformat()})
    assert run.status_code == 201, run.content
    (statement,) = world.ben.get(f"/api/v1/statements?order={row.id}").json()["items"]
    owed = {line["part"]: line["amount_fen"] for line in statement["lines"]}
    assert (owed["compute"], owed["line"] > 0) == (0, True)


def test_a_running_order_cannot_be_cancelled(world: World) -> None:
    order = running(world)
    conflict(world.ada, order.facts["bundle"]["pool"], now() + timedelta(days=3))
    answer = world.ben.post(f"/api/v1/orders/{order.id}:cancel", {"reason": "后悔"})
    assert (answer.status_code, answer.json()["code"]) == (409, "delivered_already")


def test_a_delivered_booking_is_cancelled_for_maintenance_and_else_ended_before_it_is_billed(
    world: World,
) -> None:
    start = (now() + timedelta(days=40)).replace(microsecond=0)
    first, second = (running(world, duration_hours=48, starts_at=start.isoformat()) for _ in range(2))
    assert (first.state, first.billing_started_at) == ("running", start)
    why = {"reason": "改期"}
    answer = world.ben.post(f"/api/v1/orders/{first.id}:cancel", why)
    assert (answer.status_code, answer.json()["code"]) == (409, "delivered_already")
    ended = made(world.ben.post(f"/api/v1/orders/{second.id}:end", why))
    assert (ended["state"], ended["billing_started_at"]) == ("ended", ended["ended_at"])
    hit = conflict(world.ada, first.facts["bundle"]["pool"], start)
    assert hit() == [str(first.id)]
    left = made(world.ben.post(f"/api/v1/orders/{first.id}:cancel", why))
    assert (left["state"], left["billing_started_at"]) == ("cancelled", None)
    assert list(billable_orders(start + timedelta(days=9))) == [second], "nothing is owed for the other"
    assert (close_conflicts(), hit()) == (1, [])
    end_order(order=first.id)  # its job comes too late
    assert held({"id": first.id}) == held({"id": second.id}) == {"released"}


def test_a_hold_that_ran_out_expires_the_order(world: World) -> None:
    order = ordered(world.ben)
    Claim.objects.filter(bundle=order["id"]).update(expires_at=(over := now()))
    Order.objects.update(held_until=over, generation=F("generation") + 1)
    for _ in range(2):  # before the ledger lets it go, and after
        sellers = [(world.ada, "accept"), (world.lin, "accept"), (world.lin, "reject")]
        for person, act in (*sellers, (world.ben, "extend-hold"), (world.ben, "cancel")):
            body = {"reason": "太晚"} if act in ("reject", "cancel") else None
            answer = person.post(f"/api/v1/orders/{order['id']}:{act}", body, Accept_Language="en")
            assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
            assert "Expired" in answer.json()["detail"]
        while expire_next():
            pass
        drain()
    expire_order(order=UUID(order["id"]))  # told twice
    assert (state(order), HoldAccount.objects.get().lapsed) == ("expired", 0), "its providers were silent"


def test_compute_is_not_billed_before_its_line_is_accepted(world: World) -> None:
    order = accepted(world)
    note_dispatched(order=UUID(order["id"]))
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", SHEET)
    assert answer.json()["state"] == "compute_accepted"
    assert refuse(world.ben, UUID(order["id"])).status_code == 409
    assert answer.json()["billing_started_at"] is None
    note_line_accepted(order=UUID(order["id"]))
    note_line_accepted(order=UUID(order["id"]))  # told twice
    assert state(order) == "running"


def test_the_user_may_waive_the_wait_for_the_line(world: World) -> None:
    order = accepted(world)
    note_dispatched(order=UUID(order["id"]))
    note_dispatched(order=UUID(order["id"]))  # told twice
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", SHEET | {"waive_line": True})
    assert (answer.json()["state"], answer.json()["line_waived"]) == ("running", True)
    note_line_accepted(order=UUID(order["id"]))
    assert state(order) == "running"


@pytest.mark.parametrize(("field", "value"), [("cards", 7), ("model", "Ascend 310")])
def test_a_sheet_that_differs_from_the_order_is_refused(world: World, field: str, value: object) -> None:
    order = delivered(world)
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", SHEET | {field: value})
    assert (answer.status_code, answer.json()["code"]) == (409, "acceptance_mismatch")
    assert ":refuse-compute" in answer.json()["detail"], "the way out"
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


def test_the_end_of_the_term_frees_everything_once(world: World) -> None:
    order = running(world)
    end_order(order=order.id)
    end_order(order=order.id)
    order.refresh_from_db()
    assert order.state == "ended"
    assert not Capacity.objects.filter(standing__gt=0).exists()


def test_the_same_reference_and_quote_answer_with_the_same_order_for_ever(world: World) -> None:
    body = {"quote": quoted(world.ben)["id"], "client_ref": "PO-1"}
    first, second = (world.ben.post("/api/v1/orders", body) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    other = world.ben.post("/api/v1/orders", body | {"quote": quoted(world.ben)["id"]})
    assert (other.status_code, other.json()["code"]) == (409, "client_ref_reused")
    used = world.ben.post("/api/v1/orders", body | {"client_ref": "PO-2"})
    assert (used.status_code, used.json()["code"]) == (409, "quote_used")


def test_a_quote_of_another_and_one_that_never_was_are_the_same(world: World) -> None:
    foreign = world.bea.post("/api/v1/orders", {"quote": quoted(world.ben)["id"], "client_ref": "a"}).json()
    absent = world.bea.post("/api/v1/orders", {"quote": str(uuid4()), "client_ref": "a"}).json()
    assert foreign["code"] == absent["code"] == "unknown_reference"
    assert foreign["errors"][0]["pointer"] == "/quote"


def test_a_sold_out_pool_makes_no_order(world: World) -> None:
    leave_free(world.ada, 1)
    quotes = [quoted(world.ben)["id"], quoted(world.bea)["id"]]
    assert world.ben.post("/api/v1/orders", {"quote": quotes[0], "client_ref": "a"}).status_code == 201
    answer = world.bea.post("/api/v1/orders", {"quote": quotes[1], "client_ref": "a"})
    assert (answer.status_code, answer.json()["code"]) == (409, "sold_out")
    assert Order.objects.count() == 1


def test_outsiders_and_other_roles_find_nothing(world: World) -> None:
    order = ordered(world.ben)
    path = f"/api/v1/orders/{order['id']}"
    assert world.cleo.get(path).status_code == 404
    assert world.bea.get(path).status_code == 404
    assert world.bea.post(f"{path}:cancel", {"reason": "x"}).status_code == 404
    assert world.cleo.post(f"{path}:accept").status_code == 404
    assert world.ben.post(f"{path}:accept").status_code == 403
    assert world.ada.post(f"{path}:cancel", {"reason": "x"}).status_code == 403
    assert world.otto.post(f"{path}:accept").status_code == 403
    assert world.nobody.get(path).status_code == 401
    assert world.rhea.get(path).status_code == 200
    for party in (world.ben, world.ada, world.lin):
        assert [item["id"] for item in party.get("/api/v1/orders").json()["items"]] == [order["id"]]


def test_wrong_fields_are_named(world: World) -> None:
    answer = world.ben.post("/api/v1/orders", {"quote": "7", "client_ref": ""})
    assert answer.status_code == 400
    assert {item["pointer"] for item in answer.json()["errors"]} == {"/quote", "/client_ref"}
    missing = world.ada.post(f"/api/v1/orders/{ordered(world.ben)['id']}:reject", {})
    assert missing.json()["errors"][0]["pointer"] == "/reason"
    refused = refuse(world.ben, UUID(delivered(world)["id"]), reason=" ", cards=-1)
    assert {item["pointer"] for item in refused.json()["errors"]} == {"/reason", "/cards"}

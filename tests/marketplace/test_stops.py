"""What the regulator stops: a buyer buys nothing more, and what runs is not served, metered or owed until it is lifted."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from aggregation.models import Offer
from kernel.actor import SYSTEM
from kernel.clock import now
from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.models.suspensions import Suspension, SuspensionCause, SuspensionScope
from kernel.services.outbox import drain
from kernel.services.suspensions import open_suspension
from marketplace.models import Order
from marketplace.selectors.settlements import billable_orders
from marketplace.services.acceptance import DEEM, await_silence, deem_compute
from marketplace.services.orders import note_dispatched, note_line_accepted
from marketplace.services.stops import note_stops
from participants.models import Organisation
from tests.aggregation.supply import made
from tests.marketplace.test_settlements import verify
from tests.marketplace.trade import (
    SHEET,
    accepted,
    aged,
    delivered,
    metered,
    ordered,
    quoted,
    reading,
    running,
    settled,
)
from tests.monitoring.test_instructions import draft, issued, lifted
from tests.scheduling.live import chosen, open_market
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db
SCENE = open_market


def stopped(world: World, who: Person) -> dict[str, Any]:
    """An instruction to a party that stops what runs, in force and told."""
    row = issued(world, who, scope="running")
    drain()
    return row


def stopped_at(world: World, resource: str) -> dict[str, Any]:
    """The same, about one resource."""
    body = draft(resource=resource, scope="running", number=resource)
    row = dict(made(world.rhea.post("/api/v1/instructions", body)))
    made(world.ron.post(f"/api/v1/proposals/{row['proposal']}:approve"))
    drain()
    return row


def told(world: World, order: Order) -> tuple[object, object, list[str]]:
    """Since when and by which instruction the order says that it is stopped, and the acts of its history about that."""
    row = world.ben.get(f"/api/v1/orders/{order.id}").json()
    return (
        row["stopped_at"],
        row["stopped_by"],
        [each["act"] for each in row["steps"] if each["act"] in ("stop", "resume")],
    )


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def doors_of(buyer: Person) -> list[tuple[str, dict[str, Any]]]:
    """Every way in which a buyer is sold something or has it kept."""
    bundle = {"selection": chosen(buyer)["id"], "bundle": 0}
    machines = {"offer": str(Offer.objects.get(key="wj-910b-hour").id), "quantity": 1}
    return [
        ("quotes", bundle),
        ("line-quotes", bundle),
        ("holds", bundle),
        ("holds", machines),
        ("holds:batch", {"items": [machines]}),
        ("orders", {"quote": quoted(buyer)["id"], "client_ref": str(uuid4())}),
    ]


def test_nothing_is_sold_to_a_buyer_that_the_regulator_stopped(world: World) -> None:
    doors, waiting = doors_of(world.ben), ordered(world.ben)
    made(world.ada.post(f"/api/v1/orders/{waiting['id']}:accept"))
    row = issued(world, world.ben)
    suspended = (409, "buyer_suspended")
    for door, body in doors:
        assert refused(world.ben.post(f"/api/v1/{door}", body)) == suspended, (door, body)
    assert refused(world.lin.post(f"/api/v1/orders/{waiting['id']}:accept")) == suspended
    assert chosen(world.ben)["id"], "it may ask"
    lifted(world, row)
    for door, body in doors:
        made(world.ben.post(f"/api/v1/{door}", body))
    made(world.lin.post(f"/api/v1/orders/{waiting['id']}:accept"))


def test_nothing_is_sold_to_or_kept_for_a_buyer_that_nobody_has_certified(world: World) -> None:
    doors = doors_of(world.ben)
    ours = Organisation.objects.filter(id=world.ben.organisation.id)
    ours.update(state="applied")
    for door, body in doors:
        assert refused(world.ben.post(f"/api/v1/{door}", body)) == (409, "not_certified"), (door, body)
    assert chosen(world.ben)["id"], "it may ask"
    ours.update(state="certified")
    for door, body in doors:
        made(world.ben.post(f"/api/v1/{door}", body))


def test_other_causes_stop_no_purchase_and_other_scopes_nothing_that_runs(world: World) -> None:
    party = world.ben.organisation.id
    open_suspension(
        subject=party, tenant=party, cause=SuspensionCause.CERTIFICATION, scope=SuspensionScope.NEW_SALE,
        reference=uuid4(), actor=SYSTEM,
    )  # fmt: skip
    order = aged(running(world), 2)
    for scope in ("new_sale", "renewal"):
        issued(world, world.ada, scope=scope, number=scope)
    drain()
    assert told(world, order) == (None, None, [])
    metered(world, order, first=0, last=1)


def test_what_runs_is_stopped_until_the_last_instruction_to_any_side_is_lifted(world: World) -> None:
    order = aged(running(world), 10)
    metered(world, order, first=0, last=9)
    later = reading(order, first=9, last=10, window_end=now().isoformat(), machine_seconds=60)
    history: list[str] = []
    for who in (world.ada, world.lin, world.ben):
        row = stopped(world, who)
        history.append("stop")
        assert told(world, order)[1:] == (row["id"], history)
        later["window_end"] = now().isoformat()
        assert refused(world.ada.post("/api/v1/meter-records", later)) == (409, "service_stopped")
        note_stops(subject=who.organisation.id)
        assert told(world, order)[2] == history, "told once"
        lifted(world, row)
        drain()
        history.append("resume")
        assert told(world, order) == (None, None, history)
    assert refused(world.ada.post("/api/v1/meter-records", later)) == (409, "service_stopped"), "for ever"
    centre = next(
        each["id"] for each in world.ada.get("/api/v1/centres").json()["items"]
        if each["centre"] == order.facts["bundle"]["centre"]
    )  # fmt: skip
    first, second = stopped_at(world, centre), stopped_at(world, order.facts["bundle"]["pool"])
    assert told(world, order)[1] == first["id"]
    lifted(world, first)
    drain()
    assert told(world, order)[1:] == (second["id"], [*history, "stop", "stop"])
    lifted(world, second)
    drain()
    assert told(world, order) == (None, None, [*history, "stop", "stop", "resume"])
    names = EventRecord.objects.filter(subject=order.id, name__startswith="marketplace.order_").order_by("id")
    assert [each.name for each in names][-2:] == ["marketplace.order_stopped", "marketplace.order_resumed"]


def test_an_order_that_begins_to_run_while_it_is_stopped_is_told(world: World) -> None:
    order = delivered(world)
    row = stopped(world, world.lin)
    made(world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", SHEET))
    drain()
    begun = Order.objects.get(id=order["id"])
    assert (begun.stopped_by, begun.stopped_at) == (UUID(row["id"]), begun.billing_started_at)


@pytest.mark.parametrize("door", ["cancel", "end"])
def test_what_is_not_billed_is_left_free_of_charge_while_others_are_stopped(world: World, door: str) -> None:
    order = Order.objects.get(id=delivered(world)["id"])
    here, why = f"/api/v1/orders/{order.id}", {"reason": "停止服务"}
    stopped(world, world.ben)
    assert refused(world.ben.post(f"{here}:cancel", why)) == (409, "delivered_already"), "his own stop"
    stopped(world, world.ada)
    assert made(world.ben.post(f"{here}:{door}", why))["state"] == "cancelled"
    assert not billable_orders(now()).exists(), "nothing is owed"


def test_silence_accepts_nothing_that_is_stopped_and_begins_anew_when_it_is_not(world: World) -> None:
    order = Order.objects.get(id=delivered(world)["id"])
    first = order.deemed_at
    row = stopped(world, world.ada)
    order.refresh_from_db()
    order.deemed_at = order.dispatched_at  # as if nobody had been told of it yet
    order.advance("deemed_at")
    deem_compute(order=order.id)
    await_silence()
    order.refresh_from_db()
    assert (order.state, order.deemed_at) == ("awaiting_user", None)
    lifted(world, row)
    for _ in range(2):
        await_silence()  # an order that an earlier release delivered is as one that was stopped: it has no time yet
    order.refresh_from_db()
    assert first is not None
    assert order.deemed_at is not None
    assert order.deemed_at >= first, "later, but for a weekend"
    assert Job.objects.filter(name=DEEM).count() == 2, "once"


def test_what_is_delivered_while_it_is_stopped_has_no_time_of_silence(world: World) -> None:
    order = Order.objects.get(id=accepted(world)["id"])
    stopped(world, world.ada)
    note_line_accepted(order=order.id)
    note_dispatched(order=order.id)
    order.refresh_from_db()
    assert (order.state, order.deemed_at) == ("awaiting_user", None)


def test_a_stop_that_is_lifted_in_time_makes_the_silence_longer(world: World) -> None:
    order = UUID(delivered(world)["id"])
    first = Order.objects.get(id=order).deemed_at
    stopped(world, world.ben)
    assert Order.objects.get(id=order).deemed_at == first, "his own stop"
    row = stopped(world, world.lin)
    assert Order.objects.get(id=order).deemed_at is None
    lifted(world, row)
    drain()
    then = Order.objects.get(id=order).deemed_at
    assert first is not None
    assert then is not None
    assert then >= first, "later, but for a weekend"
    assert Job.objects.filter(name=DEEM).count() == 2, "once"


def test_who_is_stopped_by_others_owes_nothing_for_it_and_may_leave(world: World, tmp_path: Path) -> None:
    order = aged(running(world, duration_hours=8760), 2000)
    assert order.billing_started_at is not None
    order.facts["offer"]["min_hours"] = "2400"
    order.advance("facts")
    metered(world, order, first=0, last=10)
    here, why = f"/api/v1/orders/{order.id}:end", {"reason": "停止服务"}
    for who, since in ((world.ben, 100), (world.lin, 900)):
        assert refused(world.ben.post(here, why)) == (409, "too_early")
        stopped(world, who)
        at = order.billing_started_at + timedelta(hours=since)
        Suspension.objects.filter(subject=who.organisation.id).update(opened_at=at)
    statement = settled(world, order, first=0, last=1900)
    (line,) = (each for each in statement["lines"] if each["part"] == "line")
    assert (line["quantity"], line["ending"]) == (2, "running"), "900 hours: those of Ben's own stop are owed"
    evidence = world.ben.get(f"/api/v1/statements/{statement['id']}/evidence").json()
    assert verify(tmp_path, statement, evidence) == 0
    assert made(world.ben.post(here, why))["stopped_at"], "as it was when it ended"

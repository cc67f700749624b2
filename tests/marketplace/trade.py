"""A running trade for tests: Ben demands, is quoted and orders; Ada and Lin accept, deliver and meter."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from marketplace.models import Order
from marketplace.services.orders import note_dispatched, note_line_accepted
from tests.aggregation.supply import made
from tests.scheduling.live import demand, open_market
from tests.support.cast import Person, World

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"
SHEET = {"cards": 8, "model": "Ascend 910B", "memory_gib": 64}
POLICY = json.loads((DATA / "voucher_policy.json").read_text(encoding="utf-8"))
EARLIER = json.loads((DATA / "voucher_history.json").read_text(encoding="utf-8"))["claims"]


def quoted(person: Person, **changes: Any) -> dict[str, Any]:
    """A quote for the best bundle of the person's demand."""
    wish = made(person.post("/api/v1/demands", {"title": "影像", "terms": demand(**changes)}))
    answer = person.post(f"/api/v1/demands/{wish['id']}:select")
    assert answer.status_code == 200, answer.content
    return dict(made(person.post("/api/v1/quotes", {"selection": answer.json()["selection"], "bundle": 0})))


def ordered(person: Person, **changes: Any) -> dict[str, Any]:
    """An order that holds its compute and its line."""
    body = {"quote": quoted(person, **changes)["id"], "client_ref": str(uuid4())}
    return dict(made(person.post("/api/v1/orders", body)))


def accepted(world: World, **changes: Any) -> dict[str, Any]:
    """An order of Ben's that both providers accepted."""
    order = ordered(world.ben, **changes)
    for provider in (world.ada, world.lin):
        answer = provider.post(f"/api/v1/orders/{order['id']}:accept")
        assert answer.status_code == 200, answer.content
    return dict(answer.json())


def delivered(world: World, **changes: Any) -> dict[str, Any]:
    """An order of Ben's whose line is accepted and whose compute is dispatched."""
    order = accepted(world, **changes)
    note_line_accepted(order=UUID(order["id"]))
    note_dispatched(order=UUID(order["id"]))
    return order


def waived(world: World, **changes: Any) -> Order:
    """An order of Ben's that runs while its line is to be opened: he does not wait for it."""
    order = accepted(world, **changes)
    note_dispatched(order=UUID(order["id"]))
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", SHEET | {"waive_line": True})
    assert answer.status_code == 200, answer.content
    return Order.objects.get(id=order["id"])


def running(world: World, **changes: Any) -> Order:
    """An order of Ben's that runs and is billed."""
    order = delivered(world, **changes)
    answer = world.ben.post(f"/api/v1/orders/{order['id']}:accept-compute", SHEET)
    assert answer.status_code == 200, answer.content
    return Order.objects.get(id=order["id"])


def aged(order: Order, hours: int) -> Order:
    """The same order as if it had been delivered and billed so many hours before: time passes without anybody waiting."""
    times = ("line_accepted_at", "dispatched_at", "billing_started_at", "ends_by")
    for name in times:
        if at := getattr(order, name):
            setattr(order, name, at - timedelta(hours=hours))
    order.advance(*times)
    return order


def open_running_market(world: World) -> None:
    """The market, and one order of Ben's that runs."""
    open_market(world)
    running(world)


def served(hours: int) -> Order:
    """The order of `open_running_market` as if it had run for so many hours."""
    return aged(Order.objects.get(), hours)


def reading(order: Order, *, first: int, last: int, **changes: Any) -> dict[str, Any]:
    """What Ada's agent reports for the hours [first, last) of the service: every machine, every second."""
    start = order.billing_started_at
    assert start is not None
    machines = order.facts["bundle"]["quantity"]
    body = {
        "order": str(order.id),
        "sequence": last,
        "window_start": (start + timedelta(hours=first)).isoformat(),
        "window_end": (start + timedelta(hours=last)).isoformat(),
        "machine_seconds": machines * (last - first) * 3600,
    }
    return body | changes


def metered(world: World, order: Order, *, first: int, last: int, **changes: Any) -> dict[str, Any]:
    """A usage from Ada's reading."""
    return dict(
        made(world.ada.post("/api/v1/meter-records", reading(order, first=first, last=last, **changes)))
    )


def period(order: Order, *, first: int, last: int) -> dict[str, str]:
    """The half-open period of the service's hours [first, last)."""
    start = order.billing_started_at
    assert isinstance(start, datetime)
    return {
        "start": (start + timedelta(hours=first)).isoformat(),
        "end": (start + timedelta(hours=last)).isoformat(),
    }


def settled(world: World, order: Order, *, first: int, last: int) -> dict[str, Any]:
    """The statement of one order for a period, after Otto settled it; as its user reads it."""
    run = world.otto.post("/api/v1/settlements", period(order, first=first, last=last))
    assert run.status_code == 201, run.content
    path = f"/api/v1/statements?settlement={run.json()['id']}&order={order.id}"
    (statement,) = world.ben.get(path).json()["items"]
    return dict(statement)


def policy_in_force(world: World, **changes: Any) -> dict[str, Any]:
    """A voucher policy that Otto proposed and Rhea approved."""
    row = made(world.otto.post("/api/v1/voucher-policies", POLICY | changes))
    answer = world.rhea.post(f"/api/v1/voucher-policies/{row['id']}:approve")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def sized(person: Person, size: str = "small") -> None:
    """Give the person's firm a size class."""
    person.organisation.size = size
    person.organisation.save(update_fields=["size"])

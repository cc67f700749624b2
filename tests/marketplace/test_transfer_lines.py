"""A line that only moves data, of an order without a start: kept without end until it runs, then for its hours."""

from datetime import timedelta
from uuid import UUID

import pytest

from kernel.clock import now
from kernel.models.capacity import Capacity, Claim
from kernel.services.capacity import end_next
from marketplace.models import Order
from marketplace.selectors.orders import service_end
from marketplace.services.orders import end_order, note_dispatched, note_line_accepted
from tests.marketplace.test_line_changes import CHANGES
from tests.marketplace.trade import SHEET, accepted, delivered
from tests.scheduling.live import open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market
MOVING = {"transfer": {"volume_gb": "1000", "within_hours": 5}, "bandwidth_mbps": None, "duration_hours": 100}


def kept(order: UUID) -> dict[UUID, tuple[int, int]]:
    """Span → the Mbps that stand on it, and the most that is booked at any time."""
    spans = Claim.objects.filter(bundle=order, resource__unit="mbps").values("resource")
    rows = Capacity.objects.filter(resource__in=spans)
    return {row.resource: (row.standing, row.peak) for row in rows}


def test_the_line_is_kept_for_its_hours_once_it_is_in_use_and_is_free_after_them(world: World) -> None:
    waiting = delivered(world, **MOVING)
    mbps = set(kept(UUID(waiting["id"])).values())
    assert {peak for _, peak in mbps} == {0}
    ((standing, _),) = mbps
    before = now()
    assert world.ben.post(f"/api/v1/orders/{waiting['id']}:accept-compute", SHEET).status_code == 200
    order = Order.objects.get(id=waiting["id"])
    assert set(kept(order.id).values()) == {(0, standing)}
    (period,) = {
        (claim.period.lower, claim.period.upper)
        for claim in Claim.objects.filter(bundle=order.id, resource__unit="mbps")
    }
    hours = float(order.facts["bundle"]["line_terms"]["hours"])
    assert before <= period[0] <= now()
    assert (hours <= 5, period[1] - period[0]) == (True, timedelta(hours=hours))
    refused = world.ben.post(CHANGES, {"order": str(order.id), "bandwidth_mbps": 2000})
    assert (refused.status_code, refused.json()["code"]) == (409, "line_not_changeable")
    past = (period[0] - timedelta(hours=6), period[1] - timedelta(hours=6))
    Claim.objects.filter(bundle=order.id, resource__unit="mbps").update(period=past)
    while end_next():
        pass
    assert set(kept(order.id).values()) == {(0, 0)}
    machines = Claim.objects.get(bundle=order.id, resource=order.facts["bundle"]["pool"])
    assert machines.state == "confirmed"  # the compute goes on, until its term is over
    order.refresh_from_db()
    assert machines.period is not None
    assert machines.period.upper == order.ends_by == service_end(order)
    end_order(order=order.id)
    assert not Claim.objects.filter(bundle=order.id, state="confirmed").exists()


def test_who_does_not_wait_for_the_line_has_its_hours_from_its_acceptance(world: World) -> None:
    order = UUID(accepted(world, **MOVING)["id"])
    note_dispatched(order=order)
    body = {**SHEET, "waive_line": True}
    assert world.ben.post(f"/api/v1/orders/{order}:accept-compute", body).status_code == 200
    assert {peak for _, peak in kept(order).values()} == {0}
    note_line_accepted(order=order)
    assert {standing for standing, _ in kept(order).values()} == {0}

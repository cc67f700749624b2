"""Maintenance: nothing more is granted, what was sold stands, whom it hits is told, and how such a conflict ends."""

from datetime import timedelta
from typing import Any

import pytest

from kernel.clock import now
from kernel.ids import new_id
from kernel.models import EventRecord
from scheduling.models import BookingConflict, Maintenance, Selection
from scheduling.services.maintenance import close_conflicts
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_market
from tests.scheduling.test_reservations import HOLDS, calendar, machines, nights, offer, once, refused
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market

WORK = "/api/v1/maintenance-windows"


def work(resource: Any, schedule: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resource": str(resource),
        "reason": "更换电源",
        "start": schedule["start"],
        "end": schedule["end"],
        **more,
    }


def test_maintenance_sells_nothing_more_and_tells_whom_it_hits(world: World) -> None:
    pool = offer().pool_id
    held = made(world.ben.post(HOLDS, machines(4, schedule=nights())))
    made(world.bea.post(HOLDS, machines(1, schedule=nights())))
    small = made(world.ada.post(WORK, work(pool, nights(), quantity=1)))
    assert (small["conflicts"], small["unit"], small["state"]) == (0, "machine", "planned")
    assert calendar(world.ben, nights()) == [6, 0, 6, 1]
    big = made(world.ada.post(WORK, work(pool, nights(), quantity=3)))
    assert big["conflicts"] == 2
    assert refused(world.bea.post(HOLDS, machines(1, schedule=nights(1)))) == (409, "sold_out")
    made(world.bea.post(HOLDS, machines(6, schedule=once())))  # elsewhere all of it is sold
    assert world.ben.get(f"{HOLDS}/{held['id']}").json()["state"] == "held"
    (mine,) = world.ben.get("/api/v1/booking-conflicts").json()["items"]
    assert (mine["bundle"], mine["reason"], mine["closed_at"]) == (held["id"], "更换电源", None)
    assert len(world.ada.get("/api/v1/booking-conflicts?open=true").json()["items"]) == 2
    told = EventRecord.objects.filter(name="scheduling.booking_conflicted", subject=held["id"])
    assert told.get().tenant_id == world.ben.organisation.id
    world.ben.post(f"{HOLDS}/{held['id']}:release")
    assert close_conflicts() == 1, "what is given back is in nobody's way"
    assert world.ben.get("/api/v1/booking-conflicts?open=true").json()["items"] == []
    (theirs,) = world.ada.get("/api/v1/booking-conflicts?open=true").json()["items"]
    assert (theirs["bundle"] == held["id"], close_conflicts()) == (False, 0)
    BookingConflict.objects.filter(bundle=held["id"]).update(closed_at=(ended := now() - timedelta(hours=1)))
    assert world.ada.post(f"{WORK}/{big['id']}:cancel").json()["state"] == "cancelled"
    assert BookingConflict.objects.get(bundle=held["id"]).closed_at == ended, "it was over before"
    assert refused(world.ada.post(f"{WORK}/{big['id']}:cancel")) == (409, "state_conflict")
    assert world.ada.get("/api/v1/booking-conflicts?open=true").json()["items"] == []
    assert calendar(world.ben, nights()) == [6, 4, 6, 5]
    made(world.bea.post(HOLDS, machines(1, schedule=nights())))
    made(world.ada.post(WORK, work(pool, nights(), quantity=5)))
    assert close_conflicts() == 0
    Maintenance.objects.filter(quantity=5).update(
        start=now() - timedelta(days=2), end=now() - timedelta(days=1)
    )
    assert close_conflicts() == BookingConflict.objects.filter(maintenance__quantity=5).count() > 0


def test_a_carrier_maintains_a_span_and_nobody_another_s(world: World) -> None:
    choice = chosen(world.ben, duration_hours=120)
    span = Selection.objects.get(id=choice["id"]).terms[0]["spans"][0]
    made(world.lin.post(WORK, work(span, nights())))
    body = {"selection": choice["id"], "bundle": 0, "schedule": nights()}
    assert refused(world.ben.post(HOLDS, body)) == (409, "sold_out")
    for caller, given, pointer in (
        (world.ada, work(span, nights()), "/resource"),
        (world.lin, work(new_id(), nights()), "/resource"),
        (world.lin, work(span, nights(), quantity=10**9), "/quantity"),
        (world.lin, work(span, {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}), "/start"),
        (world.lin, work(span, {"start": "2027-01-02T00:00:00Z", "end": "2027-01-02T00:00:00Z"}), "/end"),
        (world.lin, work(span, {"start": "2127-01-02T00:00:00Z", "end": "2127-01-03T00:00:00Z"}), "/end"),
    ):
        answer = caller.post(WORK, given)
        assert answer.status_code == 400, (given, answer.content)
        assert pointer in answer.content.decode()

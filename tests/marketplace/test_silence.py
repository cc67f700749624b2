"""Silence about a booking that has begun, and about a line that may not serve: nobody is served for nothing, or accepts unseen."""

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import now
from kernel.domain.windows import Window
from kernel.models import Claim
from kernel.models.jobs import Job
from kernel.services.jobs import run_next_job
from kernel.services.outbox import drain
from marketplace.models import Order
from marketplace.services.orders import note_dispatched
from scheduling.domain.openings import silence_until
from scheduling.models import LineOpening
from scheduling.services.openings import deem_line
from tests.aggregation.supply import made
from tests.marketplace.test_stops import stopped, stopped_at
from tests.marketplace.trade import accepted, waived
from tests.monitoring.test_instructions import lifted
from tests.scheduling.live import open_market
from tests.scheduling.test_openings import delivered_from
from tests.support.cast import Person, World

pytestmark = pytest.mark.django_db
SCENE = open_market
HOUR = timedelta(hours=1)
BEFORE = datetime(2026, 1, 1).astimezone()


@pytest.mark.parametrize(
    ("there", "until"),
    [(-5, 0), (0, 0.8), (2, 2.6), (8, 24), (9, 24), (24, 24.8), (25, 25.7), (32, 100), (40, 100)],
)
def test_silence_lasts_until_the_next_window_or_a_tenth_of_what_is_left_of_one(
    there: float, until: float
) -> None:
    nights = [Window(BEFORE + at * HOUR, BEFORE + (at + 8) * HOUR) for at in (0, 24)]
    found = silence_until(BEFORE + 100 * HOUR, BEFORE + there * HOUR, nights, late_percent=10)
    assert found == BEFORE + until * HOUR


@given(st.integers(-50, 200), st.integers(0, 100), st.lists(st.integers(1, 20), max_size=6))
def test_silence_is_never_longer_than_its_days_and_leaves_most_of_each_window_to_be_paid(
    there: int, days: int, lengths: list[int]
) -> None:
    windows, at = [], 0
    for length in lengths:
        windows.append(Window(BEFORE + at * HOUR, BEFORE + (at + length) * HOUR))
        at += length + 3
    since, end = BEFORE + there * HOUR, BEFORE + (there + days) * HOUR
    found = silence_until(end, since, windows, late_percent=10)
    assert since <= found <= end
    free = sum(
        (max(timedelta(0), min(found, each.end) - max(since, each.start)) for each in windows), timedelta(0)
    )
    assert free <= max(lengths, default=0) * HOUR / 10


def booking(world: World, *, began: timedelta, hours: int = 10) -> Order:
    """An order of Ben's for one window, accepted by both, which began so long ago."""
    ahead = (now() + timedelta(days=40)).replace(microsecond=0)
    found = accepted(world, duration_hours=hours, starts_at=ahead.isoformat())
    order, start = Order.objects.get(id=found["id"]), now() - began
    order.facts["schedule"] |= {"start": start.isoformat(), "end": (start + hours * HOUR).isoformat()}
    order.ends_by = start + hours * HOUR
    order.advance("facts", "ends_by")
    LineOpening.objects.update(schedule=order.facts["schedule"], generation=F("generation") + 1)
    Claim.objects.filter(bundle=order.id).update(period=(start, order.ends_by))
    Job.objects.filter(name="marketplace.give_up_order").update(run_at=order.ends_by)
    return order


def line_of(person: Person, order: Order) -> dict[str, Any]:
    (opening,) = made(person.get(f"/api/v1/line-openings?order={order.id}"))["items"]
    return dict(opening)


def let_silence_pass(order: UUID) -> None:
    """The time of silence is over, for what waits for it: line, then compute."""
    LineOpening.objects.filter(order=order, state="delivered").update(
        deemed_at=now(), generation=F("generation") + 1
    )
    Order.objects.filter(id=order, deemed_at__isnull=False).update(
        deemed_at=now(), generation=F("generation") + 1
    )
    Job.objects.filter(name__in=("scheduling.deem_line", "marketplace.deem_compute")).update(run_at=now())
    while run_next_job():
        pass
    drain()


def test_a_booking_whose_parts_come_late_is_accepted_by_silence_while_most_of_it_is_left(
    world: World,
) -> None:
    order = booking(world, began=5 * HOUR)
    line = delivered_from(world, line_of(world.lin, order))
    since = datetime.fromisoformat(line["delivered_at"])
    assert order.ends_by
    tenth = (order.ends_by - since) / 10
    assert datetime.fromisoformat(line["deemed_at"]) == since + tenth
    let_silence_pass(order.id)
    note_dispatched(order=order.id)
    order.refresh_from_db()
    assert (order.state, order.dispatched_at is None) == ("awaiting_user", False)
    assert order.dispatched_at
    assert order.deemed_at == order.dispatched_at + (order.ends_by - order.dispatched_at) / 10
    let_silence_pass(order.id)
    order.refresh_from_db()
    assert (order.state, order.billing_started_at is None) == ("running", False)
    assert order.billing_started_at
    assert order.billing_started_at < order.ends_by - 3 * HOUR


def test_compute_that_was_there_is_accepted_with_a_line_that_came_late(world: World) -> None:
    order = booking(world, began=5 * HOUR)
    note_dispatched(order=order.id)
    delivered_from(world, line_of(world.lin, order))
    let_silence_pass(order.id)
    order.refresh_from_db()
    there = LineOpening.objects.get(order=order.id).delivered_at
    assert there
    assert order.ends_by
    assert order.deemed_at == there + (order.ends_by - there) / 10, "not a tenth of what is left then"


def test_the_line_of_a_booking_that_has_no_spans_is_accepted_as_it_begins(world: World) -> None:
    order = booking(world, began=-HOUR)
    LineOpening.objects.update(routes={}, generation=F("generation") + 1)
    Claim.objects.filter(bundle=order.id).exclude(resource_id=order.facts["bundle"]["pool"]).delete()
    line = delivered_from(world, line_of(world.lin, order))
    begins = datetime.fromisoformat(order.facts["schedule"]["start"])
    assert datetime.fromisoformat(line["deemed_at"]) == begins


@pytest.mark.parametrize("who", ["lin", "ada", "centre"])
def test_silence_accepts_no_line_while_anybody_but_its_user_is_stopped(world: World, who: str) -> None:
    order = Order.objects.get(id=accepted(world)["id"])
    opening = UUID(delivered_from(world, line_of(world.lin, order))["id"])
    centre = next(
        each["id"]
        for each in made(world.ada.get("/api/v1/centres"))["items"]
        if each["centre"] == order.facts["bundle"]["centre"]
    )
    row = stopped_at(world, centre) if who == "centre" else stopped(world, getattr(world, who))
    stopped(world, world.ben)  # which relieves nobody
    for stands in (True, False):  # and once it is lifted, its time begins anew
        late = LineOpening.objects.filter(id=opening)
        late.update(deemed_at=now(), generation=F("generation") + 1)
        deem_line(opening=opening)
        line = late.get()
        assert line.deemed_at
        assert (line.state, line.deemed_at > now() + timedelta(days=2)) == ("delivered", True)
        if stands:
            lifted(world, row)
    assert Job.objects.filter(name="scheduling.deem_line").count() == 3
    deem_line(opening=opening)
    assert LineOpening.objects.get(id=opening).state == "delivered", "not before its time"


def test_a_stop_of_its_user_keeps_no_line_from_being_accepted(world: World) -> None:
    order = Order.objects.get(id=accepted(world)["id"])
    opening = UUID(delivered_from(world, line_of(world.lin, order))["id"])
    stopped(world, world.ben)
    let_silence_pass(order.id)
    assert LineOpening.objects.get(id=opening).state == "deemed_accepted"


def test_a_line_that_its_user_did_not_wait_for_has_its_working_days_though_the_order_has_an_end(
    world: World,
) -> None:
    order = waived(world, duration_hours=5)
    assert order.ends_by
    line = delivered_from(world, line_of(world.lin, order))
    assert datetime.fromisoformat(line["deemed_at"]) >= now() + timedelta(days=2)


def test_the_lines_of_an_earlier_release_learn_what_they_are_booked_for(world: World) -> None:
    order = booking(world, began=-HOUR)
    LineOpening.objects.update(schedule=None, generation=F("generation") + 1)
    with connection.cursor() as cursor:
        cursor.execute(import_module("marketplace.migrations.0012_schedules_of_line_openings").SCHEDULES)
    assert LineOpening.objects.get().schedule == order.facts["schedule"]

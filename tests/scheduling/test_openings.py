"""Opening a line: step by step by the right party, accepted on a test that meets what was sold, or by silence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.services.jobs import run_next_job
from scheduling.domain.openings import LIFE, REAL_DAY, OpeningState, Sold, after_working_days
from scheduling.models import LineOpening, OpeningStep
from scheduling.services.openings import close_line, deem_line, open_line
from tests.scheduling.live import first_bundle, open_market
from tests.support.cast import World

FRIDAY = datetime(2026, 11, 20, 2, tzinfo=UTC)  # 10:00 in Shanghai


@pytest.mark.parametrize(
    ("days", "end"),
    [
        (0, FRIDAY),
        (1, FRIDAY + timedelta(days=3)),
        (3, FRIDAY + timedelta(days=5)),
        (6, FRIDAY + timedelta(days=10)),
    ],
)
def test_working_days_leave_out_the_weekend(days: int, end: datetime) -> None:
    assert after_working_days(FRIDAY, days, day_seconds=REAL_DAY) == end


def test_the_weekend_is_shanghai_s() -> None:
    late = datetime(2026, 11, 20, 17, tzinfo=UTC)  # Saturday 01:00 in Shanghai
    assert after_working_days(late, 1, day_seconds=REAL_DAY) == late + timedelta(days=2)  # Monday 01:00


def test_an_accelerated_clock_has_no_weekends() -> None:
    assert after_working_days(FRIDAY, 3, day_seconds=1) == FRIDAY + timedelta(seconds=3)


@given(upper=st.integers(0, 2000), bound=st.integers(1, 2000))
def test_what_was_sold_is_a_strict_bound(upper: int, bound: int) -> None:
    assert Sold(bound, Decimal(0)).met_by(upper_us=upper, loss=Decimal(0)) == (upper < bound)


def test_every_state_leads_to_its_end() -> None:
    assert LIFE.terminal == {OpeningState.REMOVED}
    assert LIFE.acts["accept"][0] == LIFE.acts["deem"][0] == {OpeningState.DELIVERED}


def opened(world: World) -> dict[str, Any]:
    """The opening of an order of Ben's, as Ben reads it."""
    open_market(world)
    order, facts = uuid4(), first_bundle(world.ben)
    for _ in range(2):
        open_line(order=order, facts=facts, user=world.ben.organisation.id, actor=world.ben.actor)
    items = world.ben.get(f"/api/v1/line-openings?order={order}").json()["items"]
    assert len(items) == 1
    return dict(items[0])


def report(**changes: Any) -> dict[str, Any]:
    """A sound test report: well below the 1000 µs that was sold, and above what light needs."""
    return {
        "method": "otn_delay_halved",
        "latency_us": 150,
        "clock_bound_us": 2,
        "loss": "0",
        "samples": 1440,
        "measured_at": "2026-11-01T00:00:00Z",
        **changes,
    }


def act(person: Any, opening: dict[str, Any], verb: str, body: Any = None, status: int = 200) -> Any:
    answer = person.post(f"/api/v1/line-openings/{opening['id']}:{verb}", body)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def delivered(world: World) -> dict[str, Any]:
    """An opening that was surveyed, configured and tested well."""
    opening = opened(world)
    act(world.lin, opening, "survey")
    act(world.lin, opening, "configure")
    return dict(act(world.lin, opening, "report-test", report()))


def accepted() -> list[dict[str, Any]]:
    found = EventRecord.objects.filter(name="scheduling.line_accepted")
    return [{"subject": row.subject, "tenant": row.tenant_id, **row.payload} for row in found]


@pytest.mark.django_db
def test_a_line_is_opened_tested_and_accepted(world: World) -> None:
    opening = delivered(world)
    assert (opening["state"], opening["tests"][0]["met"]) == ("delivered", True)
    assert opening["promised_days"] == 7
    opening = act(world.ben, opening, "accept")
    assert opening["state"] == "accepted"
    assert [step["act"] for step in opening["steps"]] == ["survey", "configure", "deliver", "accept"]
    order, user = UUID(opening["order"]), world.ben.organisation.id
    parties = [str(world.lin.organisation.id), str(user)]
    (event,) = accepted()
    assert event == {
        "subject": order, "tenant": user, "parties": parties, "opening": opening["id"], "deemed": False,
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"latency_us": 998}, {"latency_us": 1200}, {"loss": "0.000000001"}, {"clock_bound_us": 850}],
)
def test_a_test_that_misses_what_was_sold_is_kept_and_delivers_nothing(
    world: World, change: dict[str, Any]
) -> None:
    opening = opened(world)
    act(world.lin, opening, "survey")
    act(world.lin, opening, "configure")
    after = act(world.lin, opening, "report-test", report(**change))
    assert (after["state"], [test["met"] for test in after["tests"]]) == ("configured", [False])
    act(world.ben, opening, "accept", status=409)
    after = act(world.lin, opening, "report-test", report())
    assert (after["state"], len(after["tests"])) == ("delivered", 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"latency_us": 50}, "/value_us"),  # 17.184 km: light in a vacuum needs 57 µs
        ({"measured_at": "2099-01-01T00:00:00Z"}, "/measured_at"),
        ({"loss": "1.1"}, "/loss"),
        ({"samples": 0}, "/samples"),
    ],
)
def test_a_report_that_cannot_be_names_its_field(world: World, change: dict[str, Any], pointer: str) -> None:
    opening = opened(world)
    act(world.lin, opening, "survey")
    act(world.lin, opening, "configure")
    answer = act(world.lin, opening, "report-test", report(**change), status=400)
    assert answer["errors"][0]["pointer"] == pointer


@pytest.mark.django_db
def test_each_step_waits_for_the_one_before(world: World) -> None:
    opening = opened(world)
    act(world.lin, opening, "configure", status=409)
    act(world.lin, opening, "report-test", report(), status=409)
    act(world.ben, opening, "accept", status=409)
    act(world.lin, opening, "survey")
    act(world.lin, opening, "survey", status=409)


@pytest.mark.django_db
def test_each_step_is_for_the_party_whose_it_is(world: World) -> None:
    opening = opened(world)
    act(world.ben, opening, "survey", status=403)
    act(world.lou, opening, "survey", status=404)
    act(world.rhea, opening, "survey", status=403)
    opening = delivered_from(world, opening)
    act(world.lin, opening, "accept", status=403)
    act(world.bea, opening, "accept", status=404)
    assert world.bea.get("/api/v1/line-openings").json()["items"] == []
    assert len(world.rhea.get("/api/v1/line-openings").json()["items"]) == 1


def delivered_from(world: World, opening: dict[str, Any]) -> dict[str, Any]:
    act(world.lin, opening, "survey")
    act(world.lin, opening, "configure")
    return dict(act(world.lin, opening, "report-test", report()))


@pytest.mark.django_db
def test_silence_becomes_acceptance_when_its_time_has_come(world: World, settings: Any) -> None:
    settings.DAY_SECONDS = 1
    opening = delivered(world)
    assert opening["clock"] == {"day_seconds": 1, "accelerated": True}
    job = Job.objects.get(name="scheduling.deem_line")
    row = LineOpening.objects.get()
    assert job.run_at == row.deemed_at
    assert row.deemed_at is not None
    assert row.delivered_at is not None
    assert row.deemed_at - row.delivered_at == timedelta(seconds=3)
    Job.objects.update(run_at=row.delivered_at)
    while run_next_job():
        pass
    assert LineOpening.objects.get().state == "deemed_accepted"
    deem_line(opening=row.id)
    assert [event["deemed"] for event in accepted()] == [True]


@pytest.mark.django_db
def test_a_line_that_was_accepted_is_not_deemed_so_again(world: World) -> None:
    opening = delivered(world)
    act(world.ben, opening, "accept")
    deem_line(opening=UUID(opening["id"]))
    assert [event["deemed"] for event in accepted()] == [False]


@pytest.mark.django_db
def test_the_end_of_the_order_removes_its_line(world: World) -> None:
    opening = opened(world)
    for _ in range(2):
        close_line(order=UUID(opening["order"]), actor=world.ben.actor)
    close_line(order=uuid4(), actor=world.ben.actor)
    assert LineOpening.objects.get().state == "removed"
    assert OpeningStep.objects.count() == 1
    act(world.lin, opening, "survey", status=409)

"""Opening a line: step by step by the right party, accepted on a test that meets what was sold, or by silence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from identifiers.models import Sighting
from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.services.jobs import run_next_job
from scheduling.domain.openings import LIFE, OpeningState, Promise, Sold
from scheduling.domain.working_days import REAL_DAY, DayCount
from scheduling.models import CarrierLine, LineOpening, LineProduct
from scheduling.selectors.profiles import opening_profile, working_calendar
from scheduling.services.openings import bill_line, close_line, contract_line, deem_line, preoccupy_line
from tests.scheduling.live import days_ago, first_bundle, open_market
from tests.support.cast import World

SCENE = open_market

FRIDAY = datetime(2026, 11, 20, 2, tzinfo=UTC)  # 10:00 in Shanghai
CALENDAR = working_calendar()
HELD_UNTIL = datetime(2099, 1, 1, tzinfo=UTC)


def worked(start: datetime, days: int, day_seconds: int = REAL_DAY) -> datetime:
    return CALENDAR.after(start, days, counted="working", day_seconds=day_seconds)


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
    assert worked(FRIDAY, days) == end


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-09-30", 1, "2026-10-08"),  # the week of the National Day
        ("2026-10-09", 1, "2026-10-10"),  # a Saturday that is worked for it
        ("2026-10-09", 2, "2026-10-12"),
        ("2026-02-13", 1, "2026-02-14"),  # worked for the Spring Festival
        ("2026-02-13", 2, "2026-02-24"),
        ("2027-09-30", 1, "2027-10-04"),  # the days of the law, before the year's notice
        ("2028-09-29", 1, "2028-10-02"),  # a year whose notice is not there has its weekends only
    ],
)
def test_public_holidays_are_not_worked_and_some_weekends_are(start: str, days: int, end: str) -> None:
    at = datetime.fromisoformat(f"{start}T10:00:00+08:00")
    assert worked(at, days) == datetime.fromisoformat(f"{end}T10:00:00+08:00")


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), st.integers(1, 40))  # noqa: DTZ001 - naive bounds
def test_so_many_working_days_lie_between(start: datetime, days: int) -> None:
    end = worked(start.replace(tzinfo=UTC), days)
    first = (start + timedelta(hours=8)).date()
    last = (end + timedelta(hours=8)).date()
    between = [first + timedelta(days=number) for number in range(1, (last - first).days + 1)]
    begun = 0 if CALENDAR.is_worked(first) else 1  # else it ends as the day after the last of them begins
    assert sum(map(CALENDAR.is_worked, between)) == days + begun
    assert CALENDAR.is_worked(last)


def test_the_weekend_is_shanghai_s() -> None:
    late = datetime(2026, 11, 20, 17, tzinfo=UTC)  # Saturday 01:00 in Shanghai
    assert worked(late, 1) == datetime(2026, 11, 23, 16, tzinfo=UTC)  # Monday is whole: Tuesday 00:00


def test_an_accelerated_clock_has_no_weekends() -> None:
    assert worked(FRIDAY, 3, day_seconds=1) == FRIDAY + timedelta(seconds=3)


@given(st.integers(0, 400), st.sampled_from(DayCount.codes()))
def test_steps_are_due_in_their_order_and_the_last_when_everything_is(days: int, counted: str) -> None:
    due = opening_profile().due(
        Promise(days, counted), FRIDAY, calendar=CALENDAR, day_seconds=REAL_DAY, survey=True
    )
    assert list(due) == ["survey", "take_on", "configure", "deliver"]
    assert list(due.values()) == sorted(due.values())
    assert due["deliver"] == CALENDAR.after(FRIDAY, days, counted=counted, day_seconds=REAL_DAY)


def test_a_promise_of_five_working_days_by_hand() -> None:
    due = opening_profile().due(
        Promise(5, "working"), FRIDAY, calendar=CALENDAR, day_seconds=REAL_DAY, survey=False
    )
    assert {act: (at - FRIDAY).days for act, at in due.items()} == {
        "take_on": 3,
        "configure": 6,
        "deliver": 7,
    }


@given(lower=st.integers(0, 2000), width=st.integers(0, 500), bound=st.integers(1, 2000))
def test_what_was_sold_is_a_strict_bound(lower: int, width: int, bound: int) -> None:
    verdict = Sold(bound, Decimal(0)).judged(lower_us=lower, upper_us=lower + width, loss=Decimal(0))
    assert (verdict == "pass", verdict == "fail") == (lower + width < bound, lower >= bound)


def test_every_state_leads_to_its_end() -> None:
    assert LIFE.terminal == {OpeningState.RELEASED, OpeningState.DECLINED, OpeningState.REMOVED}
    assert LIFE.acts["accept"][0] == LIFE.acts["deem"][0] == {OpeningState.DELIVERED}


def preoccupied(world: World, ends: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The line of an order of Ben's that is held, as Ben reads it; its ends and terms with the changes."""
    order, facts = uuid4(), first_bundle(world.ben)
    facts = replace(facts, line_terms={**facts.line_terms, **changes}, **(ends or {}))
    user = world.ben.organisation.id
    preoccupy_line(order=order, facts=facts, user=user, held_until=HELD_UNTIL, actor=world.ben.actor)
    (item,) = world.ben.get(f"/api/v1/line-openings?order={order}").json()["items"]
    return dict(item)


def opened(world: World, ends: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The opening of an order of Ben's that became a contract."""
    opening = preoccupied(world, ends, **changes)
    contract_line(order=UUID(opening["order"]), actor=world.ben.actor)
    return dict(world.ben.get(f"/api/v1/line-openings/{opening['id']}").json())


def report(**changes: Any) -> dict[str, Any]:
    """A sound test report: well below the 1000 µs that was sold, and above what light needs."""
    return {
        "method": "otn_delay_halved",
        "latency_us": 150,
        "clock_bound_us": 2,
        "loss": "0",
        "samples": 1440,
        "measured_at": days_ago(0),
        **changes,
    }


def act(person: Any, opening: dict[str, Any], verb: str, body: Any = None, status: int = 200) -> Any:
    answer = person.post(f"/api/v1/line-openings/{opening['id']}:{verb}", body)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def delivered(world: World) -> dict[str, Any]:
    """An opening that was surveyed, configured and tested well."""
    opening = opened(world)
    act(world.lin, opening, "take-on")
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
    heard = Sighting.objects.get(subject=LineProduct.objects.get(technology=opening["technology"]).id)
    measured_at = datetime.fromisoformat(opening["tests"][0]["measured_at"])
    assert (heard.sign, heard.seen_at, heard.good_until) == (
        "line_test", measured_at, measured_at + timedelta(hours=24),
    ), "an old test is an old sign"  # fmt: skip
    opening = act(world.ben, opening, "accept")
    assert opening["state"] == "accepted"
    assert [step["act"] for step in opening["steps"]] == [
        "preoccupy", "contract", "take_on", "configure", "deliver", "accept",
    ]  # fmt: skip
    order, user = UUID(opening["order"]), world.ben.organisation.id
    parties = [str(world.lin.organisation.id), str(user)]
    (event,) = accepted()
    assert event == {
        "subject": order, "tenant": user, "parties": parties, "opening": opening["id"], "deemed": False,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_test_that_misses_what_was_sold_is_kept_and_delivers_nothing(world: World) -> None:
    opening = opened(world)
    act(world.lin, opening, "take-on")
    act(world.lin, opening, "configure")
    after = act(world.lin, opening, "report-test", report(latency_us=1200))
    assert (after["state"], [test["met"] for test in after["tests"]]) == ("configured", [False])
    act(world.ben, opening, "accept", status=409)
    after = act(world.lin, opening, "report-test", report())
    assert (after["state"], len(after["tests"])) == ("delivered", 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"latency_us": 50}, "/latency_us"),  # 17.184 km: light in a vacuum needs 57 µs
        ({"measured_at": "2099-01-01T00:00:00Z"}, "/measured_at"),
        ({"loss": "1.1"}, "/loss"),
        ({"samples": 0}, "/samples"),
    ],
)
def test_a_report_that_cannot_be_names_its_field(world: World, change: dict[str, Any], pointer: str) -> None:
    opening = opened(world)
    act(world.lin, opening, "take-on")
    act(world.lin, opening, "configure")
    answer = act(world.lin, opening, "report-test", report(**change), status=400)
    assert answer["errors"][0]["pointer"] == pointer


@pytest.mark.django_db
def test_each_step_waits_for_the_one_before(world: World) -> None:
    opening = opened(world)
    act(world.lin, opening, "configure", status=409)
    act(world.lin, opening, "report-test", report(), status=409)
    act(world.ben, opening, "accept", status=409)
    act(world.lin, opening, "take-on")
    act(world.lin, opening, "take-on", status=409)


@pytest.mark.django_db
def test_each_step_is_for_the_party_whose_it_is(world: World) -> None:
    opening = opened(world)
    act(world.ben, opening, "take-on", status=403)
    act(world.lou, opening, "take-on", status=404)
    act(world.rhea, opening, "take-on", status=403)
    opening = delivered_from(world, opening)
    act(world.lin, opening, "accept", status=403)
    act(world.bea, opening, "accept", status=404)
    assert world.bea.get("/api/v1/line-openings").json()["items"] == []
    assert len(world.rhea.get("/api/v1/line-openings").json()["items"]) == 1


def delivered_from(world: World, opening: dict[str, Any]) -> dict[str, Any]:
    act(world.lin, opening, "take-on")
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
    LineOpening.objects.update(deemed_at=row.delivered_at, generation=F("generation") + 1)
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
    row = LineOpening.objects.get()
    assert row.state == "removed"
    assert row.removed_at is not None
    assert [step.act for step in row.steps.order_by("id")] == ["preoccupy", "contract", "remove"]
    act(world.lin, opening, "take-on", status=409)


@pytest.mark.django_db
def test_what_is_only_preoccupied_is_released_and_nobody_builds_it(world: World) -> None:
    opening = preoccupied(world)
    assert (opening["state"], opening["held_until"]) == ("preoccupied", "2099-01-01T00:00:00Z")
    act(world.lin, opening, "take-on", status=409)
    close_line(order=UUID(opening["order"]), actor=world.ben.actor)
    row = LineOpening.objects.get()
    assert (row.state, row.held_until, row.removed_at) == ("released", None, None)


@pytest.mark.django_db
def test_billing_puts_an_accepted_line_in_service(world: World) -> None:
    opening = delivered(world)
    act(world.ben, opening, "accept")
    bill_line(order=UUID(opening["order"]), at=FRIDAY, actor=world.ben.actor)
    row = LineOpening.objects.get()
    assert (row.state, row.billed_at) == ("billed", FRIDAY)


@pytest.mark.django_db
def test_a_line_that_is_not_accepted_is_not_billed(world: World) -> None:
    opening = delivered(world)
    bill_line(order=UUID(opening["order"]), at=FRIDAY, actor=world.ben.actor)
    row = LineOpening.objects.get()
    assert (row.state, row.billed_at) == ("delivered", None)
    assert act(world.ben, opening, "accept")["state"] == "accepted"


@pytest.mark.django_db
def test_the_plan_says_what_is_due_when_and_what_was_done(world: World) -> None:
    opening = opened(world, lead_days=10, lead_in="working")
    assert (opening["promised_days"], opening["promised_in"]) == (10, "working")
    start = datetime.fromisoformat(opening["contracted_at"])
    due = [datetime.fromisoformat(each["due_at"]) for each in opening["plan"]]
    assert due == [worked(start, days) for days in (2, 8, 10)]
    assert [each["done_at"] for each in opening["plan"]] == [None, None, None]
    assert datetime.fromisoformat(opening["due_at"]) == due[-1]
    opening = act(world.lin, opening, "take-on")
    assert opening["plan"][0]["done_at"] == opening["steps"][-1]["at"]


def punctual(person: Any, start: str = "2026-10-01", end: str = "2026-11-01") -> dict[str, Any]:
    answer = person.get(f"/api/v1/line-punctuality?start={start}T00:00:00Z&end={end}T00:00:00Z")
    assert answer.status_code == 200, answer.content
    return {each["line_provider"]: each for each in answer.json()["items"]}


DUE = datetime(2026, 10, 20, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"delivered_at": DUE}, (1, 1, "1.0000")),
        ({"delivered_at": DUE + DAY}, (1, 0, "0.0000")),
        ({"delivered_at": None}, (1, 0, "0.0000")),  # late, and not there yet
        ({"delivered_at": None, "removed_at": DUE - DAY}, (0, 0, None)),
        ({"delivered_at": None, "removed_at": DUE + DAY}, (1, 0, "0.0000")),
        ({"delivered_at": DUE - DAY, "removed_at": DUE - DAY / 2}, (1, 1, "1.0000")),
        ({"delivered_at": None, "removed_at": DUE - DAY, "state": "declined"}, (1, 0, "0.0000")),
        ({"delivered_at": None, "removed_at": DUE - DAY, "carrier": "refused"}, (1, 0, "0.0000")),
        ({"delivered_at": None, "removed_at": DUE - DAY, "carrier": "released"}, (0, 0, None)),
        ({"contracted_at": None}, (0, 0, None)),
        ({"due_at": datetime(2026, 11, 1, tzinfo=UTC)}, (0, 0, None)),
        ({"due_at": datetime(2026, 10, 1, tzinfo=UTC), "delivered_at": DUE}, (1, 0, "0.0000")),
    ],
)
def test_who_keeps_its_dates_is_a_share_with_its_denominator(
    world: World, columns: dict[str, Any], expected: tuple[int, int, str | None]
) -> None:
    opening = LineOpening.objects.get(id=opened(world)["id"])
    if said := columns.get("carrier"):
        same = {name: getattr(opening, name) for name in ("order", "provider_id", "user_id", "a", "z")}
        CarrierLine.objects.create(state=said, bandwidth_mbps=1, technology="otn", wanted_until=DUE, **same)
    changed = {name: value for name, value in columns.items() if name != "carrier"}
    LineOpening.objects.update(**{"due_at": DUE, "delivered_at": DUE, **changed})
    for reader in (world.rhea, world.bea, world.lou):
        (shown,) = punctual(reader).values()
        assert (shown["due"], shown["on_time"], shown["share"]) == expected


@pytest.mark.django_db
def test_what_is_due_in_the_future_is_not_late(world: World) -> None:
    opened(world)
    LineOpening.objects.update(due_at=datetime(2099, 1, 1, tzinfo=UTC), delivered_at=None)
    (shown,) = punctual(world.rhea, "2026-10-01", "2100-01-01").values()
    assert shown["due"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "parameter"),
    [
        ("start=2026-10-01T00:00:00Z", "end"),
        ("start=2026-10-01T00:00:00Z&end=2026-09-01T00:00:00Z", "end"),
        ("start=2026-10-01T00:00:00Z&end=2026-10-01T00:00:00Z", "end"),
        ("start=2026-10-01T00:00:00&end=2026-11-01T00:00:00Z", "start"),
    ],
)
def test_a_period_is_asked_for_whole(world: World, period: str, parameter: str) -> None:
    answer = world.rhea.get(f"/api/v1/line-punctuality?{period}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, parameter)

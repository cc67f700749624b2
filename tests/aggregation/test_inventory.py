"""Heartbeats: stored or refused, once, older never over newer, own pools only; and pools that fall silent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from aggregation.domain.inventory import Freshness, Reading, freshness, supersedes
from aggregation.models import Heartbeat, Inventory
from aggregation.services.inventory import mark_stale
from aggregation.tasks import watch_inventory
from kernel.models.capacity import Capacity
from kernel.models.outbox import EventRecord
from kernel.services.capacity import confirm, hold
from tests.aggregation.supply import beat, bring_to_market, declare, enrol, made, report
from tests.support.cast import World

PATH = "/api/v1/inventory/heartbeats"
T0 = datetime(2026, 1, 1, tzinfo=UTC)


def inventory(world: World, pool: str) -> dict[str, Any]:
    return dict(world.ada.get(f"/api/v1/pools/{pool}").json()["inventory"])


def told(name: str) -> int:
    return EventRecord.objects.filter(name=name).count()


def started(world: World, **pool_changes: Any) -> str:
    """Ada's pool and agent; the pool's id."""
    row = declare(world.ada, offers=False, **pool_changes)["pool"]
    enrol(world.ada)
    return str(row["id"])


@pytest.mark.django_db
def test_a_heartbeat_sets_what_the_ledger_may_grant(world: World) -> None:
    pool = started(world)
    reading = {"machines_total": 16, "machines_free": 5, "machines_serving": 2, "faulty": 1}
    answer = report(world.ada, beat(wj_910b=reading))
    assert answer["pools"] == [{"pool": "wj-910b", **reading, "verdict": "applied"}]
    seen = inventory(world, pool)
    assert (seen["state"], seen["machines_total"], seen["machines_free"]) == ("fresh", 16, 5)
    assert Capacity.objects.get(resource=pool).total == 7, "idle and serving are at the node's disposal"


@pytest.mark.django_db
def test_a_replay_changes_nothing_and_answers_as_before(world: World) -> None:
    pool = started(world)
    body = beat(1, wj_910b=6)
    first = report(world.ada, body)
    report(world.ada, beat(2, wj_910b=3))
    assert report(world.ada, body) == first
    assert Heartbeat.objects.count() == 2
    assert inventory(world, pool)["machines_free"] == 3


@pytest.mark.django_db
def test_a_sequence_used_for_other_content_is_refused(world: World) -> None:
    pool = started(world)
    report(world.ada, beat(1, wj_910b=6))
    answer = world.ada.post(PATH, beat(1, wj_910b=7))
    assert (answer.status_code, answer.json()["code"]) == (409, "sequence_reused")
    assert inventory(world, pool)["machines_free"] == 6


@pytest.mark.django_db
def test_an_older_heartbeat_is_kept_and_never_overwrites_a_newer_one(world: World) -> None:
    pool = started(world)
    report(world.ada, beat(2, wj_910b=6))
    late = report(world.ada, beat(1, seconds_ago=60, wj_910b=16))
    assert late["pools"][0]["verdict"] == "older"
    assert inventory(world, pool)["machines_free"] == 6
    assert Capacity.objects.get(resource=pool).total == 6
    assert Heartbeat.objects.count() == 2


@pytest.mark.django_db
def test_a_provider_reports_its_own_pools_only(world: World) -> None:
    pool = started(world)
    report(world.ada, beat(1, wj_910b=6))
    enrol(world.cleo)
    alone = world.cleo.post(PATH, beat(1, wj_910b=0))
    assert (alone.status_code, alone.json()["code"]) == (400, "heartbeat_refused")
    assert alone.json()["errors"][0]["pointer"] == "/pools/0"
    declare(world.cleo, offers=False, suffix="-c")
    mixed = report(world.cleo, beat(1, wj_910b=0, wj_910b_c=4, nowhere=1))
    assert [each["verdict"] for each in mixed["pools"]] == ["unknown_pool", "applied", "unknown_pool"]
    assert inventory(world, pool)["machines_free"] == 6


@pytest.mark.django_db
def test_a_refused_heartbeat_is_not_stored_and_its_sequence_is_free(world: World) -> None:
    started(world)
    wrong = {"machines_total": 16, "machines_free": 10, "machines_serving": 6, "faulty": 1}
    answer = world.ada.post(PATH, beat(1, wj_910b=wrong), Accept_Language="en")
    assert (answer.status_code, answer.json()["code"]) == (400, "heartbeat_refused")
    assert "exceed" in answer.json()["detail"]
    assert Heartbeat.objects.count() == 0
    report(world.ada, beat(1, wj_910b=6))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"agent": "nobody"}, "/agent"),
        ({"sequence": 0}, "/sequence"),
        ({"sequence": "x"}, "/sequence"),
        ({"observed_at": "yesterday"}, "/observed_at"),
        ({"observed_at": "2999-01-01T00:00:00Z"}, "/observed_at"),
        ({"pools": []}, "/pools"),
        (
            {"pools": [{"pool": "wj-910b", "machines_total": -1, "machines_free": 0}]},
            "/pools/0/machines_total",
        ),
        ({"pools": [{"pool": "wj-910b", "machines_total": 1}]}, "/pools/0/machines_free"),
        ({"pools": [{"pool": "a", "machines_total": 1, "machines_free": 1}] * 2}, "/pools"),
    ],
)
def test_a_wrong_field_is_named(world: World, changes: dict[str, Any], pointer: str) -> None:
    started(world)
    answer = world.ada.post(PATH, {**beat(), **changes})
    assert answer.status_code == 400, answer.content.decode()
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert Heartbeat.objects.count() == 0


@pytest.mark.django_db
def test_who_may_report_and_who_may_read(world: World) -> None:
    started(world)
    report(world.ada, beat())
    assert world.nobody.post(PATH, beat(2)).status_code == 401
    assert world.ben.post(PATH, beat(2)).status_code == 403
    assert world.ada.with_scopes("marketplace").post(PATH, beat(2)).status_code == 403
    assert world.ada.with_scopes("aggregation").post(PATH, beat(2)).status_code == 200
    assert world.cleo.get(PATH).json()["items"] == []
    assert len(world.abe.get(PATH).json()["items"]) == 2
    assert len(world.rhea.get(PATH).json()["items"]) == 2


@pytest.mark.django_db
def test_a_cut_below_what_is_sold_is_taken_and_marked(world: World) -> None:
    pool = UUID(started(world))
    report(world.ada, beat(1, wj_910b=6))
    hold(bundle=pool, tenant=pool, quantities={pool: 5}, ttl=timedelta(minutes=5))
    confirm(bundle=pool)
    report(world.ada, beat(2, wj_910b=2))
    row = Capacity.objects.get(resource=pool)
    assert (row.total, row.standing, row.over_committed, row.free) == (2, 5, True, 0)
    assert world.ada.get(f"/api/v1/pools/{pool}").json()["free"] == 0


@pytest.mark.django_db
def test_a_pool_that_falls_silent_is_announced_once_shown_with_since_when_and_comes_back(
    world: World, settings: Any
) -> None:
    pool = started(world)
    report(world.ada, beat(1))
    assert told("aggregation.pool_fresh") == 1
    report(world.ada, beat(2))
    assert told("aggregation.pool_fresh") == 1, "once a change"
    watch_inventory()
    assert told("aggregation.pool_stale") == 0
    row = Inventory.objects.get(pool_id=UUID(pool))
    row.observed_at -= timedelta(seconds=settings.HEARTBEAT_SECONDS + 1)
    row.save()
    seen = inventory(world, pool)
    assert seen["state"] == "stale", "the clock decides, announced or not"
    assert seen["stale_since"] is not None
    assert seen["machines_free"] == 6, "the last value stays visible"
    assert [mark_stale(), mark_stale()] == [1, 0]
    assert told("aggregation.pool_stale") == 1
    report(world.ada, beat(3))
    assert told("aggregation.pool_fresh") == 2
    assert inventory(world, pool)["state"] == "fresh"


@pytest.mark.django_db
def test_a_heartbeat_that_was_long_under_way_does_not_make_a_pool_fresh(world: World, settings: Any) -> None:
    pool = started(world)
    report(world.ada, beat(1, seconds_ago=settings.HEARTBEAT_SECONDS + 5))
    assert inventory(world, pool)["state"] == "stale"
    assert told("aggregation.pool_fresh") == 0


@pytest.mark.django_db
def test_a_silent_pool_leaves_the_catalogue_and_the_others_stay(world: World) -> None:
    ada, cleo = (bring_to_market(who, suffix=end) for who, end in ((world.ada, ""), (world.cleo, "-c")))
    silent = Inventory.objects.get(pool=ada["pool"]["id"])
    silent.observed_at -= timedelta(days=1)
    silent.save()
    listed = world.nobody.get("/api/v1/catalogue/offers").json()["items"]
    assert [row["id"] for row in listed] == [cleo["offer"]["id"]]


@pytest.mark.django_db
def test_a_longer_list_costs_no_more_queries(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            made(world.ada.get(PATH))
        return len(seen)

    started(world)
    report(world.ada, beat(1))
    queries()
    one = queries()
    for sequence in range(2, 6):
        report(world.ada, beat(sequence))
    assert queries() == one


STAMPS = st.tuples(st.datetimes(timezones=st.just(UTC)), st.integers(1, 9))


@given(st.lists(STAMPS, min_size=1))
def test_in_whatever_order_they_come_the_newest_stands(stamps: list[tuple[datetime, int]]) -> None:
    standing: tuple[datetime, int] | None = None
    for stamp in stamps:
        if supersedes(stamp, standing):
            standing = stamp
    assert standing == max(stamps)


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(None, "unknown"), (0, "fresh"), (30, "fresh"), (30.001, "stale"), (9999, "stale"), (-5, "fresh")],
)
def test_how_long_a_reading_counts(seconds: float | None, state: str) -> None:
    observed = None if seconds is None else T0
    at = T0 + timedelta(seconds=seconds or 0)
    assert freshness(observed, at, timedelta(seconds=30)) is Freshness(state)


@given(*[st.integers(0, 50)] * 4)
def test_the_parts_of_a_reading_fit_into_the_whole(total: int, free: int, serving: int, faulty: int) -> None:
    reading = Reading(pool="p", total=total, free=free, serving=serving, faulty=faulty)
    assert reading.consistent == (total - free - serving - faulty >= 0)
    assert not reading.consistent or reading.at_disposal <= total - faulty

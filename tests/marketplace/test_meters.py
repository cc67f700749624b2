"""Metering over HTTP: two meters side by side, kept once, disputed, corrected, and never billed while disputed."""

from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.models import MeterRecord, Order, Usage
from tests.marketplace.trade import metered, open_running_market, ordered, reading, served, settled
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_running_market
PATH = "/api/v1/meter-records"


def test_the_nodes_own_reading_stands_beside_the_providers(world: World) -> None:
    order = served(10)
    usage = metered(world, order, first=0, last=1)
    assert (usage["state"], usage["machine_seconds"]) == ("agreed", 3600)
    assert usage["provider_record"]["machine_seconds"] == usage["node_record"]["machine_seconds"] == 3600
    assert usage["node_record"]["source"] == "node"


def test_a_reading_sent_again_changes_nothing_and_another_under_its_number_is_refused(world: World) -> None:
    order = served(10)
    body = reading(order, first=0, last=1)
    first, again = world.ada.post(PATH, body), world.ada.post(PATH, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = world.ada.post(PATH, body | {"machine_seconds": 3500})
    assert (other.status_code, other.json()["code"]) == (409, "meter_conflict")
    assert Usage.objects.count() == 1


def test_two_readings_of_one_window_are_refused(world: World) -> None:
    order = served(10)
    metered(world, order, first=0, last=2)
    answer = world.ada.post(PATH, reading(order, first=1, last=3))
    assert (answer.status_code, answer.json()["code"]) == (409, "meter_conflict")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"machine_seconds": 3601}, "/machine_seconds"),
        ({"machine_seconds": -1}, "/machine_seconds"),
        ({"machine_seconds": 1.5}, "/machine_seconds"),
        ({"machine_seconds": "1e400"}, "/machine_seconds"),
        ({"sequence": 0}, "/sequence"),
        ({"corrects": str(UUID(int=7))}, "/corrects"),
        ({"window_start": "2020-01-01T00:00:00Z"}, "/window_start"),
        ({"window_end": "2999-01-01T00:00:00Z"}, "/window_end"),
    ],
)
def test_what_cannot_be_is_refused_and_named(world: World, change: dict[str, object], pointer: str) -> None:
    order = served(10)
    answer = world.ada.post(PATH, reading(order, first=0, last=1) | change)
    assert answer.status_code == 400, answer.content
    assert [item["pointer"] for item in answer.json()["errors"]] == [pointer]
    assert not MeterRecord.objects.exists()


def test_nothing_is_metered_after_the_term_however_late_its_end_is_noted(world: World) -> None:
    order = served(740)  # ten hours longer than its term
    metered(world, order, first=0, last=700)
    answer = world.ada.post(PATH, reading(order, first=700, last=731))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/window_end")
    metered(world, order, first=700, last=730)


def test_only_the_orders_own_compute_provider_meters_it(world: World) -> None:
    order = served(10)
    body = reading(order, first=0, last=1)
    foreign, absent = world.cleo.post(PATH, body), world.ada.post(PATH, body | {"order": str(uuid4())})
    assert foreign.json()["code"] == absent.json()["code"] == "unknown_reference"
    assert world.ben.post(PATH, body).status_code == 403
    assert world.lin.post(PATH, body).status_code == 403


def test_an_order_that_does_not_run_is_not_metered(world: World) -> None:
    order = Order.objects.get(id=ordered(world.ben)["id"])
    order.billing_started_at = order.created_at
    answer = world.ada.post(PATH, reading(order, first=0, last=1))
    assert answer.json()["errors"][0]["pointer"] == "/window_start"


def test_a_provider_that_served_less_than_the_node_counted_is_paid_for_that(world: World) -> None:
    order = served(10)
    usage = metered(world, order, first=0, last=1)
    world.ben.post(f"/api/v1/usages/{usage['id']}:dispute", {"reason": "停机半小时"})
    half = metered(
        world,
        order,
        first=0,
        last=1,
        sequence=9,
        machine_seconds=1800,
        corrects=usage["provider_record"]["id"],
    )
    assert (half["state"], half["node_record"]["machine_seconds"]) == ("agreed", 3600)
    statement = settled(world, order, first=0, last=2)
    assert [line["quantity"] for line in statement["lines"] if line["part"] == "compute"] == [1800]


def test_disputed_usage_is_not_settled_until_it_is_corrected(world: World) -> None:
    order = served(10)
    fine = metered(world, order, first=0, last=1)
    usage = metered(world, order, first=1, last=2)
    answer = world.ben.post(f"/api/v1/usages/{usage['id']}:dispute", {"reason": "停机半小时"})
    assert answer.json()["state"] == "disputed"
    assert world.ben.post(f"/api/v1/usages/{usage['id']}:dispute", {"reason": "x"}).status_code == 409
    statement = settled(world, order, first=0, last=3)
    (line,) = [line for line in statement["lines"] if line["part"] == "compute"]
    assert line["quantity"] == fine["machine_seconds"]
    correction = metered(world, order, first=1, last=2, sequence=99, corrects=usage["provider_record"]["id"])
    assert correction["state"] == "agreed"
    assert Usage.objects.get(id=usage["id"]).state == "corrected"
    second = settled(world, order, first=3, last=4)
    assert second["lines"][0]["quantity"] == 3600


def test_what_is_on_a_statement_is_neither_disputed_nor_corrected(world: World) -> None:
    order = served(10)
    usage = metered(world, order, first=0, last=1)
    settled(world, order, first=0, last=2)
    assert (
        world.ben.post(f"/api/v1/usages/{usage['id']}:dispute", {"reason": "x"}).json()["code"]
        == "usage_billed"
    )
    again = reading(order, first=0, last=1, sequence=99, corrects=usage["provider_record"]["id"])
    assert world.ada.post(PATH, again).json()["code"] == "usage_billed"


def test_only_the_parties_read_the_usage_and_only_the_user_disputes_it(world: World) -> None:
    order = served(10)
    usage = metered(world, order, first=0, last=1)
    path = f"/api/v1/usages/{usage['id']}:dispute"
    for party in (world.ben, world.ada, world.rhea):
        assert len(party.get(f"/api/v1/usages?order={order.id}").json()["items"]) == 1
    for outsider in (world.cleo, world.bea):
        assert outsider.get("/api/v1/usages").json()["items"] == []
    assert world.bea.post(path, {"reason": "x"}).status_code == 404
    assert world.ada.post(path, {"reason": "x"}).status_code == 403


def test_a_reading_is_never_changed(world: World) -> None:
    order = served(10)
    metered(world, order, first=0, last=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        MeterRecord.objects.update(machine_seconds=0)


@pytest.mark.parametrize("column", ["tenant_id", "compute_provider"])
def test_a_usage_is_the_parties_of_its_order_and_nobody_else_s(world: World, column: str) -> None:
    metered(world, served(10), first=0, last=1)
    with pytest.raises(IntegrityError, match="usage_parties_of_order"), transaction.atomic():
        Usage.objects.update(**{column: world.cleo.organisation.id})


def test_a_list_of_usages_costs_the_same_however_long(world: World) -> None:
    order = served(10)
    counts = []
    for hours in (range(1), range(1, 4)):
        for hour in hours:
            metered(world, order, first=hour, last=hour + 1)
        with CaptureQueriesContext(connection) as captured:
            world.ben.get("/api/v1/usages")
        counts.append(len(captured))
    assert Usage.objects.count() == 4
    assert counts[0] == counts[1]

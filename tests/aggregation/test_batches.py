"""Batches: a result for every item, all or nothing where asked, and no more statements for more items."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aggregation.models import Centre, Offer, Pool
from kernel.ids import new_id
from kernel.models import Capacity, EventRecord
from tests.aggregation.supply import centre, declare, made, offer, pool
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def items_of(kind: str, count: int) -> list[dict[str, Any]]:
    """So many right items of a kind, for a provider who has declared its supply."""
    make = {"centres": centre, "pools": pool, "offers": offer}[kind]
    key = kind.removesuffix("s")
    return [make(**{key: f"{kind}-{number}"}) for number in range(count)]


ROWS = {"centres": Centre, "pools": Pool, "offers": Offer}


@pytest.mark.parametrize("kind", ROWS)
def test_a_bad_item_fails_alone(world: World, kind: str) -> None:
    declare(world.ada)
    before = ROWS[kind].objects.count()
    first, second, third = items_of(kind, 3)
    answer = made(
        world.ada.post(f"/api/v1/{kind}:batch", {"items": [first, {}, first, second, "x" and third]})
    )
    assert [each["status"] for each in answer["items"]] == [201, 400, answer["items"][2]["status"], 201, 201]
    assert (answer["succeeded"], answer["failed"]) == (3, 2)
    assert ROWS[kind].objects.count() == before + 3
    unread, twice = answer["items"][1]["problem"], answer["items"][2]["problem"]
    assert f"/{kind.removesuffix('s')}" in [each["pointer"] for each in unread["errors"]]
    assert [each["pointer"] for each in twice["errors"]] == [f"/{kind.removesuffix('s')}"]
    for item in answer["items"]:
        if item["id"]:
            assert world.ada.get(f"/api/v1/{kind}/{item['id']}").status_code == 200


@pytest.mark.parametrize("kind", ROWS)
def test_all_or_nothing_is_nothing_if_one_is_wrong(world: World, kind: str) -> None:
    declare(world.ada)
    before, events = ROWS[kind].objects.count(), EventRecord.objects.count()
    first, second = items_of(kind, 2)
    refused = world.ada.post(f"/api/v1/{kind}:batch", {"items": [first, {}, second], "atomic": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_refused")
    assert all(each["pointer"].startswith("/items/1/") for each in refused.json()["errors"])
    assert (ROWS[kind].objects.count(), EventRecord.objects.count()) == (before, events)
    whole = made(world.ada.post(f"/api/v1/{kind}:batch", {"items": [first, second], "atomic": True}))
    assert whole["succeeded"] == 2


@pytest.mark.parametrize("kind", ROWS)
def test_more_items_cost_no_more_statements(world: World, kind: str) -> None:
    declare(world.ada)

    def cost(items: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as queries:
            made(world.ada.post(f"/api/v1/{kind}:batch", {"items": items}))
        return len(queries)

    items = items_of(kind, 62)
    cost(items[:1])
    assert cost(items[1:2]) == cost(items[2:])


def test_more_changes_cost_no_more_statements(world: World) -> None:
    declare(world.ada)
    made(world.ada.post("/api/v1/offers:batch", {"items": items_of("offers", 63)}))
    changes = [
        {"id": str(row.id), "generation": 1, "state": "withdrawn", "available": 1, "price_cny_hour": "7"}
        for row in Offer.objects.filter(key__startswith="offers-")
    ]

    def cost(items: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert made(world.ada.post("/api/v1/offers:change", {"items": items}))["failed"] == 0
        return len(queries)

    cost(changes[:1])
    assert cost(changes[1:2]) == cost(changes[2:62])
    assert Offer.objects.with_price().filter(state="withdrawn", available=1, generation=2).count() == 62
    assert EventRecord.objects.filter(name="aggregation.offer_changed").count() == 62


@pytest.mark.parametrize(("items", "pointer"), [([], "/items"), ([{}] * 1001, "/items"), ([1], "/items/0")])
def test_a_batch_has_one_to_a_thousand_objects(world: World, items: list[Any], pointer: str) -> None:
    refused = world.ada.post("/api/v1/pools:batch", {"items": items})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_batch_that_cannot_be_read_is_refused_as_any_body(world: World) -> None:
    """Its items are counted before it is read, to know whether it is answered later."""
    refused = world.ada.send("POST", "/api/v1/pools:batch", b"[" * 100_000, Content_Type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_body")


def test_a_pool_of_a_batch_is_in_the_ledger_as_any_other(world: World) -> None:
    declare(world.ada)
    made(world.ada.post("/api/v1/pools:batch", {"items": items_of("pools", 2)}))
    for row in Pool.objects.filter(key__startswith="pools-"):
        assert Capacity.objects.get(resource=row.id).total == row.machines
        assert EventRecord.objects.filter(subject=row.id, name="kernel.capacity_changed").exists()


def test_many_offers_are_changed_by_the_generation_that_was_read(world: World) -> None:
    first, second = (declare(world.ada, suffix=f"-{number}")["offer"] for number in (1, 2))
    theirs = declare(world.cleo, suffix="-3")["offer"]
    items = [
        {"id": first["id"], "generation": first["generation"], "price_cny_hour": "99"},
        {"id": second["id"], "generation": second["generation"] + 1, "available": 1},
        {"id": theirs["id"], "generation": theirs["generation"], "available": 1},
        {"id": str(new_id()), "generation": 1, "available": 1},
        {"id": first["id"], "generation": first["generation"], "available": 1},
        {"id": second["id"], "generation": second["generation"]},
        {"id": second["id"], "generation": second["generation"], "state": "withdrawn"},
        {
            "id": second["id"],
            "generation": second["generation"] + 1,
            "state": "listed",
            "valid_from": "2020-01-01T00:00:00Z",
            "price_cny_hour": "1",
        },
    ]
    answer = made(world.ada.post("/api/v1/offers:change", {"items": items}))
    assert [each["status"] for each in answer["items"]] == [200, 409, 404, 404, 409, 400, 200, 400]
    assert answer["items"][1]["problem"]["code"] == "item_changed"
    assert answer["items"][2]["problem"] | {"request_id": ""} == answer["items"][3]["problem"] | {
        "request_id": ""
    }
    assert made(world.ada.get(f"/api/v1/offers/{first['id']}"))["price_cny_hour"] == "99.000000"
    assert made(world.ada.get(f"/api/v1/offers/{second['id']}"))["state"] == "withdrawn"
    assert made(world.cleo.get(f"/api/v1/offers/{theirs['id']}"))["available"] == theirs["available"]


def test_all_or_nothing_of_changes_is_nothing_if_one_is_stale(world: World) -> None:
    row = declare(world.ada)["offer"]
    items = [
        {"id": row["id"], "generation": row["generation"], "available": 1},
        {"id": row["id"], "generation": row["generation"], "available": 2},
    ]
    refused = world.ada.post("/api/v1/offers:change", {"items": items, "atomic": True})
    assert refused.json()["errors"][0]["pointer"] == "/items/1/generation"
    assert made(world.ada.get(f"/api/v1/offers/{row['id']}"))["available"] == row["available"]

"""Offers: declared, priced anew, listed and withdrawn; and many at once with a result for each."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aggregation.models import OfferPrice
from aggregation.selectors.offers import facts
from kernel.clock import now
from tests.aggregation.supply import ABSENT, bodies, declare, made, moment, offer
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def test_the_demo_bodies_are_taken_as_they_are(world: World) -> None:
    for noun in ("centres", "pools", "offers"):
        for body in bodies(noun, "compute-jia"):
            made(world.ada.post(f"/api/v1/{noun}", body))
    listed = world.ada.get("/api/v1/offers?state=listed").json()["items"]
    assert {row["offer"] for row in listed} == {body["offer"] for body in bodies("offers", "compute-jia")}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"pool": "nowhere"}, "/pool"),
        ({"centre": "nowhere"}, "/centre"),
        ({"accelerator": "Ascend 9I0B"}, "/accelerator"),
        ({"accelerator": "NVIDIA T4"}, "/accelerator"),
        ({"accelerators": 4}, "/accelerators"),
        ({"domestic": False}, "/domestic"),
        ({"fp16_tflops": "1"}, "/fp16_tflops"),
        ({"price_cny_hour": "-1"}, "/price_cny_hour"),
        ({"price_cny_hour": "1.00001"}, "/price_cny_hour"),
        ({"price_cny_hour": "98.6O"}, "/price_cny_hour"),
        ({"price_cny_hour": "Infinity"}, "/price_cny_hour"),
        ({"price_cny_hour": None}, "/price_cny_hour"),
        ({"available": 2.5}, "/available"),
        ({"available": ABSENT}, "/available"),
        ({"unit": "rack"}, "/unit"),
        ({"min_hours": 0}, "/min_hours"),
        ({"term": "monthly", "min_hours": 1}, "/min_hours"),
        ({"state": "withdrawn"}, "/state"),
        ({"valid_from": "2020-01-01T00:00:00Z"}, "/valid_from"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until"),
    ],
)
def test_a_wrong_field_is_named(world: World, changes: dict[str, Any], pointer: str) -> None:
    declare(world.ada, offers=False)
    answer = world.ada.post("/api/v1/offers", offer(**changes))
    assert answer.status_code == 400, answer.content.decode()
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert world.ada.get("/api/v1/offers").json()["items"] == []


def test_an_offer_may_name_its_accelerator_by_an_alias(world: World) -> None:
    declare(world.ada, offers=False)
    made(world.ada.post("/api/v1/offers", offer(accelerator="910B")))


def test_nobody_sells_from_anothers_pool(world: World) -> None:
    declare(world.ada, offers=False)
    foreign = world.cleo.post("/api/v1/offers", offer(centre=ABSENT))
    missing = world.cleo.post("/api/v1/offers", offer(centre=ABSENT, pool="nowhere"))
    assert foreign.status_code == missing.status_code == 400
    assert foreign.json()["errors"][0]["pointer"] == missing.json()["errors"][0]["pointer"] == "/pool"


def test_a_price_change_is_a_new_row_and_the_old_one_stays(world: World) -> None:
    row = declare(world.ada)["offer"]
    address = f"/api/v1/offers/{row['id']}"
    told = world.ada.get(address).json()["price_cny_hour"]
    made(world.ada.patch(address, {"price_cny_hour": told}, If_Match='"1"'))
    answer = made(world.ada.patch(address, {"price_cny_hour": "99.5"}, If_Match='"2"'))
    assert (answer["price_cny_hour"], answer["generation"]) == ("99.500000", 3)
    history = OfferPrice.objects.filter(offer=row["id"]).order_by("id")
    assert [str(price.price_cny_hour) for price in history] == [told, told, "99.500000"]


def test_a_price_announced_for_later_does_not_stand_yet(world: World) -> None:
    row = declare(world.ada)["offer"]
    later = (now() + timedelta(days=1)).isoformat()
    body = {"price_cny_hour": "50", "valid_from": later}
    answer = made(world.ada.patch(f"/api/v1/offers/{row['id']}", body, If_Match='"1"'))
    assert answer["price_cny_hour"] == "112.800000"


def test_a_price_that_has_ended_leaves_none_and_says_when(world: World) -> None:
    row = declare(world.ada)["offer"]
    until = (now() + timedelta(hours=1)).isoformat()
    body = {"price_cny_hour": "50", "valid_until": until}
    answer = made(world.ada.patch(f"/api/v1/offers/{row['id']}", body, If_Match='"1"'))
    assert answer["price_cny_hour"] == "50.000000"
    assert moment(answer["price_until"]) == moment(until)
    OfferPrice.objects.create(
        offer_id=row["id"],
        price_cny_hour=60,
        valid_from=now() - timedelta(seconds=2),
        valid_until=now() - timedelta(seconds=1),
    )
    ended = OfferPrice.objects.create(
        offer_id=row["id"], price_cny_hour=70, valid_from=now(), valid_until=now() + timedelta(milliseconds=1)
    )
    while now() < moment(str(ended.valid_until)):
        pass
    assert world.ada.get(f"/api/v1/offers/{row['id']}").json()["price_cny_hour"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"valid_from": "2040-01-01T00:00:00Z"}, "/valid_from"),
        ({"price_cny_hour": "1", "valid_from": "2020-01-01T00:00:00Z"}, "/valid_from"),
        ({"state": "draft"}, "/state"),
        ({"available": -1}, "/available"),
    ],
)
def test_a_wrong_change_is_named(world: World, body: dict[str, Any], pointer: str) -> None:
    row = declare(world.ada)["offer"]
    answer = world.ada.patch(f"/api/v1/offers/{row['id']}", body, If_Match='"1"')
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_change_says_what_it_is_based_on(world: World) -> None:
    address = f"/api/v1/offers/{declare(world.ada)['offer']['id']}"
    assert world.ada.patch(address, {"available": 1}).status_code == 428
    assert world.ada.patch(address, {"available": 1}, If_Match='"7"').status_code == 412
    assert made(world.ada.patch(address, {"available": 1}, If_Match='"1"'))["available"] == 1


def test_an_offer_is_drafted_listed_withdrawn_and_listed_again(world: World) -> None:
    declare(world.ada, offers=False)
    row = made(world.ada.post("/api/v1/offers", offer(state="draft")))
    for generation, state in enumerate(("listed", "withdrawn", "listed"), start=1):
        answer = world.ada.patch(f"/api/v1/offers/{row['id']}", {"state": state}, If_Match=f'"{generation}"')
        assert made(answer)["state"] == state


def test_a_foreign_offer_is_a_missing_offer(world: World) -> None:
    row = declare(world.ada)["offer"]
    for path in (f"/api/v1/offers/{row['id']}", f"/api/v1/offers/{row['id']}/gate"):
        assert world.cleo.get(path).status_code == 404
        assert world.nobody.get(path).status_code == 401
        assert world.rhea.get(path).status_code == 200
    assert world.cleo.patch(f"/api/v1/offers/{row['id']}", {"available": 1}).status_code == 404
    assert world.rhea.patch(f"/api/v1/offers/{row['id']}", {"available": 1}).status_code == 403
    assert world.ben.post("/api/v1/offers", offer()).status_code == 403


def test_a_batch_stores_what_is_right_and_says_what_is_wrong_with_the_rest(world: World) -> None:
    declare(world.ada, offers=False)
    items = [
        offer(),
        offer(offer="second", price_cny_hour="x"),
        offer(offer="third", pool="nowhere"),
        offer(),
        offer(offer="fifth"),
    ]
    answer = made(world.ada.post("/api/v1/offers:batch", {"items": items}))
    assert answer["succeeded"] == 2
    assert [item["status"] for item in answer["items"]] == [201, 400, 400, 400, 201]
    assert [
        [error["pointer"] for error in (item["problem"] or {"errors": []})["errors"]]
        for item in answer["items"]
    ] == [
        [],
        ["/price_cny_hour"],
        ["/pool"],
        ["/offer"],
        [],
    ]
    stored = {row["offer"] for row in world.ada.get("/api/v1/offers").json()["items"]}
    assert stored == {"wj-910b-hour", "fifth"}


def test_a_batch_has_at_most_a_thousand_items(world: World) -> None:
    answer = world.ada.post("/api/v1/offers:batch", {"items": [{}] * 1001})
    assert answer.json()["errors"][0]["pointer"] == "/items"


def test_a_longer_list_costs_no_more_queries(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert world.ada.get("/api/v1/offers").status_code == 200
        return len(seen)

    declare(world.ada)
    queries()
    one = queries()
    made(world.ada.post("/api/v1/offers:batch", {"items": [offer(offer=f"o-{n}") for n in range(9)]}))
    assert queries() == one


def test_the_facts_of_an_offer_cross_to_the_floors_above(world: World) -> None:
    found = declare(world.ada)
    (known,) = facts([found["offer"]["id"]]).values()
    assert str(known.pool) == found["pool"]["id"]
    assert str(known.centre) == found["centre"]["id"]
    assert known.provider == world.ada.organisation.id
    assert (known.key, known.unit, known.marking) == ("wj-910b-hour", "machine", "演示数据")
    assert str(known.price_cny_hour) == "112.800000"
    assert known.name == "示范吴江智算中心 Ascend 910B × 8"

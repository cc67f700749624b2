"""Lists in other orders, with relations whole, and readings that a reader already has."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aggregation.models import Pool
from tests.aggregation.supply import centre, declare, made
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def pages(world: World, path: str) -> list[Any]:
    """The items of every page that Otto reads, following `next`."""
    found: list[Any] = []
    while path:
        page = made(world.otto.get(path))
        found += page["items"]
        path = page["next"]
    return found


@pytest.fixture
def centres(world: World) -> None:
    """Five centres of two providers in two cities."""
    for place, person in enumerate((world.ada, world.cleo, world.ada, world.cleo, world.ada)):
        body = centre(centre=f"centre-{place}", division="320500" if place % 2 else "320200")
        made(person.post("/api/v1/centres", body))


@pytest.mark.parametrize("order", ["division", "-division", "centre", "-centre"])
def test_rows_of_equal_value_neither_repeat_nor_hide_each_other(
    world: World, centres: None, order: str
) -> None:
    found = [
        (each[order.removeprefix("-")], each["id"])
        for each in pages(world, f"/api/v1/centres?limit=2&order_by={order}")
    ]
    assert len(found) == 5
    assert found == sorted(found, reverse=order.startswith("-"))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("division=320200", 3),
        ("division__startswith=3205", 2),
        ("division__startswith=32", 5),
        ("name__icontains=nowhere", 0),
        ("centre=centre-3", 1),
    ],
)
def test_a_list_is_narrowed_by_what_it_declares(world: World, centres: None, query: str, count: int) -> None:
    assert len(pages(world, f"/api/v1/centres?limit=2&{query}")) == count


def test_any_of_several_codes_is_asked_for_by_commas_or_by_repeating(world: World) -> None:
    declare(world.ada)
    for query in ("state__in=draft,listed", "state__in=draft&state__in=listed"):
        assert len(pages(world, f"/api/v1/offers?{query}")) == 1
    assert pages(world, "/api/v1/offers?state__in=withdrawn") == []
    refused = world.otto.get("/api/v1/offers?state__in=listed,sold")
    assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "state__in")


def test_a_relation_is_shown_whole_where_it_is_asked_for(world: World) -> None:
    supply = declare(world.ada)
    (offer,) = pages(world, "/api/v1/offers?expand=pool")
    assert offer["expanded"]["pool"]["id"] == supply["pool"]["id"]
    assert "expanded" not in pages(world, "/api/v1/offers")[0]
    one = made(world.ada.get(f"/api/v1/offers/{supply['offer']['id']}?expand=pool&fields=offer"))
    assert set(one) == {"id", "offer", "expanded"}
    assert one["expanded"]["pool"]["pool"] == supply["pool"]["pool"]
    assert "expanded" not in one["expanded"]["pool"]


def test_a_relation_that_the_caller_may_not_read_is_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(world.ada)
    scoped = world.ada.with_scopes("aggregation.list_offers")
    (offer,) = made(scoped.get("/api/v1/offers?expand=pool"))["items"]
    assert "expanded" not in offer
    (offer,) = made(world.ada.get("/api/v1/offers?expand=pool"))["items"]
    assert offer["expanded"]["pool"]


def test_a_relation_costs_one_query_for_any_number_of_rows(world: World) -> None:
    def cost(path: str) -> int:
        world.otto.get(path)
        with CaptureQueriesContext(connection) as queries:
            world.otto.get(path)
        return len(queries)

    declare(world.ada, suffix="-1")
    plain, few = cost("/api/v1/offers"), cost("/api/v1/offers?expand=pool")
    for number in range(2, 8):
        declare(world.ada, suffix=f"-{number}")
    assert few == plain + 2, "the pools, and the clock by which their inventory is judged"
    assert cost("/api/v1/offers?expand=pool") == few


def test_who_has_the_answer_is_told_so_until_it_changes(world: World) -> None:
    here = f"/api/v1/offers/{declare(world.ada)['offer']['id']}"
    first = world.ada.get(here)
    again = world.ada.get(here, If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    for header in ("Content-Language", "Vary", "RateLimit", "X-Request-Id"):
        assert header in again
    assert world.ada.get(here, If_None_Match='"other", ' + first["ETag"]).status_code == 304
    assert world.ada.get(here + "?fields=offer", If_None_Match=first["ETag"]).status_code == 200
    made(world.ada.patch(here, {"available": 3}, If_Match=first["ETag"]))
    changed = world.ada.get(here, If_None_Match=first["ETag"])
    assert (changed.status_code, changed.json()["available"]) == (200, 3)
    assert world.ada.patch(here, {"available": 4}, If_Match=first["ETag"]).status_code == 412


def test_figures_that_move_without_the_row_are_read_anew(world: World) -> None:
    """What is free, or the price of the hour, is part of the answer though the row has not changed."""
    supply = declare(world.ada)
    here = f"/api/v1/offers/{supply['offer']['id']}?expand=pool"
    first = world.ada.get(here)
    Pool.objects.update(machines=7)
    assert world.ada.get(here, If_None_Match=first["ETag"]).status_code == 200


def test_head_is_get_without_a_body_and_options_asks_nothing(world: World) -> None:
    declare(world.ada)
    whole, head = world.ada.get("/api/v1/offers"), world.ada.send("HEAD", "/api/v1/offers")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == whole["ETag"]
    options = world.nobody.send("OPTIONS", "/api/v1/offers")
    assert options.status_code == 200
    assert {each.strip() for each in options["Allow"].split(",")} == {"GET", "POST", "HEAD", "OPTIONS"}

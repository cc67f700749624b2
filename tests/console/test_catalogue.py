"""The catalogue page: the rows of the API, page by page, and nothing that may not be sold."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from aggregation.models import Centre, Offer
from console.pages import catalogue
from console.pages.catalogue import price
from kernel.actor import SYSTEM
from kernel.models.suspensions import SuspensionCause, SuspensionScope
from kernel.services.suspensions import open_suspension
from tests.aggregation.supply import bring_to_market
from tests.console.browser import Sight, look
from tests.support.cast import World

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('甲')</script>\"&"


def keys(page: Sight) -> list[str]:
    """The offers on a page, by their keys."""
    return [key for key in page.words.split() if key.startswith("wj-910b-hour")]


def test_it_shows_the_offer_as_the_api_does(world: World) -> None:
    bring_to_market(world.ada)
    row = world.nobody.get("/api/v1/catalogue/offers").json()["items"][0]
    answer, page = look("/catalogue", "en")
    assert answer.status_code == 200
    for name in ("offer", "name", "provider_name", "division", "accelerator", "marking"):
        assert row[name] in page.words
    assert row["marking"] == "演示数据"
    assert f"{price(Decimal(row['price_cny_hour']))} CNY per machine-hour" in page.words
    assert "Intelligent" in page.words
    assert "智算" in look("/catalogue")[1].words


def test_it_has_the_rows_of_the_api_in_the_same_order_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "ROWS_A_PAGE", 2)
    for number in range(5):
        bring_to_market(world.ada, suffix=f"-{number}")
    expected = [row["offer"] for row in world.nobody.get("/api/v1/catalogue/offers").json()["items"]]
    path, seen, pages = "/catalogue?kind=intelligent", [], 0
    while path:
        _, page = look(path)
        seen += keys(page)
        pages += 1
        path = next((each["href"] for each in page.all("a") if each.get("rel") == "next"), "")
        assert "kind=intelligent" in path or not path
    assert (seen, pages) == (expected, 3)


def test_it_shows_one_kind_where_one_is_asked_for(world: World) -> None:
    bring_to_market(world.ada)
    _, page = look("/catalogue?kind=intelligent", "en")
    assert len(keys(page)) == 1
    chosen = [each["href"] for each in page.all("a") if each.get("aria-current") == "true"]
    assert chosen == ["/catalogue?kind=intelligent"]
    _, page = look("/catalogue?kind=super", "en")
    assert keys(page) == []
    assert "Nothing can be bought" in page.text


@pytest.mark.parametrize(
    "query", ["kind=odd", "kind=%00", "cursor=odd", "cursor=%00", "kind=intelligent&cursor=%FF"]
)
def test_a_wrong_filter_is_said_and_breaks_nothing(world: World, query: str) -> None:
    answer, page = look(f"/catalogue?{query}", "en")
    assert answer.status_code == 400
    assert "/" in page.addresses


def test_what_may_not_be_sold_is_not_shown(world: World) -> None:
    found = bring_to_market(world.ada)
    assert len(keys(look("/catalogue")[1])) == 1
    open_suspension(
        subject=UUID(found["offer"]["id"]),
        tenant=world.ada.organisation.id,
        cause=SuspensionCause.FINDING,
        scope=SuspensionScope.NEW_SALE,
        reference=uuid4(),
        actor=SYSTEM,
    )
    assert keys(look("/catalogue")[1]) == []


def test_hostile_names_are_text(world: World) -> None:
    found = bring_to_market(world.ada)
    Centre.objects.filter(id=found["centre"]["id"]).update(name=HOSTILE)
    world.ada.organisation.name = HOSTILE
    world.ada.organisation.save()
    Offer.objects.update(marking='" onload="x')
    answer, page = look("/catalogue")
    assert page.text.count(HOSTILE) == 2
    assert "<script" not in answer.content.decode()
    assert not [each for _, each in page.elements if "onload" in each]


def test_more_offers_take_no_more_queries(world: World, django_assert_num_queries: Any) -> None:
    bring_to_market(world.ada)
    with CaptureQueriesContext(connection) as one:
        look("/catalogue")
    queries = len(one)
    for number in range(3):
        bring_to_market(world.ada, suffix=f"-{number}")
    with django_assert_num_queries(queries):
        assert len(keys(look("/catalogue")[1])) == 4


@pytest.mark.parametrize(
    ("rate", "shown"),
    [("1", "1.00"), ("1234.5", "1,234.50"), ("0.123456", "0.123456"), ("0", "0.00"), ("10.100", "10.10")],
)
def test_a_price_has_two_places_or_as_many_as_it_needs(rate: str, shown: str) -> None:
    assert price(Decimal(rate)) == shown


@given(st.decimals(0, 10**12 - 1, places=6))
def test_a_price_is_shown_to_its_last_place(rate: Decimal) -> None:
    shown = price(rate)
    assert Decimal(shown.replace(",", "")) == rate
    assert 2 <= len(shown.split(".")[1]) <= 6

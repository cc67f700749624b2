"""What crosses to selection, the public catalogue, and the reports: sellable, fresh, missing never zero."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aggregation.models import Inventory
from aggregation.reports import collect_missing, collect_pools
from aggregation.selectors import supply
from aggregation.selectors.accelerators import canonical_name
from kernel.clock import now
from kernel.reports import SECTIONS
from kernel.services.capacity import hold
from scheduling.domain.rows import TABLES
from tests.aggregation.supply import beat, bring_to_market, declare, made, next_sequence, offer, report
from tests.support.cast import World


@pytest.mark.django_db
def test_the_rows_have_the_columns_of_the_selection_files(world: World) -> None:
    found = bring_to_market(world.ada)
    declare(world.ada, suffix="-unseen")
    rows = supply.rows(all_=True)
    columns = {table.name: [column.name for column in table.columns] for table in TABLES}
    assert [list(row.cells) for row in rows.centres] == [columns["centres"]]
    assert [list(row.cells) for row in rows.offers] == [columns["offers"]]
    row = rows.offers[0].cells
    assert row["provider"] == world.ada.organisation.code
    assert (row["offer"], row["centre"], row["domestic"]) == ("wj-910b-hour", "wujiang", 1)
    assert (row["price_cny_hour"], row["fp16_tflops"]) == (Decimal("112.8"), None)
    assert str(rows.offers[0].source) == found["offer"]["id"]
    assert str(rows.offers[0].resource) == found["pool"]["id"]
    assert str(rows.centres[0].source) == found["centre"]["id"]


@pytest.mark.django_db
def test_available_is_what_the_ledger_has_left_and_no_more_than_the_offer_sells(world: World) -> None:
    pool = UUID(bring_to_market(world.ada, free=16)["pool"]["id"])
    assert supply.rows(all_=True).offers[0].cells["available"] == 6, "the offer's ceiling"
    hold(bundle=pool, tenant=pool, quantities={pool: 12}, ttl=timedelta(minutes=5))
    assert supply.rows(all_=True).offers[0].cells["available"] == 4, "what the ledger has left"


@pytest.mark.django_db
def test_more_rows_cost_no_more_queries(world: World) -> None:
    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as seen:
            offers = len(supply.rows(all_=True).offers)
        return offers, len(seen)

    bring_to_market(world.ada)
    few = queries()
    items = [offer(offer=f"more-{number}") for number in range(20)]
    made(world.ada.post("/api/v1/offers:batch", {"items": items}))
    bring_to_market(world.cleo, suffix="-c")
    many = queries()
    assert (few[0], many[0]) == (1, 22)
    assert few[1] == many[1] <= 20


@pytest.mark.django_db
def test_anybody_reads_the_catalogue_page_by_page(world: World) -> None:
    bring_to_market(world.ada)
    items = [offer(offer=f"more-{number}") for number in range(4)]
    made(world.ada.post("/api/v1/offers:batch", {"items": items}))
    first = world.nobody.get("/api/v1/catalogue/offers?limit=3&count=true").json()
    assert (len(first["items"]), first["count"]) == (3, 5)
    rest = world.nobody.get(first["next"]).json()
    assert (len(rest["items"]), rest["next"]) == (2, None)
    row = rest["items"][-1]
    assert row["provider_name"] == "示范算力商甲"
    assert (row["name"], row["marking"]) == ("示范吴江智算中心 Ascend 910B × 8", "演示数据")
    assert row["price_cny_hour"] == "112.800000"
    assert world.nobody.get("/api/v1/catalogue/offers?kind=general").json()["items"] == []
    assert world.nobody.get("/api/v1/catalogue/offers?kind=quantum").status_code == 400
    assert world.nobody.get("/api/v1/catalogue/offers?colour=red").json()["code"] == "unknown_parameter"


@pytest.mark.django_db
def test_a_longer_catalogue_costs_no_more_queries(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            made(world.nobody.get("/api/v1/catalogue/offers"))
        return len(seen)

    bring_to_market(world.ada)
    one = queries()
    bring_to_market(world.cleo, suffix="-c")
    assert queries() == one


@pytest.mark.django_db
def test_the_report_adds_up_fresh_pools_and_names_the_silent_ones(world: World) -> None:
    bring_to_market(world.ada)
    silent = bring_to_market(world.cleo, suffix="-c")["pool"]["id"]
    declare(world.rex, suffix="-never")
    reading = {"machines_total": 16, "machines_free": 5, "machines_serving": 2, "faulty": 1}
    report(world.ada, beat(next_sequence(world.ada), wj_910b=reading))
    Inventory.objects.filter(pool=silent).update(observed_at=now() - timedelta(days=1))
    start, end = now() - timedelta(hours=1), now()
    (row,) = collect_pools(start, end)
    assert set(SECTIONS["resource.pools"].sums) == set(row) - {"kind"}
    assert row == {
        "kind": "intelligent",
        "pools": 1,
        "machines_installed": 16,
        "machines_in_use": 10,
        "machines_free": 5,
        "machines_faulty": 1,
        "cards_installed": 128,
        "cards_in_use": 80,
        "cards_free": 40,
    }
    missing = {each["pool"]: each for each in collect_missing(start, end)}
    assert missing["wj-910b-c"]["state"] == "stale"
    assert missing["wj-910b-c"]["last_observed_at"] is not None
    assert missing["wj-910b-never"] == {
        "pool": "wj-910b-never",
        "kind": "intelligent",
        "state": "unknown",
        "last_observed_at": None,
    }
    Inventory.objects.all().update(observed_at=now() - timedelta(days=1))
    assert collect_pools(start, end) == [], "all silent: missing, not zero"


def test_the_sections_are_registered() -> None:
    assert {"resource.pools", "resource.pools_missing"} <= set(SECTIONS)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("昇腾 910B", "Ascend 910B"),
        ("ascend910b", "Ascend 910B"),
        ("Tesla  T4", "NVIDIA T4"),
        ("Ascend 9I0B", None),
        ("", None),
    ],
)
def test_a_card_is_found_by_any_of_its_names(said: str, name: str | None) -> None:
    assert canonical_name(said) == name

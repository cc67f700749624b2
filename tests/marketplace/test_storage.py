"""Storage at the centre: quoted beside the compute, held where it is scarce, billed by the month, freed at the end."""

from pathlib import Path
from typing import Any

import pytest

from aggregation.models import Centre, CentreStore
from kernel.selectors.capacity import free
from marketplace.models import Quote
from marketplace.services.orders import end_order
from scheduling.services.supply import refresh_supply
from tests.aggregation.supply import made
from tests.marketplace.test_settlements import verify
from tests.marketplace.trade import aged, metered, policy_in_force, running, settled, sized
from tests.scheduling.live import chosen, open_market
from tests.scheduling.test_reservations import nights
from tests.support.cast import World
from tests.support.contract import misfits

pytestmark = pytest.mark.django_db
SCENE = open_market
STORAGE = {"gib": 100, "storage_class": "standard"}
TWO_MONTHS: dict[str, Any] = {"storage": STORAGE, "duration_hours": 1460}


def stocked(world: World, price: str = "0.3337") -> None:
    """In the market, 500 GiB of standard storage at Ada's centre."""
    body = {"storage_class": "standard", "gib": 500, "price_cny_gib_month": price}
    made(world.ada.post(f"/api/v1/centres/{Centre.objects.get().id}:set-storage", body))
    refresh_supply(everything=True)


def parts(statement: dict[str, Any]) -> dict[str, int]:
    return {line["part"]: line["amount_fen"] for line in statement["lines"]}


def test_storage_is_quoted_held_billed_by_the_month_and_freed(world: World, tmp_path: Path) -> None:
    stocked(world)
    sized(world.ben)
    policy_in_force(world)
    order = running(world, **TWO_MONTHS)
    assert order.storage_fen == 6674  # 100 GiB × 2 months × CNY 0.3337
    assert order.total_fen == order.compute_fen + 6674 + order.line_fen
    store = CentreStore.objects.get().id
    assert free([store]) == {store: 400}
    order = aged(order, 1500)
    made(world.ben.post("/api/v1/voucher-claims", {"order": str(order.id)}))
    metered(world, order, first=0, last=10)
    first = settled(world, order, first=0, last=20)
    assert parts(first)["storage"] == 3337
    evidence = world.lin.get(f"/api/v1/statements/{first['id']}/evidence").json()
    assert misfits("StatementEvidenceOut", evidence) == []
    assert evidence["storage"]["months"] == 2
    assert first["user_fen"] + first["voucher_fen"] == sum(parts(first).values())
    assert 0 < first["voucher_fen"] < parts(first)["compute"]  # it pays for no storage
    assert verify(tmp_path, first, evidence) == 0
    evidence["storage"]["contract_fen"] += 2
    assert verify(tmp_path, first, evidence) == 1
    second = settled(world, order, first=20, last=1460)
    evidence = world.ben.get(f"/api/v1/statements/{second['id']}/evidence").json()
    assert misfits("StatementEvidenceOut", evidence) == []
    assert parts(second)["storage"] == 3337
    assert verify(tmp_path, second, evidence) == 0
    end_order(order=order.id)
    assert free([store]) == {store: 500}


def test_the_storage_s_price_is_that_of_the_selection_or_there_is_no_quote(world: World) -> None:
    stocked(world)
    body = {"selection": chosen(world.ben, **TWO_MONTHS)["id"], "bundle": 0}
    stocked(world, price="0.3338")
    answer = world.ben.post("/api/v1/quotes", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    assert not Quote.objects.exists()


def test_what_is_gone_is_not_ordered_in_part(world: World) -> None:
    stocked(world)
    quotes = [
        made(
            world.ben.post(
                "/api/v1/quotes",
                {"selection": chosen(world.ben, storage={**STORAGE, "gib": 300})["id"], "bundle": 0},
            )
        )
        for _ in range(2)
    ]
    answers = [
        world.ben.post("/api/v1/orders", {"quote": quote["id"], "client_ref": quote["id"]})
        for quote in quotes
    ]
    assert [answer.status_code for answer in answers] == [201, 409]
    refused = answers[1].json()
    assert (refused["code"], refused["detail"]) == ("sold_out", refused["detail"])
    store = CentreStore.objects.get().id
    assert free([store]) == {store: 200}


def test_storage_takes_one_window_without_a_break(world: World) -> None:
    stocked(world)
    selection = chosen(world.ben, storage=STORAGE, duration_hours=120)["id"]
    body = {"selection": selection, "bundle": 0, "schedule": nights()}
    answer = world.ben.post("/api/v1/quotes", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "schedule_unpriced")

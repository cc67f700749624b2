"""What the service knows beyond the files, over HTTP: declared by its owners, in the snapshot, asked for, held, replayed."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from aggregation.models import Centre, CentreStore, Pool
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.selectors.capacity import free
from kernel.services.capacity import hold, release
from scheduling.models import LineProduct, LineTariff, Span, SupplyVersion
from scheduling.selectors.selections import bundle
from scheduling.services.holds import hold_bundle
from scheduling.services.supply import fresh_supply, refresh_supply
from tests.aggregation.supply import made
from tests.scheduling.live import chosen, open_market
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_market
EXTRA = {
    "weights": {"cny_per_ms": "10", "cny_per_kg_co2": "0.5", "cny_per_percent_unreliable": "100"},
    "residency": ["3205"],
    "domain": "science_economy",
    "storage": {"gib": 100, "storage_class": "standard"},
}


def declare(world: World) -> None:
    """Ada's storage and what her centre says of itself, Lin's promise."""
    Centre.objects.update(domains=["science_economy"], availability="0.9995")
    Pool.objects.update(power_w=5600)
    centre = Centre.objects.get()
    stored = {"storage_class": "standard", "gib": 500, "price_cny_gib_month": "0.3"}
    made(world.ada.post(f"/api/v1/centres/{centre.id}:set-storage", stored))
    for product in LineProduct.objects.all():
        made(world.lin.post(f"/api/v1/line-products/{product.id}:grade", {"availability": "0.999"}))


def the_look_was_enough() -> None:
    """A look at everything finds no more than what events told."""
    version = fresh_supply()
    refresh_supply(everything=True)
    newest = SupplyVersion.objects.order_by("-number").values_list(
        "number", "snapshot", "extras", "built_at"
    )[0]
    assert newest == version.identity


def test_what_is_declared_is_in_the_next_version_and_leaves_the_hash_of_the_files(world: World) -> None:
    before = fresh_supply()
    declare(world)
    refresh_supply(everything=True)  # the columns that no act of the API changes were set behind its back
    after = fresh_supply()
    assert after.supply.snapshot == before.supply.snapshot
    assert after.supply.extras.snapshot != before.supply.extras.snapshot
    (facts,) = after.supply.extras.centre_facts.values()
    # 1.22 × 0.5366 × (1 − 0.45)
    assert (str(facts.carbon_kg_kwh), facts.carbon_basis) == ("0.360059", "derived:2022.1")
    stored = {"storage_class": "standard", "gib": 400, "price_cny_gib_month": "0.2"}
    made(world.ada.post(f"/api/v1/centres/{Centre.objects.get().id}:set-storage", stored))
    assert fresh_supply().number == after.number + 1
    the_look_was_enough()
    product = LineProduct.objects.order_by("id")[0]
    made(world.lin.post(f"/api/v1/line-products/{product.id}:grade", {"availability": None}))
    assert len(fresh_supply().supply.extras.line_grades) == LineProduct.objects.count() - 1
    the_look_was_enough()


def test_a_demand_with_all_of_it_is_answered_priced_scored_and_replayed(world: World) -> None:
    declare(world)
    refresh_supply(everything=True)
    asked = chosen(world.ben, **EXTRA)
    first = asked["answer"]["bundles"][0]
    assert first["cny"]["storage"] == "30.0000"
    parts = first["score"]["parts"]
    # 5.6 kW × 730 h × 0.360059 kg, and 100 × (1 − 0.9995 × 0.999)
    assert (parts["kg_co2"]["value"], parts["percent_unreliable"]["value"]) == ("1471.921192", "0.14995")
    assert asked["extras"] == asked["answer"]["extras"] == fresh_supply().supply.extras.snapshot
    here = f"/api/v1/selections/{asked['id']}:replay"
    assert made(world.ben.post(here))["same_snapshot"] is True
    stored = {"storage_class": "standard", "gib": 500, "price_cny_gib_month": "0.4"}
    made(world.ada.post(f"/api/v1/centres/{Centre.objects.get().id}:set-storage", stored))
    again = made(world.ben.post(here))
    assert (again["same_snapshot"], again["same_answer"]) == (False, True)
    assert again["answer"]["bundles"][0]["cny"]["storage"] == "40.0000"
    assert chosen(world.ben)["extras"] == ""


def test_storage_is_held_with_the_bundle(world: World) -> None:
    declare(world)
    refresh_supply(everything=True)
    asked = chosen(world.ben, storage=EXTRA["storage"])
    facts = bundle(UUID(asked["id"]), 0)
    (store,) = CentreStore.objects.all()
    assert (facts.store, facts.storage_gib, facts.storage_fen) == (store.id, 100, 3000)
    hold_bundle(
        bundle=uuid4(), facts=facts, tenant=facts.tenant, ttl=timedelta(minutes=5), actor=world.ben.actor
    )
    assert free([store.id]) == {store.id: 400}
    (left,) = fresh_supply().supply.extras.stores.values()
    assert left.free_gib == 400
    the_look_was_enough()


def test_what_is_booked_for_a_window_counts_in_that_window_only(world: World) -> None:
    start = now() + timedelta(days=200)
    pool, span = Pool.objects.get(), Span.objects.get(key="jia-tongli-wujiang")
    window, booking = Window(start, start + timedelta(days=2)), uuid4()
    hold(
        bundle=booking,
        tenant=world.ben.organisation.id,
        quantities={pool.id: 6, span.id: span.capacity_mbps},
        ttl=timedelta(days=300),
        windows=[window],
    )
    refresh_supply(everything=True)
    assert set(fresh_supply().supply.extras.booked) == {
        f"offer|{next(iter(fresh_supply().supply.offers))}",
        f"span|{span.key}",
    }

    def starting(days: int) -> dict[str, Any]:
        at = (start + timedelta(days=days)).isoformat()
        return dict(chosen(world.ben, duration_hours=24, starts_at=at)["answer"])

    during, after = starting(1), starting(2)
    assert (during["bundles"], during["rejected"]["offers"]) == ([], {"window": 1})
    assert {each["constraint"]: each["to"] for each in during["relax"]}["starts_at"] == window.end.isoformat()
    assert after["bundles"]
    at_once = chosen(world.ben, duration_hours=24)["answer"]  # its term is over before
    assert at_once["bundles"]
    assert at_once["extras"]
    release(bundle=booking)


def test_storage_that_is_booked_for_a_window_is_free_at_any_other_time(world: World) -> None:
    declare(world)
    refresh_supply(everything=True)
    start = now() + timedelta(days=200)

    def asked(gib: int, days: int | None) -> dict[str, Any]:
        at = {} if days is None else {"starts_at": (start + timedelta(days=days)).isoformat()}
        return dict(
            chosen(world.ben, duration_hours=24, storage={"gib": gib, "storage_class": "standard"}, **at)
        )

    def held(found: dict[str, Any]) -> str:
        return str(made(world.ben.post("/api/v1/holds", {"selection": found["id"], "bundle": 0}))["id"])

    booking = held(asked(450, 0))
    assert [key for key in fresh_supply().supply.extras.booked if key.startswith("store")]
    the_look_was_enough()
    during = asked(100, 0)["answer"]
    assert (during["bundles"], during["rejected"]["offers"]) == ([], {"storage": 1})
    hints = {each["constraint"]: each["to"] for each in during["relax"]}
    assert (hints["storage.gib"], hints["starts_at"]) == (50, (start + timedelta(days=1)).isoformat())
    kept = [booking, held(asked(450, 1)), held(asked(450, None))]  # the day after, and at once, for a day
    for each in kept:
        made(world.ben.post(f"/api/v1/holds/{each}:release"))
    assert not [key for key in fresh_supply().supply.extras.booked if key.startswith("store")]


def test_where_a_tariff_counts_working_days_the_start_waits_for_as_many_days_as_they_are(
    world: World,
) -> None:
    LineTariff.objects.update(lead_days=10, lead_in="working")
    refresh_supply(everything=True)
    soon = (now() + timedelta(days=12)).isoformat()
    early = chosen(world.ben, duration_hours=24, starts_at=soon)
    assert early["answer"]["rejected"]["bundles"]["start"]
    assert min(early["access"]["opens_in"].values()) >= 13
    (hint,) = [each for each in early["answer"]["relax"] if each["constraint"] == "starts_at"]
    late = chosen(world.ben, duration_hours=24, starts_at=(now() + timedelta(days=40)).isoformat())
    assert late["answer"]["bundles"]
    assert hint["to"] > soon
    again = made(world.ben.post(f"/api/v1/selections/{early['id']}:replay"))
    assert again["same_answer"] is True


def test_only_owners_declare(world: World) -> None:
    stored = {"storage_class": "standard", "gib": 5, "price_cny_gib_month": "0.2"}
    centre = f"/api/v1/centres/{Centre.objects.get().id}:set-storage"
    product = f"/api/v1/line-products/{LineProduct.objects.order_by('id')[0].id}:grade"
    assert world.cleo.post(centre, stored).status_code == 404
    assert world.lou.post(product, {"availability": "0.5"}).status_code == 404
    assert world.ada.post(product, {"availability": "0.5"}).status_code == 404
    for body, field in (
        (stored | {"gib": -1}, "/gib"),
        (stored | {"storage_class": "tape"}, "/storage_class"),
        (stored | {"price_cny_gib_month": "NaN"}, "/price_cny_gib_month"),
    ):
        refused = world.ada.post(centre, body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, field)
    assert world.lin.post(product, {"availability": "1.1"}).status_code == 400

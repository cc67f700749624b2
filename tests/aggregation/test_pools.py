"""Pools: what a machine may claim, and the ledger row that comes with them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.selectors.capacity import totals
from tests.aggregation.supply import ABSENT, bodies, centre, declare, made, pool
from tests.support.cast import World

pytestmark = pytest.mark.django_db


def test_the_demo_bodies_are_taken_and_open_their_ledger_rows(world: World) -> None:
    for body in bodies("centres", "compute-jia"):
        made(world.ada.post("/api/v1/centres", body))
    for body in bodies("pools", "compute-jia"):
        answer = made(world.ada.post("/api/v1/pools", body))
        assert answer["free"] == answer["machines"] == body["machines"]
        assert answer["accelerator"] == body["accelerator"]
        assert answer["inventory"]["state"] == "unknown"
        assert answer["inventory"]["machines_free"] is None, "unknown is not zero"


def test_an_alias_becomes_the_canonical_name(world: World) -> None:
    assert declare(world.ada, offers=False, accelerator="昇腾 910B")["pool"]["accelerator"] == "Ascend 910B"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"centre": "elsewhere"}, "/centre"),
        ({"accelerator": "Ascend 9I0B"}, "/accelerator"),
        ({"accelerator": None}, "/accelerators"),
        ({"accelerators": 0}, "/accelerators"),
        ({"domestic": False}, "/domestic"),
        ({"accelerator": "T4", "domestic": False}, "/accelerator_memory_gib"),
        ({"accelerator": "MLU370-X8", "accelerator_memory_gib": 48, "fp16_tflops": "769"}, "/fp16_tflops"),
        ({"kind": "quantum"}, "/kind"),
        ({"machines": 0}, "/machines"),
        ({"machines": 1.5}, "/machines"),
        ({"memory_gib": "-1"}, "/memory_gib"),
        ({"fp16_tflops": "NaN"}, "/fp16_tflops"),
        ({"vcpus": ABSENT}, "/vcpus"),
    ],
)
def test_a_wrong_field_is_named(world: World, changes: dict[str, Any], pointer: str) -> None:
    made(world.ada.post("/api/v1/centres", centre()))
    answer = world.ada.post("/api/v1/pools", pool(**changes))
    assert answer.status_code == 400, answer.content.decode()
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert world.ada.get("/api/v1/pools").json()["items"] == []


def test_a_pool_stands_in_a_centre_of_its_own_provider(world: World) -> None:
    declare(world.ada, offers=False)
    foreign = world.cleo.post("/api/v1/pools", pool(pool="cleo-1"))
    missing = world.cleo.post("/api/v1/pools", pool(pool="cleo-1", centre="nowhere"))
    assert foreign.status_code == missing.status_code == 400
    assert foreign.json()["errors"][0]["code"] == missing.json()["errors"][0]["code"]


def test_the_key_of_a_pool_is_unique_in_the_node(world: World) -> None:
    declare(world.ada, offers=False)
    assert world.ada.post("/api/v1/pools", pool()).json()["code"] == "key_taken"


def test_a_foreign_pool_is_a_missing_pool(world: World) -> None:
    row = declare(world.ada, offers=False)["pool"]
    assert world.cleo.get(f"/api/v1/pools/{row['id']}").status_code == 404
    assert "free" not in world.ben.get(f"/api/v1/pools/{row['id']}").json(), "a user reads pools masked"
    assert world.nobody.get(f"/api/v1/pools/{row['id']}").status_code == 401
    assert world.otto.get(f"/api/v1/pools/{row['id']}").status_code == 200


def test_a_longer_list_costs_no_more_queries(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert world.ada.get("/api/v1/pools").status_code == 200
        return len(seen)

    declare(world.ada, offers=False)
    queries()
    one = queries()
    for number in range(5):
        made(world.ada.post("/api/v1/pools", pool(pool=f"more-{number}")))
    assert queries() == one


def test_the_ledger_counts_machines(world: World) -> None:
    row = declare(world.ada, offers=False)["pool"]
    assert [*totals([row["id"]]).values()] == [16]

"""Batches of applications: a result for each, no more statements for more, and more than a thousand are answered later."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identifiers.models import Descriptor, Identifier
from kernel.services.jobs import run_next_job
from tests.support.cast import World

pytestmark = pytest.mark.django_db
CENTRE = {"name": "示范中心", "division": "320509", "design_racks": 1}
HERE = "/api/v1/identifiers:batch"


def item(**changes: Any) -> dict[str, Any]:
    """A sound application, with the changes."""
    return {"kind": "centre", "subject": str(uuid.uuid4()), "attributes": CENTRE, **changes}


def test_each_application_has_its_result_and_the_wrong_ones_say_where(world: World) -> None:
    twice = item()
    items = [item(), twice, item(attributes={"name": "x"}), twice, item(kind="planet"), item()]
    told = world.ada.post(HERE, {"items": items}).json()
    assert (told["succeeded"], told["failed"]) == (3, 3)
    assert [each["status"] for each in told["items"]] == [201, 201, 400, 409, 400, 201]
    places = [(each["problem"] or {}).get("errors", [{}])[0].get("pointer") for each in told["items"]]
    assert places == [None, None, "/attributes/division", "/subject", "/kind", None]
    assert {each["id"] for each in told["items"] if each["id"]} == {
        str(id_) for id_ in Identifier.objects.values_list("id", flat=True)
    }
    assert Descriptor.objects.count() == 3


def test_all_or_nothing_is_nothing_where_one_is_wrong(world: World) -> None:
    answer = world.ada.post(HERE, {"items": [item(), item(kind="planet")], "atomic": True})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/items/1/kind")
    assert not Identifier.objects.exists()


def test_more_items_cost_no_more_statements(world: World) -> None:
    def cost(count: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert (
                world.ada.post(HERE, {"items": [item() for _ in range(count)]}).json()["succeeded"] == count
            )
        return len(seen)

    cost(1)  # notes the key's first use
    assert cost(60) == cost(6)


def test_more_than_a_thousand_are_answered_later_and_too_many_not_at_all(world: World) -> None:
    later = world.ada.post(HERE, {"items": [item() for _ in range(1001)] + [item(kind="planet")]})
    assert later.status_code == 202
    assert "Preference-Applied" not in later
    while run_next_job():
        pass
    done = world.ada.get(later["Location"]).json()
    assert (done["state"], done["status"]) == ("succeeded", 200)
    assert (done["result"]["succeeded"], done["result"]["failed"]) == (1001, 1)
    assert done["result"]["items"][-1]["problem"]["errors"][0]["pointer"] == "/kind"
    too_many = world.ada.post(HERE, {"items": [{}] * 10_001}, Accept_Language="en")
    assert (too_many.status_code, too_many.json()["errors"][0]["pointer"]) == (400, "/items")
    assert "10000" in too_many.json()["errors"][0]["detail"]

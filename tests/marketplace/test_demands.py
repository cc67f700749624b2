"""What the regulator knows of demands: how many there were in a month, and nothing of whose."""

from datetime import UTC, datetime

import pytest

from kernel.tenancy import as_node
from marketplace.models import Demand
from tests.scheduling.live import demand
from tests.support.cast import World

pytestmark = pytest.mark.django_db
URL = "/api/v1/demand-counts"


def stated(world: World, name: str, at: datetime) -> None:
    answer = getattr(world, name).post("/api/v1/demands", {"title": name, "terms": demand()})
    with as_node("a day in the past"):
        Demand.objects.filter(id=answer.json()["id"]).update(created_at=at)


def test_demands_are_counted_by_the_month_in_china(world: World) -> None:
    stated(world, "ben", datetime(2026, 5, 31, 15, 59, tzinfo=UTC))
    stated(world, "ben", datetime(2026, 5, 31, 16, 0, tzinfo=UTC))  # the first of June in Shanghai
    stated(world, "bea", datetime(2026, 6, 2, tzinfo=UTC))
    assert world.rhea.get(URL).json()["items"] == [
        {"month": "2026-06-01", "demands": 2, "buyers": 2, "answered": 0},
        {"month": "2026-05-01", "demands": 1, "buyers": 1, "answered": 0},
    ]
    assert len(world.rhea.get(f"{URL}?months=1").json()["items"]) == 1


@pytest.mark.parametrize("months", ["0", "121", "x"])
def test_a_number_of_months_that_is_none_is_refused(world: World, months: str) -> None:
    refused = world.rhea.get(f"{URL}?months={months}")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/months")

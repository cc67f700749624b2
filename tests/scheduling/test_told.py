"""What an answer tells beside what the engine counts is of the same version, and changes no hash."""

from typing import Any

import pytest

from scheduling.selectors import supply as kept
from scheduling.services.supply import fresh_supply, refresh_supply
from tests.aggregation.supply import made
from tests.scheduling.live import days_ago, network, open_whole_market
from tests.scheduling.test_evidence import PATH, record
from tests.scheduling.test_line_services import CLASSES
from tests.scheduling.test_snapshots import hold, reprice, withdraw
from tests.support.cast import World

pytestmark = pytest.mark.django_db
SCENE = open_whole_market


def describe(world: World) -> None:
    products = {each["technology"]: each for each in made(world.lin.get("/api/v1/line-products"))["items"]}
    made(world.lin.post(f"/api/v1/line-products/{products['otn']['id']}:describe", CLASSES))


def measure(world: World) -> None:
    """The same latency, measured again: another proof."""
    made(world.lin.post(PATH, record(measured_at=days_ago(40))))


def mark(world: World) -> None:
    """The network again, one span of another medium."""
    again = network()
    again["spans"][0]["medium"] = "hollow_core"
    made(world.lin.post("/api/v1/networks:import", again))


def behind(version: kept.Version) -> tuple[dict[str, Any], ...]:
    return tuple({table: dict(rows) for table, rows in each.items()} for each in (version.ids, version.told))


@pytest.mark.parametrize("act", [describe, measure])
def test_what_is_only_told_makes_a_version_of_the_same_hash(world: World, act: Any) -> None:
    first = fresh_supply()
    act(world)
    second = fresh_supply()
    assert second.number > first.number
    assert second.supply.snapshot == first.supply.snapshot
    assert behind(second)[1] != behind(first)[1]
    refresh_supply(everything=True)
    assert fresh_supply().number == second.number, "the look was not enough"


def test_who_catches_up_has_what_who_reads_anew_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh_supply()
    for act in (describe, reprice, hold, mark, withdraw):
        act(world)
        version = fresh_supply()
        monkeypatch.setattr(kept, "_last", None)
        assert behind(fresh_supply()) == behind(version)
        monkeypatch.setattr(kept, "_last", version)
    assert version.beyond_silica == {"line-jia", "line-yi"}, "the other discloses no medium"

"""The survey of an A end: before it is built, unless it was made for the line quote or nothing has to be built."""

from datetime import datetime

import pytest

from scheduling.domain.openings import contract_act
from tests.scheduling.live import open_market
from tests.scheduling.test_openings import act, opened
from tests.support.cast import World

SCENE = open_market


@pytest.mark.parametrize(
    ("end_class", "act", "surveyed_before"),
    [
        (None, "contract", "contract"),
        ("pre_covered", "contract", "contract"),
        ("extension", "contract_to_build", "contract"),
        ("new_build", "contract_to_build", "contract"),
    ],
)
def test_what_has_to_be_built_is_surveyed_first_unless_it_was(
    end_class: str | None, act: str, surveyed_before: str
) -> None:
    assert contract_act(end_class, surveyed=False) == act
    assert contract_act(end_class, surveyed=True) == surveyed_before


@pytest.mark.django_db
def test_an_end_that_has_to_be_built_is_surveyed_before_it_is_taken_on(world: World) -> None:
    opening = opened(world, end_class="extension", end_days=20)
    assert (opening["state"], opening["end_class"], opening["surveyed"]) == ("to_survey", "extension", False)
    start = datetime.fromisoformat(opening["contracted_at"])
    due = [(each["act"], datetime.fromisoformat(each["due_at"]) - start) for each in opening["plan"]]
    assert [(act, wait.days) for act, wait in due] == [
        ("survey", 3), ("take_on", 6), ("configure", 22), ("deliver", 27),
    ]  # fmt: skip
    act(world.lin, opening, "take-on", status=409)
    act(world.ben, opening, "survey", {"cable_m": 900}, status=403)
    act(world.lin, opening, "survey", {"cable_m": -1}, status=400)
    opening = act(world.lin, opening, "survey", {"cable_m": 940, "note": "沿管道"})
    assert (opening["state"], opening["survey"]["cable_m"], opening["surveyed"]) == ("contracted", 940, True)
    act(world.lin, opening, "survey", {"cable_m": 940}, status=409)
    assert act(world.lin, opening, "take-on")["state"] == "taken_on"


@pytest.mark.django_db
def test_a_pre_covered_end_is_not_surveyed(world: World) -> None:
    opening = opened(world, end_class="pre_covered")
    assert (opening["state"], opening["plan"][0]["act"]) == ("contracted", "take_on")
    act(world.lin, opening, "survey", {"cable_m": 1}, status=409)
    act(world.lin, opening, "decline", {"reason": "无管道"}, status=409)

"""Seeded bugs find the words that they change: one that does not would end the night's attack before it begins."""

import pytest

from config.embedded.stack import ROOT
from tests.attacks.plants import PLANTS, Plant


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.code}: {plant.bug_is}")
def test_a_plant_finds_its_words_once_and_its_test(plant: Plant) -> None:
    assert (ROOT / plant.file).read_text(encoding="utf-8").count(plant.sound) == 1
    file, *names = plant.test.split("[")[0].split("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert all(f"def {name}(" in text or f"class {name}:" in text for name in names)

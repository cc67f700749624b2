"""Every letter in both languages: nothing is left untranslated, and no place for a word is left empty."""

import re
import sys

import pytest

from kernel.text import Letter
from participants.domain.mail import Tongue, written
from tests.laws.house import BUILT, import_every_floor
from tests.laws.test_languages import CHINESE, PARAMETER, complaints

NAMES = {"Webhook", "GET", "POST"}  # in Chinese too: how each is called there
ADDRESS = re.compile(r"/api/\S+|:recover")


def letters() -> dict[str, Letter]:
    """Every letter that a floor writes, by its name."""
    import_every_floor()
    modules = [module for name, module in [*sys.modules.items()] if name.split(".")[0] in BUILT]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Letter)]
    return {each.name: each for each in found}


def untranslated(letter: Letter, tongue: Tongue) -> list[str]:
    """What is in the other language, with every place filled by a number."""
    places = PARAMETER.findall(letter.subject.zh + letter.subject.en + letter.body.zh + letter.body.en)
    text = ADDRESS.sub(" ", "\n".join(written(letter, dict.fromkeys(places, 1), tongue)))
    if tongue is Tongue.ENGLISH:
        return CHINESE.findall(text)
    return [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in NAMES]


@pytest.mark.parametrize("tongue", Tongue)
@pytest.mark.parametrize("name", letters())
def test_a_letter_is_in_one_language(name: str, tongue: Tongue) -> None:
    letter = letters()[name]
    assert untranslated(letter, tongue) == []
    assert [*complaints(letter.subject), *complaints(letter.body)] == []


def test_there_are_letters() -> None:
    assert {"participants.invitation", "participants.welcome", "participants.new_password"} <= set(letters())

"""Law: events carry ids, codes, numbers and times, and no personal data."""

from collections.abc import Iterator
from dataclasses import fields, make_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from kernel.events import EVENTS
from kernel.text import Vocabulary
from tests.laws.house import BUILT, import_every_floor

PLAIN = (UUID, int, bool, str, datetime, date, NoneType)
PERSONAL = {
    "name", "names", "email", "mail", "phone", "mobile", "telephone", "title", "address", "contact", "contacts",
    "person", "note", "comment", "text", "message", "description", "password", "secret", "token", "ip",
}  # fmt: skip


def carries(hint: Any) -> bool:
    """Whether a field of this type is an id, a code, a number or a time, or a tuple of them."""
    if get_origin(hint) in (Union, UnionType):
        return all(carries(each) for each in get_args(hint))
    if get_origin(hint) is tuple:
        return all(each is ... or carries(each) for each in get_args(hint))
    return hint in PLAIN or (isinstance(hint, type) and issubclass(hint, Vocabulary))


def complaints(event: type[Any]) -> Iterator[str]:
    """What is wrong with the fields of an event."""
    hints = get_type_hints(event)
    for field in fields(event):
        if not carries(hints[field.name]):
            yield f"{event.__name__}.{field.name} is {hints[field.name]}: carry an id, code, number or time"
        if set(field.name.split("_")) & PERSONAL:
            yield f"{event.__name__}.{field.name} may hold personal data: carry an id or a salted commitment"


def events_of_the_house() -> list[type[Any]]:
    import_every_floor()
    return [event for event in EVENTS.values() if event.__module__.split(".")[0] in BUILT]


@pytest.mark.parametrize("event", events_of_the_house(), ids=lambda event: event.name)
def test_an_event_carries_no_personal_data(event: type[Any]) -> None:
    assert list(complaints(event)) == []


@pytest.mark.parametrize("event", events_of_the_house(), ids=lambda event: event.name)
def test_an_event_is_named_after_its_floor_and_cannot_change(event: type[Any]) -> None:
    assert event.name.split(".")[0] == event.__module__.split(".")[0]
    assert event.__dataclass_params__.frozen
    assert event.__doc__


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("contact_phone", str),
        ("applicant_name", str),
        ("terms", dict[str, str]),
        ("share", float),
        ("codes", list[str]),
        ("reasons", tuple[object, ...]),
    ],
)
def test_a_field_that_may_hold_personal_data_is_noticed(name: str, kind: Any) -> None:
    assert list(complaints(make_dataclass("Planted", [(name, kind)]))) != []


def test_ids_codes_numbers_and_times_may_be_carried() -> None:
    lawful = [("bundle", UUID), ("codes", tuple[str, ...]), ("ends", datetime | None), ("fen", int)]
    assert list(complaints(make_dataclass("Lawful", lawful))) == []

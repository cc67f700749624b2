"""Answers are the text that DRF's own renderer writes, to the byte."""

import json
from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from kernel.api.rendering import JsonRenderer
from kernel.database.base import DatabaseOperations
from kernel.text import Vocabulary


class Colour(Vocabulary):
    """A vocabulary of ours."""

    RED = "red", "红", "Red"


KINDS: list[Any] = [
    None,
    '甲\u2028\x00\x1f"\\/é',
    Colour.RED,
    gettext_lazy("Red"),
    UUID(int=7),
    Decimal("1.50"),
    datetime(2026, 11, 27, 1, 2, 3, 456789, tzinfo=UTC),
    datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC),
    date(2026, 11, 27),
    time(1, 2),
    timedelta(hours=30),
    OrderedDict(b=1, a=(2, [3.5, True])),
    {1: "a key that is no text"},
    {Colour.RED: 1},
    2**63,
    2**64,
    -(2**80),
    b"bytes",
]
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inside: (
        st.lists(inside) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inside)
    ),
)


@pytest.mark.parametrize("value", KINDS, ids=lambda value: type(value).__name__)
def test_each_kind_is_written_as_drf_writes_it(value: Any) -> None:
    for data in (value, [value], {"of": value}):
        assert JsonRenderer().render(data) == JSONRenderer().render(data)


@given(TREES)
def test_any_answer_is_written_as_drf_writes_it(data: Any) -> None:
    assert JsonRenderer().render(data) == JSONRenderer().render(data)


@given(TREES)
def test_a_document_in_the_database_is_what_was_given(data: Any) -> None:
    written = DatabaseOperations(None).adapt_json_value(data, None)  # type: ignore[arg-type] # it asks for no connection
    assert json.loads(written.dumps(data)) == data


def test_what_is_asked_for_indented_is_indented() -> None:
    asked = "application/json; indent=4"
    assert JsonRenderer().render({"a": 1}, asked) == JSONRenderer().render({"a": 1}, asked)

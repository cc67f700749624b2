"""Answers that are read off a row as worked out before are, to the byte, those of DRF."""

import importlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ObjectDoesNotExist
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from config.urls import FLOORS
from kernel.api.readings import reading_of

ROWS = 5
VALUES: list[tuple[type, list[Any]]] = [
    (serializers.IntegerField, [0, -7, True, "12"]),
    (serializers.BooleanField, [True, False, "true"]),
    (serializers.DecimalField, [Decimal("1.50"), Decimal(0)]),
    (serializers.DateTimeField, [datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02T00:00:00Z"]),
    (serializers.DateField, [date(2026, 1, 2)]),
    (serializers.UUIDField, [UUID(int=7)]),
    (serializers.ListField, [[], ["1"]]),
    (serializers.DictField, [{}, {"1": "1"}]),
    (serializers.JSONField, [{"a": [1, None, "é"]}, [], "text"]),
]


class Gone:
    """A row whose other row is not there."""

    def __getattr__(self, name: str) -> Any:
        raise ObjectDoesNotExist(name)


def value_for(field: Any, dice: Random) -> Any:
    """Something that may stand behind a member, or None."""
    if dice.random() < 0.1:
        return None
    if isinstance(field, serializers.ListSerializer):
        return [row_for(field.child, dice) for _ in range(dice.randrange(3))]
    if isinstance(field, serializers.BaseSerializer):
        return row_for(field, dice)
    values = next((known for kind, known in VALUES if isinstance(field, kind)), ["", "词", 5])
    value = dice.choice(values)
    return (lambda: value) if dice.random() < 0.1 else value


def row_for(serializer: Any, dice: Random) -> Any:
    """A row with what the members need, now and then a dict, or without one of them."""
    root: dict[str, Any] = {}
    for field in serializer.fields.values():
        if field.source == "*" or dice.random() < 0.02:
            continue
        *way, last = field.source.split(".")
        here = root
        for name in way:
            if not isinstance(here.get(name), dict):
                here[name] = {}
            here = here[name]
        here[last] = value_for(field, dice)
    return dict(root) if dice.random() < 0.2 else SimpleNamespace(**root)


def outcome(show: Any, row: Any) -> bytes | type[Exception]:
    """The bytes of an answer, or how it fails."""
    try:
        return JSONRenderer().render(show(row))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return type(error)


def of_drf(out: type[Any]) -> Any:
    return lambda row: out(row).data


def answers(kind: type[Any] = serializers.BaseSerializer) -> Iterator[type[Any]]:
    """Every serializer of the house that an answer is made of."""
    for each in kind.__subclasses__():
        if each.__name__.endswith("Out") and not each.__module__.startswith("tests"):
            yield each
        yield from answers(each)


def test_every_answer_that_is_read_so_is_that_of_drf() -> None:
    for floor in FLOORS:
        importlib.import_module(f"{floor}.api.urls")
    dice, known, good = Random(0), set(answers()), 0
    for out in sorted(known, key=lambda each: each.__qualname__):
        reading = reading_of(out)
        for _ in range(ROWS if reading else 0):
            row = row_for(out(), dice)
            mine, theirs = outcome(reading, row), outcome(of_drf(out), row)
            assert mine == theirs, f"{out.__qualname__} of {row}"
            good += isinstance(mine, bytes)
    assert good > 2 * len(known), "too few were answers"


class OwnOut(serializers.Serializer[Any]):
    def to_representation(self, instance: Any) -> Any:
        return {"own": self.context}


class AskedOut(serializers.Serializer[Any]):
    asked = serializers.SerializerMethodField()

    def get_asked(self, _: Any) -> str:
        return self.context["view"].operation  # type: ignore[no-any-return]


class OuterOut(serializers.Serializer[Any]):
    inner = AskedOut(many=True)


@pytest.mark.parametrize("out", [OwnOut, AskedOut, OuterOut])
def test_what_has_words_of_its_own_is_left_to_drf(out: type[Any]) -> None:
    assert reading_of(out) is None


class FarOut(serializers.Serializer[Any]):
    far = serializers.CharField(source="other.name", default=None)


def test_a_row_that_is_not_there_is_read_as_drf_reads_it() -> None:
    reading = reading_of(FarOut)
    assert reading is not None
    for row in (Gone(), SimpleNamespace(other=Gone()), SimpleNamespace(other=None), SimpleNamespace()):
        assert outcome(reading, row) == outcome(of_drf(FarOut), row)

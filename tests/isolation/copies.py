"""Copies of a furnished row: many rows for a few statements, each alike but in what must be unique."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import IntegrityError, models, transaction

from aggregation.models import Offer
from kernel.ids import new_id

ALONG = {Offer: "prices"}  # rows without which a list does not show the row itself
KINDS = (models.TextField, models.CharField, models.IntegerField, models.UUIDField, models.BinaryField,
         models.DateField, DateTimeRangeField)  # fmt: skip


def crowd(row: models.Model, count: int) -> bool:
    """Stand so many copies beside a row; whether its table allows it."""
    try:
        with transaction.atomic():
            copies_of(row, count)
    except IntegrityError:
        return False
    return True


def copies_of(row: models.Model, count: int) -> list[Any]:
    """So many copies, each with a copy of its own of what only one row may belong to."""
    model: Any = type(row)
    crowded = [_values(row) for _ in range(count)]
    for group in _unique(model):
        _part(row, group, crowded)
    made = [*model.objects.bulk_create(model(**values) for values in crowded)]
    if name := ALONG.get(model):
        children = getattr(row, name)
        children.model.objects.bulk_create(
            children.model(**{**_values(children.first()), children.field.attname: each.pk}) for each in made
        )
    return made


def _values(row: models.Model) -> dict[str, Any]:
    """What a row says in the columns that are for writing."""
    return {
        each.attname: getattr(row, each.attname)
        for each in row._meta.concrete_fields
        if not each.generated and not isinstance(each, models.AutoField)
    }


def _part(row: models.Model, group: list[Any], crowded: list[dict[str, Any]]) -> None:
    """Give each copy values of its own in a set of columns that no two rows may share."""
    loose = [each for each in group if not each.remote_field and not getattr(each, "choices", None)]
    free = next((each for kind in KINDS for each in loose if isinstance(each, kind)), None)
    if free is not None:
        for number, values in enumerate(crowded, start=1):
            if not isinstance(free, models.AutoField):
                values[free.attname] = _another(free, values[free.attname], number)
        return
    parent = next((each for each in group if each.remote_field and getattr(row, each.attname)), None)
    if parent is not None:
        for values, copy in zip(crowded, copies_of(getattr(row, parent.name), len(crowded)), strict=True):
            values[parent.attname] = copy.pk


def _unique(model: Any) -> Iterator[list[Any]]:
    """Every set of columns that no two rows may share; in the place of a generated column, what it is made of."""
    meta = model._meta
    yield from ([each] for each in meta.concrete_fields if each.unique)
    if isinstance(meta.pk, models.CompositePrimaryKey):
        yield [each for each in meta.pk_fields if isinstance(each, models.DateField)]
    for constraint in meta.constraints:
        names: list[str] = []
        if isinstance(constraint, models.UniqueConstraint):
            names = [*constraint.fields]
        elif isinstance(constraint, ExclusionConstraint):
            names = [each for each, _ in constraint.expressions if isinstance(each, str)]
        yield [meta.get_field(source) for name in names for source in _sources(meta.get_field(name))]


def _sources(column: Any) -> list[str]:
    """The columns that a generated column is made of; of another, itself."""
    if not column.generated:
        return [column.name]
    return [each.name for each in column.expression.flatten() if isinstance(each, models.F)]  # type: ignore[attr-defined] # the stubs forget it


def _another(column: Any, value: Any, number: int) -> Any:  # noqa: PLR0911 - one table
    """A value of its own, where there is one."""
    if value is None:
        return None
    if isinstance(column, models.UUIDField):
        return new_id()
    if isinstance(column, models.BinaryField):
        return bytes(value)[:-4] + number.to_bytes(4, "big")
    if isinstance(column, models.DateField):
        return value - timedelta(days=number)
    if isinstance(column, DateTimeRangeField):
        apart = timedelta(days=1000 * number)
        return type(value)(value.lower - apart, value.upper - apart)
    if isinstance(column, models.IntegerField):
        return value + 1000 * number
    return f"{value}-{number:03}."[-(column.max_length or 1000) :]

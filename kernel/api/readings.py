"""How the members of an answer are read off a row, worked out once a serializer: DRF works it out with every request."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Manager
from rest_framework import serializers
from rest_framework.fields import SkipField
from rest_framework.relations import HyperlinkedRelatedField, ManyRelatedField, PKOnlyObject

Shown = dict[str, Any]
Show = Callable[[Any], Any]
Member = tuple[str, Show, type | None, Show]
"""Name, how its value is read off the row, the type of values that are shown as they are, how others are shown."""

AS_THEY_ARE: Mapping[type, type] = {serializers.CharField: str, serializers.IntegerField: int}
_known: dict[Any, Show | None] = {}
TOLD_BY_THE_REQUEST = (serializers.SerializerMethodField, HyperlinkedRelatedField, ManyRelatedField)


def reading_of(out: type[serializers.BaseSerializer[Any]]) -> Show | None:
    """What `out(row).data` is for a row; None where the serializer or one in it has words of its own, or looks at the request."""
    if out not in _known:
        _known[out] = _of_serializer(out())
    return _known[out]


def _of_serializer(one: Any) -> Show | None:
    if isinstance(one, serializers.ListSerializer):
        each = _of_serializer(one.child)
        return None if each is None or not _is_drf_s(one, "to_representation", "data") else _many(each)
    if not isinstance(one, serializers.Serializer) or not _is_drf_s(one, "to_representation", "data"):
        return None
    members = [_member(field) for field in one.fields.values() if not field.write_only]
    known = [member for member in members if member is not None]
    return _one(known) if len(known) == len(members) else None


def _member(field: Any) -> Member | None:
    if isinstance(field, TOLD_BY_THE_REQUEST) or not _is_drf_s(field, "get_attribute", "get_default"):
        return None
    if isinstance(field, serializers.BaseSerializer):
        show = _of_serializer(field)
    else:
        show = field.to_representation if _is_drf_s(field, "to_representation") else None
    if show is None:
        return None
    return field.field_name, _getter(field), AS_THEY_ARE.get(type(field)), show


def _is_drf_s(field: Any, *names: str) -> bool:
    """Whether DRF's own code stands behind the names."""
    behind = [getattr(type(field), name, None) for name in names]
    functions = [each.fget if isinstance(each, property) else each for each in behind]
    return all(each is None or each.__module__.startswith("rest_framework.") for each in functions)


def _getter(field: Any) -> Show:
    """DRF's way for what is not simply there: callables, defaults, what may be absent."""
    path = field.source_attrs
    if type(field).get_attribute is not serializers.Field.get_attribute:
        return field.get_attribute  # type: ignore[no-any-return] # of a relation

    def get(row: Any) -> Any:
        value = row
        try:
            for name in path:
                value = value[name] if type(value) is dict else getattr(value, name)
        except (AttributeError, KeyError, ObjectDoesNotExist):
            return field.get_attribute(row)
        return field.get_attribute(row) if callable(value) else value

    return get


def _one(members: list[Member]) -> Show:
    def show(row: Any) -> Shown:
        found = {}
        for name, get, kind, represent in members:
            try:
                value = get(row)
            except SkipField:
                continue
            if type(value) is kind or value is None:
                found[name] = value
            elif isinstance(value, PKOnlyObject) and value.pk is None:
                found[name] = None
            else:
                found[name] = represent(value)
        return found

    return show


def _many(each: Show) -> Show:
    def show(rows: Iterable[Any]) -> list[Any]:
        return [each(row) for row in (rows.all() if isinstance(rows, Manager) else rows)]

    return show

"""Members of a body that its operation does not know: named, with those that it takes, and never ignored."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any

from rest_framework import serializers

from kernel.api.bodies import in_words
from kernel.text import Text, token

UNKNOWN = Text("未知字段 {name}；此处可用字段：{known}。", "Unknown: {name}. Here it takes: {known}.")
NOTHING = Text("该操作没有请求体；请去掉 {name}。", "The operation has no body: leave {name} out.")
MEANT = Text("是否要写 {near}？", " Did you mean {near}?")
CODE = "unknown_field"
MOST_TOLD = 20
LONGEST_COMPARED = 64


def unknown_members(reader: Any, data: Any) -> list[dict[str, str]]:
    """The faults of the first members that a serializer does not take, however deep they lie: pointer, code and words.

    A member that only answers have counts among them. A document that is no serializer's keeps its own rule.
    """
    return list(islice(_unknown(reader, data, ""), MOST_TOLD))


def _unknown(reader: Any, data: Any, at: str) -> Iterator[dict[str, str]]:
    if isinstance(reader, serializers.Serializer):
        if isinstance(data, Mapping):
            yield from _of_object(reader, data, at)
        return
    child = getattr(reader, "child", None)
    if not isinstance(child, serializers.BaseSerializer) and getattr(child, "child", None) is None:
        return
    parts = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for place, value in parts:
        yield from _unknown(child, value, f"{at}/{token(str(place))}")


def _of_object(
    reader: serializers.Serializer[Any], data: Mapping[Any, Any], at: str
) -> Iterator[dict[str, str]]:
    takes = {name: field for name, field in reader.fields.items() if not field.read_only}
    for key, value in data.items():
        name = str(key)
        here = f"{at}/{token(name)}"
        if name in takes:
            yield from _unknown(takes[name], value, here)
            continue
        words = in_words((UNKNOWN if takes else NOTHING).format(name=name, known=", ".join(sorted(takes))))
        near = get_close_matches(name, takes, 1) if len(name) <= LONGEST_COMPARED else []
        if near:
            words += in_words(MEANT.format(near=near[0]))
        yield {"pointer": here, "code": CODE, "detail": words}

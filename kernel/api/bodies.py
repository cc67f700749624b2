"""What no body may hold: text that cannot be kept or repeated, and depth that no operation takes; and the bodies of acts that take a reason, or nothing."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from kernel.objects import walk
from kernel.text import Text

Handler = TypeVar("Handler", bound=Callable[..., Any])

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REASON = Text(
    "文本含有无法保存的字符（U+0000 或不成对的代理项）；请删除后重试。",
    "It has a character that cannot be kept (U+0000 or an unpaired surrogate); remove it.",
)

DEEPEST = 64
TOO_DEEP = Text(
    f"嵌套超过 {DEEPEST} 层；没有操作需要这么深。",
    f"It is nested deeper than {DEEPEST} levels; no operation takes that.",
)


def in_words(text: Text) -> str:
    """A rule's words in the caller's language, for the errors of a serializer."""
    return text.within(get_language())


def require_storable(data: Any) -> None:
    """Raise ValidationError at the first text with U+0000 or half a surrogate pair, or where a body is nested too deep."""
    for path, value in walk(data):
        if len(path) > DEEPEST:
            raise ValidationError([ErrorDetail(in_words(TOO_DEEP), code="too_deep")])
        texts = value if isinstance(value, dict) else (value,) if isinstance(value, str) else ()
        if any(UNSTORABLE.search(str(text)) for text in texts):
            detail: Any = [ErrorDetail(in_words(REASON), code="unstorable")]
            for name in reversed(path):
                detail = {UNSTORABLE.sub("?", str(name)): detail}
            raise ValidationError(detail)


class ReasonIn(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=500)


class NothingIn(serializers.Serializer[Any]):
    """The body of an operation that takes none: left out, or an object without members."""


def without_body(**told: Any) -> Callable[[Handler], Handler]:
    """`extend_schema` of an operation that takes no body, which is refused where it has members."""

    def mark(handler: Handler) -> Handler:
        shown: Handler = extend_schema(request=None, **told)(handler)
        shown.takes_nothing = True  # type: ignore[attr-defined] # a function has what it is given
        return shown

    return mark


def takes_nothing(handler: Any) -> bool:
    """Whether an operation takes no body."""
    return getattr(handler, "takes_nothing", False)

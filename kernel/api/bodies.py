"""What no body may hold: text that PostgreSQL cannot keep and no answer can repeat."""

import re
from typing import Any

from django.utils.translation import get_language
from rest_framework.exceptions import ErrorDetail, ValidationError

from kernel.text import Text

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
REASON = Text(
    "文本含有无法保存的字符（U+0000 或不成对的代理项）；请删除后重试。",
    "It has a character that cannot be kept (U+0000 or an unpaired surrogate); remove it.",
)


def in_words(text: Text) -> str:
    """A rule's words in the caller's language, for the errors of a serializer."""
    return text.within(get_language())


def require_storable(data: Any) -> None:
    """Raise ValidationError at the first text with U+0000 or half a surrogate pair, however deep it lies."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, str(name)), inner) for name, inner in value.items()]
            waiting += [(path, name) for name in value]
        elif isinstance(value, list):
            waiting += [((*path, str(place)), inner) for place, inner in enumerate(value)]
        elif isinstance(value, str) and UNSTORABLE.search(value):
            detail: Any = [ErrorDetail(in_words(REASON), code="unstorable")]
            for name in reversed(path):
                detail = {UNSTORABLE.sub("?", name): detail}
            raise ValidationError(detail)

"""What no body may hold: text that PostgreSQL cannot keep and no answer can repeat, and depth that no operation takes."""

import re
from typing import Any

from django.utils.translation import get_language
from rest_framework.exceptions import ErrorDetail, ValidationError

from kernel.objects import walk
from kernel.text import Text

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

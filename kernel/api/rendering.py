"""Answers as JSON: what DRF's renderer writes, by a faster writer."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_KINDS = JSONEncoder()
"""How DRF writes what JSON has no kind for: times, decimals, texts to be translated."""


class JsonRenderer(JSONRenderer):
    """The same text as its parent's, but that NaN, which no answer of ours has, is null instead of an error."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Bytes of UTF-8 without blanks; what is asked for indented, or beyond 64 bits, is left to the parent."""
        if data is not None and (accepted_media_type or self.media_type) == self.media_type:
            try:
                written = orjson.dumps(data, _KINDS.default, orjson.OPT_PASSTHROUGH_DATETIME)
            except orjson.JSONEncodeError:
                pass
            else:  # as its parent does: two signs that end a line in JavaScript
                return written.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
        return super().render(data, accepted_media_type, renderer_context)

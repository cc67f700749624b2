"""Instants as callers give them."""

import re
from datetime import datetime
from typing import Any

from rest_framework import serializers

from kernel.api.bodies import in_words
from kernel.text import Text

NO_OFFSET = Text(
    "须带时区偏移，如 2026-12-01T09:00:00+08:00（网址中 + 须写作 %2B）；UTC 请以 Z 结尾",
    "must say its offset, as 2026-12-01T09:00:00+08:00 does (in an address + is written %2B); UTC ends in Z",
)
LOST_PLUS = re.compile(r" [0-9]{2}:?[0-9]{2}$")  # a plus in an address is a space


class InstantField(serializers.DateTimeField):
    """A time in RFC 3339 with its offset: without one a Chinese clock's nine o'clock would count as UTC's, eight hours on."""

    def to_internal_value(self, value: Any) -> datetime:
        """The instant in the node's zone. Raises ValidationError: `no_offset`, or DRF's for what is no time."""
        if isinstance(value, str) and LOST_PLUS.search(value):
            raise _no_offset()
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        """The same, of a time that was read. Raises ValidationError (`no_offset`) where nobody said of which zone it is."""
        if value.utcoffset() is None:
            raise _no_offset()
        return super().enforce_timezone(value)


def _no_offset() -> serializers.ValidationError:
    return serializers.ValidationError(in_words(NO_OFFSET), code="no_offset")

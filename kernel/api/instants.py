"""Instants as callers give them."""

from datetime import datetime

from rest_framework import serializers

from kernel.api.bodies import in_words
from kernel.text import Text

NO_OFFSET = Text(
    "须带时区偏移，如 2026-12-01T09:00:00+08:00；UTC 请以 Z 结尾",
    "must say its offset, as 2026-12-01T09:00:00+08:00 does; UTC ends in Z",
)


class InstantField(serializers.DateTimeField):
    """A time in RFC 3339 with its offset: without one a Chinese clock's nine o'clock would count as UTC's, eight hours on."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """The instant in the node's zone. Raises ValidationError (`no_offset`) where nobody said of which zone it is."""
        if value.utcoffset() is None:
            raise serializers.ValidationError(in_words(NO_OFFSET), code="no_offset")
        return super().enforce_timezone(value)

"""Instants and days as callers give them."""

import re
from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from kernel.api.bodies import in_words
from kernel.instants import read_day, read_instant
from kernel.text import Text

NO_OFFSET = Text(
    "须带时区偏移，如 2026-12-01T09:00:00+08:00（网址中 + 须写作 %2B）；UTC 请以 Z 结尾",
    "must say its offset, as 2026-12-01T09:00:00+08:00 does (in an address + is written %2B); UTC ends in Z",
)
NO_INSTANT = Text(
    "须为 RFC 3339 时间，如 2026-12-01T09:00:00+08:00",
    "must be a time as in RFC 3339, such as 2026-12-01T09:00:00+08:00",
)
NO_DAY = Text("须为日期，如 2026-12-01", "must be a day such as 2026-12-01")
WITHOUT_OFFSET = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?( [0-9]{2}:?[0-9]{2})?",
    re.ASCII,
)
"""A day, or a time whose offset is missing or has lost its plus, which in an address is a space."""


class InstantField(serializers.DateTimeField):
    """A time in RFC 3339 with its offset: without one a Chinese clock's nine o'clock would count as UTC's, eight hours on."""

    def to_internal_value(self, value: Any) -> datetime:
        """The instant in the node's zone. Raises ValidationError: `no_offset`, `invalid`, or DRF's for one at either end of the calendar."""
        if isinstance(value, str):
            if WITHOUT_OFFSET.fullmatch(value):
                raise _no_offset()
            try:
                value = read_instant(value)
            except ValueError as error:
                raise serializers.ValidationError(in_words(NO_INSTANT), code="invalid") from error
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        """The same, of a time that was read. Raises ValidationError (`no_offset`) where nobody said of which zone it is."""
        if value.utcoffset() is None:
            raise _no_offset()
        return super().enforce_timezone(value)


class DayField(serializers.DateField):
    """A day in the form of RFC 3339, which has neither weeks nor days of a year."""

    def to_internal_value(self, value: Any) -> date:
        """The day. Raises ValidationError: `invalid`, or DRF's for a time."""
        if isinstance(value, str):
            try:
                return read_day(value)
            except ValueError as error:
                raise serializers.ValidationError(in_words(NO_DAY), code="invalid") from error
        return super().to_internal_value(value)


def _no_offset() -> serializers.ValidationError:
    return serializers.ValidationError(in_words(NO_OFFSET), code="no_offset")

"""Whole numbers as callers give them."""

import re
from typing import Any

from rest_framework import serializers

from kernel.api.bodies import in_words
from kernel.quantities import NumberText
from kernel.text import Text

NOT_WHOLE = Text(
    "须为普通整数，如 12：不带加号、空格、小数点与分隔符",
    "must be a plain whole number as 12 is, without a plus, blanks, a point or separators",
)
DIGITS = re.compile(r"-?[0-9]+", re.ASCII)
NO_FRACTION = re.compile(r"(-?[0-9]+)\.0+", re.ASCII)


class PlainIntegerField(serializers.IntegerField):
    """A whole number in plain digits; a number of JSON may have a fraction of zeros, as JSON Schema has it."""

    def to_internal_value(self, data: Any) -> int:
        """The number. Raises ValidationError: `invalid`, or DRF's for what is too long."""
        if isinstance(data, bool):
            raise _not_whole()
        text = NO_FRACTION.sub(r"\1", str(data)) if isinstance(data, float | NumberText) else str(data)
        if len(text) > self.MAX_STRING_LENGTH:
            self.fail("max_string_length")
        if DIGITS.fullmatch(text) is None:
            raise _not_whole()
        return int(text)


def _not_whole() -> serializers.ValidationError:
    return serializers.ValidationError(in_words(NOT_WHOLE), code="invalid")

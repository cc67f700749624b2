"""The fields that bodies of this floor share: human keys, plain text, division codes, decimals."""

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from aggregation.domain.imports import FORMULA_STARTS, KEY
from identifiers.selectors.divisions import why_no_division
from kernel.api.bodies import in_words
from kernel.api.decimals import PlainDecimalField
from kernel.text import Text


class KeyField(serializers.RegexField):
    """A human key: 1 to 64 letters, digits and . _ -."""

    def __init__(self, **options: Any) -> None:
        """Take what a CharField takes."""
        super().__init__(re.compile(rf"^{KEY.pattern}\Z"), **options)


class PlainField(serializers.CharField):
    """Text for people that is safe to write into a spreadsheet: it does not begin like a formula."""

    def to_internal_value(self, data: Any) -> str:
        """The text. Raises ValidationError for one that a spreadsheet would run."""
        text = str(super().to_internal_value(data))
        if text.startswith(FORMULA_STARTS):
            raise serializers.ValidationError(
                in_words(Text("不得以 = + - @ 开头", "must not begin with = + - @")), "formula"
            )
        return text


class DivisionField(serializers.RegexField):
    """A division code of GB/T 2260."""

    def __init__(self, **options: Any) -> None:
        """Take what a CharField takes."""
        super().__init__(r"^[0-9]{6}\Z", **options)

    def to_internal_value(self, data: Any) -> str:
        """The code. Raises ValidationError for one that is no division."""
        code = str(super().to_internal_value(data))
        if why := why_no_division(code):
            raise serializers.ValidationError(in_words(why), "unknown_division")
        return code


def amount(digits: int, places: int, *, most: str | None = None, **options: Any) -> PlainDecimalField:
    """A decimal field that is not negative: `digits` in all, `places` of them after the point."""
    limit = Decimal(most) if most else None
    return PlainDecimalField(digits, places, min_value=Decimal(0), max_value=limit, **options)

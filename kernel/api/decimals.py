"""Decimal numbers as callers give them."""

from decimal import Decimal, DecimalException
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from kernel.api.bodies import in_words
from kernel.quantities import plain_decimal
from kernel.text import Text

NOT_PLAIN = Text(
    "须为普通十进制数，如 12.5：不带指数、加号、空格与分隔符",
    "must be a plain decimal number as 12.5 is, without an exponent, a plus, blanks or separators",
)


class PlainDecimalField(serializers.DecimalField):
    """A decimal in plain digits; zeros beyond its places say nothing and pass, so that what is answered can be sent back."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """What every field says of a member that is not there or null; an empty text is no number."""
        return super(serializers.DecimalField, self).validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Decimal:
        """The number. Raises ValidationError: `invalid`, or DRF's for what is too long."""
        try:
            text = data if isinstance(data, str) else format(Decimal(str(data)), "f")
        except DecimalException:
            text = ""
        if len(text) > self.MAX_STRING_LENGTH:
            self.fail("max_string_length")
        value = plain_decimal(text, self.decimal_places or 0)
        if value is None:
            raise serializers.ValidationError(in_words(NOT_PLAIN), code="invalid")
        return self.quantize(self.validate_precision(value))


class PlainDecimalExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the contract describes it: with the digits that it takes."""

    target_class = PlainDecimalField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """A text of format decimal, with its pattern."""
        field = self.target
        sign = "" if field.min_value is not None and field.min_value >= 0 else "-?"
        places = f"[0-9]{{1,{field.decimal_places}}}0*" if field.decimal_places else "0+"
        pattern = rf"^{sign}[0-9]{{1,{max(1, field.max_whole_digits)}}}(\.{places})?$"
        return {"type": "string", "format": "decimal", "pattern": pattern}

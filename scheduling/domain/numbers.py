"""Exact numbers of the selection files: reading, scaling and writing them without a float."""

import math
import re
from decimal import Decimal
from fractions import Fraction

from kernel.quantities import plain_decimal
from kernel.text import Text

CNY_SCALE = 10**10
"""Engine money is an integer in units of 10⁻¹⁰ CNY: price (4 decimals) × hours (6 decimals) stays whole."""

_INTEGER = re.compile(r"[0-9]{1,12}", re.ASCII)
_DECIMAL = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]+))?", re.ASCII)


class NumberError(ValueError):
    """A text is not a number of the selection files; `text` says why in both languages, apart."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = Text(zh, en)
        super().__init__(f"{en} {zh}")


def parse_integer(text: str) -> int:
    """Read a whole number of 1–12 ASCII digits; raises NumberError for a sign, a blank, a point or anything else.

    Twelve digits keep every value scaled by 10⁶ inside a signed 64-bit column.
    """
    if not _INTEGER.fullmatch(text):
        raise NumberError(
            f"{text!r} 不是 1 至 12 位的整数", f"{text!r} is not a whole number of 1 to 12 digits"
        )
    return int(text)


def parse_padded(text: str, places: int, *, signed: bool = False) -> Decimal:
    """Read as `parse_decimal` does what the node may have answered: zeros beyond `places` pass. Raises NumberError."""
    value = plain_decimal(text, places)
    return parse_decimal(text if value is None else format(value, "f"), places, signed=signed)


def parse_decimal(text: str, places: int, *, signed: bool = False) -> Decimal:
    """Read a plain decimal with at most `places` decimals; `signed` lets coordinates carry a minus.

    Raises NumberError for an exponent, NaN, a sign, a blank inside, too many decimals or too many digits.
    """
    match = _DECIMAL.fullmatch(text)
    if match is not None and match[1] and not signed:
        raise NumberError(f"{text!r} 不得为负数", f"{text!r} is below zero, and must not be")
    if match is None:
        raise NumberError(f"{text!r} 不是普通十进制数", f"{text!r} is not a plain decimal number")
    if len(match[3] or "") > places:
        raise NumberError(f"{text!r} 的小数位数超过 {places} 位", f"{text!r} has more than {places} decimals")
    return Decimal(text)


def scaled(value: Decimal | int, places: int) -> int:
    """The integer value × 10^places; raises NumberError where that is not whole."""
    numerator, denominator = value.as_integer_ratio()
    whole, rest = divmod(numerator * int(10**places), denominator)
    if rest:
        raise NumberError(f"{value} 的小数位数超过 {places} 位", f"{value} has more than {places} decimals")
    return whole


def plain(value: Decimal | Fraction) -> str:
    """Write an exact decimal without exponent or trailing zeros: `143.2`, `0`.

    A Fraction must have a denominator that divides a power of ten, as every loss has; ValueError otherwise.
    """
    if isinstance(value, Fraction):
        twos = (value.denominator & -value.denominator).bit_length() - 1
        rest = value.denominator >> twos
        fives = round(math.log(rest, 5))
        if 5**fives != rest:
            raise ValueError(f"{value} has no finite decimal form")
        places = max(twos, fives)
        return _pointed(value.numerator * 10**places // value.denominator, places)
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def kilometres(metres: int) -> str:
    """Write integer metres as exact kilometres without trailing zeros: 143200 → `143.2`."""
    return _pointed(metres, 3)


def cny(amount: int, scale: int = CNY_SCALE) -> str:
    """Write an amount, of which `scale` make one CNY, with 4 decimals, rounded half-even."""
    units, rest = divmod(amount * 10**4, scale)
    if 2 * rest > scale or (2 * rest == scale and units % 2):
        units += 1
    return f"{units // 10**4}.{units % 10**4:04d}"


def fen(amount: int) -> int:
    """10⁻¹⁰ CNY as integer fen, rounded half-even: what `kernel.money.to_fen` says of them."""
    units, rest = divmod(amount, CNY_SCALE // 100)
    return units + (2 * rest > CNY_SCALE // 100 or (2 * rest == CNY_SCALE // 100 and units % 2 == 1))


def _pointed(units: int, places: int) -> str:
    digits = str(units).rjust(places + 1, "0")
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    return f"{whole}.{part}" if part else whole

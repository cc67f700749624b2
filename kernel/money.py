"""Money: a rate is a Decimal with six places, an amount is integer fen, and rounding happens once."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

FEN_PER_YUAN = 100
BASIS_POINTS = 10_000  # of one


def to_fen(yuan: Decimal | Fraction | int) -> int:
    """Yuan as integer fen, half to even: the one rounding rule of quote and statement lines."""
    if isinstance(yuan, Fraction):
        return round(yuan * FEN_PER_YUAN)  # Fraction rounds half to even
    return int((Decimal(yuan) * FEN_PER_YUAN).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def yuan(fen: int) -> str:
    """Integer fen as the string that the API shows: CNY with two places, "-0.05" and "12.30"."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole}.{rest:02d}"


def split_fen(total: int, weights: Sequence[int]) -> tuple[list[int], int]:
    """Split `total` fen by integer weights, each share rounded towards zero.

    Returns the shares and the residue (|residue| < number of shares), which the caller books on its
    named account, so that the shares and the residue add up to `total` to the fen.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    sign = -1 if total < 0 else 1
    shares = [sign * (abs(total) * weight // whole) for weight in weights]
    return shares, total - sum(shares)

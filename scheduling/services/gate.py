"""Insisting on the gate of lines."""

from collections.abc import Iterable
from uuid import UUID

from scheduling.errors import LineNotSellable
from scheduling.selectors.gate import blocks_of_line


def require_line_sellable(*, provider: UUID, technology: str, ends: Iterable[UUID]) -> None:
    """Raise LineNotSellable with the reasons where the product's gate is shut between these sites, now, by the rows."""
    if reasons := blocks_of_line(provider=provider, technology=technology, ends=ends):
        raise LineNotSellable(
            reasons_zh="；".join(block.text.zh for block in reasons),
            reasons_en="; ".join(block.text.en for block in reasons),
        )

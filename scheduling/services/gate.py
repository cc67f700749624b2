"""Insisting on the gate of lines."""

from uuid import UUID

from scheduling.errors import LineNotSellable
from scheduling.models import LineProduct
from scheduling.selectors.gate import blocks


def require_line_sellable(*, provider: UUID, technology: str) -> None:
    """Raise LineNotSellable with the reasons where the product's gate is shut, now, by the rows as they are."""
    product = LineProduct.objects.get(provider__tenant_id=provider, technology=technology)
    if reasons := blocks([product.id])[product.id]:
        raise LineNotSellable(
            reasons_zh="；".join(block.text.zh for block in reasons),
            reasons_en="; ".join(block.text.en for block in reasons),
        )

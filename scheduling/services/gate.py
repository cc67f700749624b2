"""Insisting on the gate of lines."""

from collections.abc import Iterable
from uuid import UUID

from scheduling.errors import LineNotSellable
from scheduling.models import LineProduct, Site
from scheduling.selectors.gate import blocks


def require_line_sellable(*, provider: UUID, technology: str, ends: Iterable[UUID]) -> None:
    """Raise LineNotSellable with the reasons where the product's gate is shut between these sites, now, by the rows."""
    product = LineProduct.objects.get(provider__tenant_id=provider, technology=technology)
    cities = Site.objects.filter(id__in=set(ends)).values_list("city", flat=True)
    if reasons := blocks([product.id], cities=cities)[product.id]:
        raise LineNotSellable(
            reasons_zh="；".join(block.text.zh for block in reasons),
            reasons_en="; ".join(block.text.en for block in reasons),
        )

"""Storage at centres, for the floors above."""

from decimal import Decimal
from uuid import UUID

from aggregation.models import CentreStore


def price_of_store(store: UUID) -> Decimal:
    """CNY a GiB and month that a store asks for now."""
    return CentreStore.objects.get(id=store).price_cny_gib_month

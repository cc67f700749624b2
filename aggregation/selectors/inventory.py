"""How fresh the inventory of a pool is."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from aggregation.domain.inventory import Freshness, freshness
from aggregation.models import Inventory, Pool


def stale_after() -> timedelta:
    """How long a reading counts."""
    return timedelta(seconds=settings.HEARTBEAT_SECONDS)


def inventory_of(pool: Pool) -> Inventory | None:
    """The newest reading of a pool, free of a query where it was selected with it; None before the first."""
    try:
        return pool.inventory
    except ObjectDoesNotExist:
        return None


def freshness_of(pool: Pool, at: datetime) -> Freshness:
    """How far the pool's newest reading can be trusted at an instant."""
    row = inventory_of(pool)
    return freshness(row.observed_at if row else None, at, stale_after())

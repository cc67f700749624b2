"""Keeping when resources were last heard of; the floor that takes heartbeats tells."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from identifiers.models import Sighting


@transaction.atomic
def note_sightings(*, tenant: UUID, subjects: Iterable[UUID], seen_at: datetime, good_for: timedelta) -> None:
    """Keep the newest heartbeat of each resource of the tenant, by one statement, in the order of their ids.

    The caller has seen that none is older than the one that stands (INVARIANTS B3).
    """
    Sighting.objects.bulk_create(
        [
            Sighting(tenant_id=tenant, subject=each, seen_at=seen_at, good_until=seen_at + good_for)
            for each in sorted(set(subjects))
        ],
        update_conflicts=True,
        unique_fields=["tenant_id", "subject"],
        update_fields=["seen_at", "good_until"],
    )

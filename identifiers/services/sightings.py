"""Keeping when resources were last heard of, and how; the floors that hear of them tell."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from identifiers.domain.evidence import Sign

KEEP = """
    INSERT INTO sighting (tenant_id, subject, sign, seen_at, good_until)
    SELECT %s, subject, sign, %s, %s FROM unnest(%s::uuid[], %s::text[]) AS seen(subject, sign) ORDER BY subject
    ON CONFLICT (tenant_id, subject) DO UPDATE
    SET sign = EXCLUDED.sign, seen_at = EXCLUDED.seen_at, good_until = EXCLUDED.good_until
    WHERE sighting.good_until < EXCLUDED.good_until
"""


@transaction.atomic
def note_sightings(
    *, tenant: UUID, seen: Mapping[UUID, str], seen_at: datetime, good_until: datetime
) -> None:
    """Keep a sign of each of the tenant's resources (by its code), unless one that counts longer stands (INVARIANTS B3).

    One statement, in the order of the resources' ids, so that two of them cannot deadlock.
    """
    signs = [Sign(each).value for each in seen.values()]
    if signs:
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [tenant, seen_at, good_until, list(seen), signs])

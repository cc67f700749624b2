"""The most that is booked of a resource at any instant, kept beside what stands."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from kernel.models.capacity import ACTIVE

PEAKS = """
    WITH edge AS (
        SELECT c.resource_id, v.at, v.change
        FROM claim c, LATERAL (VALUES (lower(c.period), c.quantity), (upper(c.period), -c.quantity)) AS v(at, change)
        WHERE c.state = ANY(%(active)s) AND c.period IS NOT NULL AND c.resource_id = ANY(%(resources)s)
    ),
    level AS (  -- at one instant the ends (negative) come first
        SELECT resource_id, sum(change) OVER (
            PARTITION BY resource_id ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS booked
        FROM edge
    ),
    highest AS (
        SELECT r.resource, coalesce(max(l.booked), 0)::bigint AS booked
        FROM unnest(%(resources)s::uuid[]) AS r(resource) LEFT JOIN level l ON l.resource_id = r.resource
        GROUP BY r.resource
    )
    UPDATE capacity c
    SET peak = h.booked, generation = c.generation + 1,
        over_committed = (c.over_committed OR c.resource = ANY(%(over)s)) AND c.standing + h.booked > c.total
    FROM highest h WHERE c.resource = h.resource
"""


def recompute_peaks(resources: Iterable[UUID], *, over: Iterable[UUID] = ()) -> None:
    """Set the peaks of rows that are locked; less than was sold may be left of those `over` alone, which are marked then.

    They are what is being cut, or had been before the caller's transaction turned what stands there into windows.
    """
    asked: dict[str, Any] = {"resources": list(resources), "active": list(ACTIVE), "over": list(over)}
    with connection.cursor() as cursor:
        cursor.execute(PEAKS, asked)

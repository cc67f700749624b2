"""What is free: K2, read from the ledger. A reader may rank by it; only the ledger's row may grant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from kernel.domain.windows import Window, levels
from kernel.models.capacity import ACTIVE, Capacity, Claim

FREE_OVER = """
    WITH asked AS (SELECT * FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS a(start, until)),
    edge AS (
        SELECT c.resource_id, a.start, v.at, v.change
        FROM claim c
        JOIN asked a ON c.period && tstzrange(a.start, a.until),
        LATERAL (VALUES (greatest(lower(c.period), a.start), c.quantity), (upper(c.period), -c.quantity)) AS v(at, change)
        WHERE c.state = ANY(%(active)s) AND c.resource_id = ANY(%(resources)s)
    ),
    level AS (  -- at one instant the ends (negative) come first
        SELECT resource_id, sum(change) OVER (
            PARTITION BY resource_id, start ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS booked
        FROM edge
    ),
    highest AS (SELECT resource_id, max(booked) AS booked FROM level GROUP BY resource_id)
    SELECT c.resource, greatest(0, c.total - c.standing - coalesce(h.booked, 0))::bigint
    FROM capacity c LEFT JOIN highest h ON h.resource_id = c.resource
    WHERE c.resource = ANY(%(resources)s)
"""
TAKEN = """
    WITH mine AS (
        SELECT resource_id, quantity, period FROM claim
        WHERE state = ANY(%(active)s) AND resource_id = ANY(%(resources)s) AND bundle <> ALL(%(besides)s)
    ),
    level AS (  -- at one instant the ends (negative) come first
        SELECT resource_id, sum(change) OVER (
            PARTITION BY resource_id ORDER BY at, change ROWS UNBOUNDED PRECEDING) AS booked
        FROM mine, LATERAL (VALUES (lower(period), quantity), (upper(period), -quantity)) AS v(at, change)
        WHERE period IS NOT NULL
    )
    SELECT r.resource, (
        coalesce((SELECT sum(quantity) FROM mine WHERE resource_id = r.resource AND period IS NULL), 0)
        + coalesce((SELECT max(booked) FROM level WHERE resource_id = r.resource), 0))::bigint
    FROM unnest(%(resources)s::uuid[]) AS r(resource)
"""


_COUNTED = ("resource", "total", "standing", "peak", "over_committed")


def free(resources: Iterable[UUID]) -> dict[UUID, int]:
    """Free quantity of each resource in its unit; a resource that nobody declared is absent."""
    rows = Capacity.objects.filter(resource__among=set(resources))
    return {
        resource: 0 if over else total - standing - peak
        for resource, total, standing, peak, over in rows.values_list(*_COUNTED)
    }


def free_over(resources: Iterable[UUID], windows: Sequence[Window]) -> dict[UUID, int]:
    """What can be booked of each resource throughout every one of the windows, in its unit, by one statement.

    The least that is free at any instant of them; a resource that nobody declared is absent. The windows do not
    overlap one another: occurrences of one booking, or a single one.
    """
    asked: dict[str, Any] = {
        "resources": list(set(resources)),
        "starts": [window.start for window in windows],
        "ends": [window.end for window in windows],
        "active": list(ACTIVE),
    }
    with connection.cursor() as cursor:
        cursor.execute(FREE_OVER, asked)
        return dict(cursor.fetchall())


def free_steps(resource: UUID, window: Window) -> list[tuple[Window, int]]:
    """What can be booked of a resource at every instant of a window, as steps in their order; empty where nobody declared it."""
    row = Capacity.objects.filter(resource=resource).first()
    if row is None:
        return []
    claims = Claim.objects.filter(
        resource=resource, state__in=ACTIVE, period__overlap=(window.start, window.end)
    )
    booked = [(Window(claim.period.lower, claim.period.upper), claim.quantity) for claim in claims]
    left = row.total - row.standing
    return [(span, max(0, left - level)) for span, level in levels(booked, within=window)]


def taken(resources: Iterable[UUID], *, besides: Iterable[UUID] = ()) -> dict[UUID, int]:
    """The most that is claimed of each resource at any instant, leaving out what some bundles claim; one statement."""
    asked: dict[str, Any] = {
        "resources": list(set(resources)),
        "besides": list(besides),
        "active": list(ACTIVE),
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, asked)
        return dict(cursor.fetchall())


def totals(resources: Iterable[UUID]) -> dict[UUID, int]:
    """Declared total of each resource in its unit."""
    return dict(Capacity.objects.filter(resource__in=set(resources)).values_list("resource", "total"))


def runs_out(bundle: UUID) -> datetime | None:
    """When a bundle's hold runs out; None where it has none, or a contract."""
    return Claim.objects.filter(bundle=bundle).values_list("expires_at", flat=True).first()


def first_end(bundle: UUID) -> datetime | None:
    """When the first of a bundle's windows is over; None where everything is claimed without end."""
    mine = Claim.objects.filter(bundle=bundle, state__in=ACTIVE, period__isnull=False)
    return mine.order_by("period__endswith").values_list("period__endswith", flat=True).first()


@dataclass(frozen=True, slots=True)
class Calendar:
    """A resource with bookings ahead: what nobody has without end, and (start, end, quantity) of each booking."""

    free: int
    bookings: tuple[tuple[datetime, datetime, int], ...]


def calendars(resources: Iterable[UUID]) -> dict[UUID, Calendar]:
    """The calendar of each resource that has a booking which is not over; the others are absent."""
    ahead = Claim.objects.filter(
        resource__resource__among=set(resources),
        state__in=ACTIVE,
        period__isnull=False,
        period__endswith__gt=Now(),
    )
    booked: dict[UUID, list[tuple[datetime, datetime, int]]] = {}
    for claim in ahead.order_by("id"):
        booked.setdefault(claim.resource_id, []).append(
            (claim.period.lower, claim.period.upper, claim.quantity)
        )
    rows = Capacity.objects.filter(resource__in=booked)
    return {
        row.resource: Calendar(
            0 if row.over_committed else row.total - row.standing, tuple(booked[row.resource])
        )
        for row in rows
    }

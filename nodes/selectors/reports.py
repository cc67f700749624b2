"""Totals of reports, the same question on both sides."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nodes.domain.reports import COUNTED


@dataclass(frozen=True, slots=True)
class Total:
    """One section of one node: how many reports count, their records and sums, and the time they span."""

    node: str
    kind: str
    section: str
    reports: int
    records: int
    sums: dict[str, int]
    start: datetime
    end: datetime


TOTALS = """
    WITH counted AS (
        SELECT * FROM report
        WHERE state = ANY(%(states)s)
          AND (%(since)s::timestamptz IS NULL OR start >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR "end" <= %(until)s)
    ), added AS (
        SELECT c.node, c.section, s.key, sum(s.value::bigint)::bigint AS value
        FROM counted c, jsonb_each_text(c.sums) s GROUP BY c.node, c.section, s.key
    )
    SELECT c.node, min(c.kind), c.section, count(*), sum(c.count)::bigint,
           (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}')
            FROM added a WHERE a.node = c.node AND a.section = c.section)::text,
           min(c.start), max(c."end")
    FROM counted c GROUP BY c.node, c.section ORDER BY c.node, c.section
"""


def totals(*, since: datetime | None = None, until: datetime | None = None) -> list[Total]:
    """Per node and section, over the reports that count (receipted here, or received) within [since, until]."""
    states = [state.value for state in COUNTED]
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"states": states, "since": since, "until": until})
        rows: list[Any] = cursor.fetchall()
    return [
        Total(
            node=node,
            kind=kind,
            section=section,
            reports=reports,
            records=records,
            sums=json.loads(sums),
            start=start,
            end=end,
        )
        for node, kind, section, reports, records, sums, start, end in rows
    ]

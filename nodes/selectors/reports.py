"""Totals of reports, the same question on both sides."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from nodes.domain.parts import Brought
from nodes.domain.reports import COUNTED, ReportState, records_of
from nodes.domain.upstreams import NATIONAL
from nodes.models import Report


@dataclass(frozen=True, slots=True)
class Total:
    """One section of one node: how many reports count, their records and sums, and the time they span.

    A region's sums hold those of its industry nodes; `parts` tell whose is what, and in how many reports one is not whole.
    """

    node: str
    kind: str
    section: str
    reports: int
    records: int
    sums: dict[str, int]
    start: datetime
    end: datetime
    parts: list[dict[str, Any]]


TOTALS = """
    WITH counted AS (
        SELECT * FROM report
        WHERE state = ANY(%(states)s)
          AND (%(since)s::timestamptz IS NULL OR start >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR "end" <= %(until)s)
    ), added AS (
        SELECT c.node, c.section, s.key, sum(s.value::bigint)::bigint AS value
        FROM counted c, jsonb_each_text(c.sums) s GROUP BY c.node, c.section, s.key
    ), brought AS (
        SELECT c.node, c.section, p.value->>'node' AS part, (p.value->>'complete')::boolean AS complete,
               p.value->'sums' AS sums
        FROM counted c, jsonb_array_elements(c.parts) p
    ), part_sums AS (
        SELECT b.node, b.section, b.part, s.key, sum(s.value::bigint)::bigint AS value
        FROM brought b, jsonb_each_text(b.sums) s GROUP BY b.node, b.section, b.part, s.key
    ), parts AS (
        SELECT b.node, b.section, b.part, count(*) FILTER (WHERE b.complete) AS complete,
               count(*) FILTER (WHERE NOT b.complete) AS missing
        FROM brought b GROUP BY b.node, b.section, b.part
    )
    SELECT c.node, min(c.kind), c.section, count(*), sum(c.count)::bigint,
           (SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}')
            FROM added a WHERE a.node = c.node AND a.section = c.section)::text,
           min(c.start), max(c."end"),
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'node', p.part, 'reports', p.complete, 'missing', p.missing,
                'sums', (SELECT jsonb_object_agg(s.key, s.value) FROM part_sums s
                         WHERE (s.node, s.section, s.part) = (p.node, p.section, p.part)))
                ORDER BY p.part <> p.node, p.part), '[]')
            FROM parts p WHERE p.node = c.node AND p.section = c.section)::text
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
            parts=json.loads(parts),
        )
        for node, kind, section, reports, records, sums, start, end, parts in rows
    ]


def brought_by(*, node: str, section: str, start: datetime, end: datetime) -> list[Brought]:
    """What counts of a downstream node's reports of a section that lie within [start, end)."""
    rows = Report.objects.filter(
        node=node,
        upstream=NATIONAL,
        section=section,
        start__gte=start,
        end__lte=end,
        state=ReportState.RECEIVED.value,
    )
    return [Brought(row.start, row.end, row.sequence or 0, records_of(bytes(row.body))) for row in rows]

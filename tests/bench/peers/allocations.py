"""Claims on OpenStack Placement: providers of one resource each, and one unit of one of them for a new consumer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests.bench.contest.wire import Wire
from tests.bench.peers.placement import serving

HEADERS = {
    "X-Auth-Token": "admin",
    "OpenStack-API-Version": "placement 1.36",
    "Content-Type": "application/json",
}
LOAD = """
    INSERT INTO resource_providers (uuid, name, generation, created_at, updated_at)
    SELECT gen_random_uuid()::text, 'pool-' || n, 0, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
    FROM generate_series(1, %(count)s) AS n;
    UPDATE resource_providers SET root_provider_id = id;
    INSERT INTO inventories (resource_provider_id, resource_class_id, total, reserved, min_unit, max_unit, step_size,
                             allocation_ratio, created_at, updated_at)
    SELECT p.id, c.id, %(total)s, 0, 1, %(total)s, 1, 1.0, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
    FROM resource_providers p, resource_classes c WHERE c.name = 'VCPU';
    ANALYZE;
"""
OVERSOLD = """
    SELECT count(*) FROM (
        SELECT 1 FROM allocations a JOIN inventories i USING (resource_provider_id, resource_class_id)
        GROUP BY i.id, i.total HAVING sum(a.used) > i.total
    ) x
"""


@contextmanager
def pools_at_placement(
    owner: str, folder: Path, *, workers: int, pools: int, total: int
) -> Iterator[tuple[int, list[str]]]:
    """Placement with so many providers of `total` units each; its port and their ids. It must not have oversold."""
    with serving(owner, folder, workers=workers) as (port, address):
        Wire(port).send("GET", "/resource_classes", HEADERS)  # with the first request come its own classes
        with psycopg.connect(address, autocommit=True) as database:
            for statement in LOAD.split(";")[:-1]:
                database.execute(statement, {"count": pools, "total": total} if "%(" in statement else None)
            ids = [row[0] for row in database.execute("SELECT uuid FROM resource_providers ORDER BY id")]
        yield port, ids
        with psycopg.connect(address) as database:
            assert database.execute(OVERSOLD).fetchone() == (0,), "the peer oversold"


def claim(pool: str) -> tuple[str, str, bytes, dict[str, str]]:
    """A claim of one unit for a new consumer: method, path, body, headers."""
    wish: dict[str, Any] = {
        "allocations": {pool: {"resources": {"VCPU": 1}}},
        "project_id": "p", "user_id": "u", "consumer_generation": None,
    }  # fmt: skip
    return "PUT", f"/allocations/{uuid4()}", json.dumps(wish).encode(), HEADERS

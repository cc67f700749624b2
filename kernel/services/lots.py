"""Many open-ended holds of one resource each, at once: each granted or told no, in their order, by as many statements as one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from kernel.domain.quotas import HoldQuota
from kernel.errors import Problem, SoldOut
from kernel.ids import new_id
from kernel.models.capacity import ClaimState
from kernel.services.capacity import add_standing, lock_rows
from kernel.services.hold_accounts import add_holds, room_for_holds

INSERT = """
    INSERT INTO claim (id, resource_id, bundle, tenant_id, quantity, state, expires_at)
    SELECT id, resource, bundle, %(tenant)s, quantity, %(held)s, statement_timestamp() + seconds * interval '1 second'
    FROM unnest(%(ids)s::uuid[], %(resources)s::uuid[], %(bundles)s::uuid[], %(quantities)s::bigint[], %(seconds)s::float8[])
        AS w(id, resource, bundle, quantity, seconds)
    RETURNING bundle, expires_at
"""


@dataclass(frozen=True, slots=True)
class Lot:
    """So much of one resource, for a bundle of its own, for so long."""

    bundle: UUID
    resource: UUID
    quantity: int
    ttl: timedelta


@transaction.atomic
def hold_each(
    *,
    lots: Sequence[Lot],
    tenant: UUID,
    quota: HoldQuota,
    shut: Callable[[], Mapping[UUID, Problem]],
) -> list[datetime | Problem]:
    """Hold each of the lots that can be; of each, when it runs out, or why not.

    `shut` is asked under the ledger's locks: the bundles that may not be sold, and why. The tenant's account is locked
    first, then the rows in id order, as by `hold`.
    """
    room, crowded = room_for_holds(tenant=tenant, wanted=len(lots), quota=quota)
    rows = lock_rows({lot.resource for lot in lots})
    left = {id_: row.total - row.standing - row.peak for id_, row in rows.items()}
    barred = shut()
    granted, refused = dict[UUID, Lot](), dict[UUID, Problem]()
    for lot in lots:
        free = left.get(lot.resource, 0)
        if lot.bundle in barred:
            refused[lot.bundle] = barred[lot.bundle]
        elif lot.quantity > free:
            refused[lot.bundle] = SoldOut(resource=lot.resource, wanted=lot.quantity, free=max(0, free))
        elif len(granted) == room:
            assert crowded is not None  # noqa: S101 - there is a reason where there is no room
            refused[lot.bundle] = crowded
        else:
            granted[lot.bundle] = lot
            left[lot.resource] = free - lot.quantity
    deadlines = _write(list(granted.values()), tenant) if granted else {}
    return [deadlines[lot.bundle] if lot.bundle in deadlines else refused[lot.bundle] for lot in lots]


def _write(granted: Sequence[Lot], tenant: UUID) -> dict[UUID, datetime]:
    """Take what was granted: one statement for the account, one for the rows, one for the claims."""
    add_holds(tenant=tenant, count=len(granted))
    taken = dict[UUID, int]()
    for lot in granted:
        taken[lot.resource] = taken.get(lot.resource, 0) + lot.quantity
    add_standing(taken)
    given: dict[str, Any] = {
        "ids": [new_id() for _ in granted],
        "resources": [lot.resource for lot in granted],
        "bundles": [lot.bundle for lot in granted],
        "quantities": [lot.quantity for lot in granted],
        "seconds": [lot.ttl.total_seconds() for lot in granted],
        "tenant": tenant,
        "held": ClaimState.HELD.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, given)
        return dict(cursor.fetchall())

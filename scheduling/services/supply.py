"""Building the snapshot: one builder at a time looks at what happened since, and writes what changed as a new version."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from aggregation.selectors import supply as compute
from kernel.clock import now
from kernel.locks import Lock, take_lock, try_lock
from kernel.questions import run
from kernel.selectors.events import last_position
from participants.selectors.licences import turning as parties_turning
from scheduling.domain.rows import canonical
from scheduling.domain.supply.changes import ALL_PARTS, ALL_TABLES, PARTS
from scheduling.domain.supply.snapshot import (
    BUCKETS,
    EMPTY_BUCKET,
    bucket_hash,
    bucket_of,
    combine,
    row_hash,
    table_hash,
)
from scheduling.models import SupplyBucket, SupplyCursor, SupplyRow, SupplyVersion
from scheduling.selectors.supply import Identity, Version, newest_supply
from scheduling.selectors.supply_rows import Standing, Wanted, standing_rows, wanted_rows
from scheduling.selectors.supply_scope import Scope, narrowed, resources_of, with_parts

PATIENCE = 0.5
"""Seconds that a selection waits for a builder at work, so that what changed is seen within a second."""

# Floors from which supply changes; whatever is above announces its own acts, and acts on supply through these.
FLOORS = ("kernel", "identifiers", "participants", "aggregation", "scheduling")
# What happens often and changes no supply. Anything not named here is looked at: to forget a name costs a look.
IGNORED = (
    "scheduling.line_interface_registered",
    "scheduling.carrier_line_moved",
    "scheduling.carrier_line_lost",
    "scheduling.line_declined",
    "scheduling.centre_entered",
    "scheduling.centre_left",
    "scheduling.ends_declared",
    "scheduling.addresses_covered",
    "scheduling.line_quoted",
    "scheduling.selection_made",
    "scheduling.bundle_confirmed",
    "scheduling.line_preoccupied",
    "scheduling.hold_extended",
    "scheduling.hold_taken_over",
    "scheduling.hold_quota_set",
    "scheduling.booking_conflicted",
    "scheduling.line_opened",
    "scheduling.line_advanced",
    "scheduling.line_tested",
    "scheduling.line_accepted",
    "scheduling.dispatch_queued",
    "scheduling.service_dispatched",
    "scheduling.service_ended",
    "scheduling.dispatch_failed",
    "kernel.act_proposed",
    "kernel.act_withdrawn",
)
BUNDLES = (
    "scheduling.line_quote_moved",
    "scheduling.bundle_held",
    "scheduling.bundle_bounded",
    "scheduling.bundle_released",
    "scheduling.maintenance_declared",
    "scheduling.maintenance_cancelled",
    "kernel.hold_expired",
    "kernel.window_ended",
    "aggregation.allotment_proposed",
    "aggregation.allotment_moved",
)
WITHDRAWN = "scheduling.supply_withdrawn"
LINES = (
    WITHDRAWN,
    "scheduling.network_imported",
    "scheduling.tariffs_imported",
    "scheduling.line_product_graded",
    "scheduling.line_service_described",
)
EVIDENCE = ("scheduling.evidence_recorded", "scheduling.evidence_reviewed")
"""Of what is known of a span: it is the span that is looked at, not the record."""


def _listed(names: Iterable[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{name}'" for name in names) + "]"


# The cursor, the instant, the newest version and what happened since, in one question: it is asked with every selection.
HAPPENED = f"""
    SELECT c.looked_at, statement_timestamp(), v.number, v.snapshot, v.extras, v.built_at, h.name,
        CASE WHEN h.name = ANY({_listed(EVIDENCE)}) THEN (h.payload->>'span')::uuid ELSE h.subject END, h.tenant_id
    FROM supply_cursor c
    LEFT JOIN LATERAL (SELECT * FROM supply_version ORDER BY number DESC LIMIT 1) v ON true
    LEFT JOIN LATERAL (
        SELECT e.name, e.subject, e.tenant_id, e.payload
        FROM event_position p JOIN event e ON e.id = p.event_id
        WHERE p.position > c.position AND split_part(e.name, '.', 1) = ANY({_listed(FLOORS)}) AND e.name <> ALL({_listed(IGNORED)})
        UNION ALL
        SELECT e.name, e.subject, e.tenant_id, e.payload
        FROM event_pending q JOIN event e ON e.id = q.event_id
        WHERE split_part(e.name, '.', 1) = ANY({_listed(FLOORS)}) AND e.name <> ALL({_listed(IGNORED)})
    ) h ON true
"""  # noqa: S608 - names of ours


def fresh_supply() -> Version:
    """The newest supply, as `supply_at` gives it."""
    return supply_at()[0]


@transaction.atomic(savepoint=False)
def supply_at() -> tuple[Version, datetime]:
    """The newest supply, with all that was committed before, and the instant: whoever asks builds it where nobody does.

    Where somebody else builds, it is waited for; one who has much to build may take longer than PATIENCE, then the
    version before is used, and the ledger decides at the hold.
    """
    happened = _happened()
    if not happened.scope and happened.newest is not None:
        version = newest_supply(happened.newest)
    else:
        refresh_supply(patience=PATIENCE)
        version = newest_supply()
    if version is None:  # the first builder has not committed yet: wait for it
        refresh_supply(everything=True)
        version = newest_supply()
    assert version is not None  # noqa: S101 - it was built just now
    return version, happened.at


@transaction.atomic(savepoint=False)
def refresh_supply(*, everything: bool = False, owners: Collection[UUID] = (), patience: float = 0) -> bool:
    """Bring the snapshot up to date with what has happened; whether there was anything to look at.

    Events say whose rows to look at, the clock says which prices, readings and licences begin or end. `everything` looks
    at all rows, and `owners` at all of theirs as well; both wait for their turn. Else nothing is done where another
    builder is still at work after so many seconds of `patience`.
    """
    happened = None if everything or owners else _happened()
    if happened is not None and not happened.scope:
        return False
    if happened is None or happened.newest is None:  # without a version nobody can go on meanwhile
        take_lock(Lock.SNAPSHOT)
    elif not try_lock(Lock.SNAPSHOT, patience=patience):
        return False
    position, instant = last_position(), now()
    # asked again: the builder before us may have come further meanwhile
    scope = Scope(everything=True) if everything else _happened().scope
    scope.owners.update(owners)
    if scope := with_parts(narrowed(scope)):
        _write(scope)
    SupplyCursor.objects.update_or_create(id=1, defaults={"position": position, "looked_at": instant})
    return True


def look_at_everything() -> None:
    """Look at all rows, and build anew whatever is of owners of rows that differ: what no event told is found so.

    The first look is nobody's turn, so others build and ask meanwhile; of what differs, the second is the builder's.
    What changes between the two is told by its own event.
    """
    with transaction.atomic():
        seen = _compared(Scope(everything=True))
        owners = {UUID(made["owner"]) for made in seen.fresh} | {row.owner for row in seen.over}
    if owners:
        refresh_supply(owners=owners)


@transaction.atomic
def keep_up() -> None:
    """Build what is due; where nothing is, note how far it was looked, so that who asks has less to look at."""
    if not refresh_supply() and try_lock(Lock.SNAPSHOT):
        position, instant = last_position(), now()
        if not _happened().scope:
            SupplyCursor.objects.update(position=position, looked_at=instant)


@transaction.atomic
def forget_versions() -> int:
    """Drop the versions that are older than their retention, and the rows that only they had; how many versions went.

    The newest stays, however old. A selection that was answered on one that went keeps its answer; its replay says so.
    """
    if not try_lock(Lock.SNAPSHOT):  # the builder is at work: the next time will do
        return 0
    last = SupplyVersion.objects.order_by("-number").first()
    if last is None:
        return 0
    over = SupplyVersion.objects.filter(built_at__lt=now() - timedelta(days=settings.SUPPLY_KEPT_DAYS))
    gone, _ = over.exclude(number=last.number).delete()
    if gone:
        oldest = SupplyVersion.objects.order_by("number")[0].number
        SupplyRow.objects.filter(until__lte=oldest).delete()
    return gone


@dataclass(frozen=True, slots=True)
class Happened:
    """What may have changed up to the instant, and the newest version then."""

    scope: Scope
    at: datetime
    newest: Identity | None


def _happened() -> Happened:
    """What events and the clock say may have changed since the cursor; everything before there is one."""
    rows = run(HAPPENED, [])
    if not rows:
        return Happened(Scope(everything=True), now(), None)
    since, until, *newest = rows[0][:6]
    events: list[tuple[str | None, UUID, UUID | None]] = [
        (name, subject, tenant) for *_, name, subject, tenant in rows
    ]
    known = None if newest[0] is None else (newest[0], newest[1], newest[2], newest[3])
    return Happened(_scope(since, until, events), until, known)


def _scope(since: datetime, until: datetime, events: Iterable[tuple[str | None, UUID, UUID | None]]) -> Scope:
    scope, bundles = Scope(owners=parties_turning(since, until)), set()
    for name, subject, tenant in events:
        if name is None:  # nothing happened
            continue
        if name in BUNDLES:
            bundles.add(subject)
        elif name == "kernel.capacity_changed" or name in EVIDENCE:
            scope.resources.add(subject)
        elif name in LINES and tenant is not None:
            scope.carriers.add(tenant)
            if name == WITHDRAWN:
                scope.withdrawn.add(subject)
        elif name.startswith("aggregation.offer_"):
            scope.offers.add(subject)
        elif tenant is not None:
            scope.owners.add(tenant)
    if bundles:
        scope.resources |= resources_of(bundles)
    offers, pools = compute.turning(since, until)
    scope.offers |= offers
    scope.resources |= pools
    return scope


WRITE = """
    INSERT INTO supply_row (part, key, bucket, digest, cells, told, source, resource, owner, generation, since)
    SELECT part, key, bucket, decode(digest, 'hex'), cells, told, source, resource, owner, generation, %s
    FROM jsonb_to_recordset(%s::jsonb) AS r(part int, key text, bucket int, digest text, cells jsonb, told jsonb,
        source uuid, resource uuid, owner uuid, generation int)
"""
AGE = """
    UPDATE supply_row r SET generation = a.generation
    FROM unnest(%s::bigint[], %s::int[]) AS a(id, generation) WHERE r.id = a.id
"""
HASH = """
    INSERT INTO supply_bucket (part, bucket, digest)
    SELECT part, bucket, decode(digest, 'hex') FROM unnest(%s::int[], %s::int[], %s::text[]) AS b(part, bucket, digest)
    ON CONFLICT (part, bucket) DO UPDATE SET digest = excluded.digest
"""


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs within a scope: rows to write, those that are over, and (id, generation) of those that are older only."""

    fresh: list[dict[str, Any]]
    over: Collection[Standing]
    aged: list[tuple[int, int]]


def _compared(scope: Scope) -> Differences:
    """The rows that the snapshot should have within the scope beside those that it has."""
    wanted = wanted_rows(scope)
    over = {(row.part, row.key): row for row in standing_rows(scope, wanted)}
    fresh: list[dict[str, Any]] = []
    aged: list[tuple[int, int]] = []
    for row in wanted:
        cells = canonical(ALL_TABLES[row.part], row.row)
        digest, old = row_hash(cells), over.get((row.part, row.key))
        if old is None or (old.digest.hex(), old.told) != (digest, row.told):
            fresh.append(_made(row, digest, cells))
            continue
        del over[row.part, row.key]
        if row.generation not in (None, old.generation):
            aged.append((old.id, row.generation))
    return Differences(fresh, over.values(), aged)


def _write(scope: Scope) -> None:
    """Write the differences within the scope as the next version; none where there are no differences."""
    found = _compared(scope)
    last = SupplyVersion.objects.order_by("-number").first()
    number = (last.number if last else 0) + 1
    if found.aged:
        run(AGE, [list(column) for column in zip(*found.aged, strict=True)])
    if not (found.fresh or found.over) and last is not None:
        return
    SupplyRow.objects.filter(id__among=[row.id for row in found.over]).update(until=number)
    if found.fresh:
        run(WRITE, [number, json.dumps(found.fresh)])
    touched: dict[int, set[int]] = defaultdict(set)
    for made in found.fresh:
        touched[made["part"]].add(made["bucket"])
    for gone in found.over:
        touched[gone.part].add(gone.bucket)
    tables = _tables(last.tables if last else (), touched)
    files, extras = combine(tables[: len(PARTS)]), combine(tables[len(PARTS) :])
    SupplyVersion.objects.create(number=number, snapshot=files, extras=extras, tables=tables)


def _made(row: Wanted, digest: str, cells: dict[str, Any]) -> dict[str, Any]:
    """A row that is new, in the columns of WRITE."""
    return {
        "part": row.part,
        "key": row.key,
        "bucket": bucket_of(row.key),
        "digest": digest,
        "cells": cells,
        "told": row.told,
        "source": str(row.source),
        "resource": row.resource and str(row.resource),
        "owner": str(row.owner),
        "generation": row.generation,
    }


def _tables(last: Sequence[str], touched: Mapping[int, set[int]]) -> list[str]:
    """The hashes of the tables of the version before with those of what changed; the last table's only where it has rows."""
    empty = table_hash([EMPTY_BUCKET] * BUCKETS)
    tables = [*last, *[empty] * (len(ALL_PARTS) - len(last))]
    for part, digest in _rehashed(touched):
        tables[part] = digest
    return tables if tables[-1] != empty else tables[:-1]


def _rehashed(touched: Mapping[int, set[int]]) -> Iterator[tuple[int, str]]:
    """Hash the buckets that changed anew, and with the others each table that has such; three statements for all."""
    hashes: dict[tuple[int, int], list[str]] = {
        (part, bucket): [] for part, buckets in touched.items() for bucket in buckets
    }
    which = [Q(part=part, bucket__among=buckets) for part, buckets in touched.items()]
    rows = SupplyRow.objects.filter(reduce(or_, which, Q(pk__in=[])), until=None)
    for part, bucket, digest in rows.values_list("part", "bucket", "digest"):
        hashes[part, bucket].append(bytes(digest).hex())
    changed = [(*place, bucket_hash(found)) for place, found in hashes.items()]
    if changed:
        run(HASH, [list(column) for column in zip(*changed, strict=True)])
    buckets = {part: [EMPTY_BUCKET] * BUCKETS for part in touched}
    known = SupplyBucket.objects.filter(part__in=touched)
    for part, bucket, digest in known.values_list("part", "bucket", "digest"):
        buckets[part][bucket] = bytes(digest).hex()
    return ((part, table_hash(each)) for part, each in buckets.items())

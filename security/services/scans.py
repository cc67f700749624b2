"""Importing scanners' reports: the same finding once, and gone only when its own tool no longer sees it."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from kernel.actor import Actor, Reach
from kernel.clock import now
from kernel.services.outbox import publish
from security.adapters.scanners import SCANNERS
from security.domain.findings import LIFE, FindingState, ScanReport, Sighting, due
from security.domain.severities import Severity
from security.events import ScanImported
from security.models import Asset, Finding, Scan
from security.selectors.profiles import sla_days
from security.services.market import follow_market

TAKEN_OVER = ("severity", "score", "vector", "title", "component", "version", "fixed_version")
CHANGED = [
    *TAKEN_OVER,
    "state",
    "last_seen_at",
    "due_at",
    "closed_at",
    "evidence_note",
    "evidence_sha256",
    "generation",
]


@transaction.atomic
def import_scan(*, asset: Asset, tool: str, report: Any, actor: Actor) -> Scan:
    """Take a report in (INVARIANTS F1): new findings open, closed ones that are seen again reopen.

    What the same tool reported on the same asset before, within the scopes that the report covers, and does not
    any more is closed with the report as evidence where the security administrator imports it; where the owner
    does, it goes into review: nobody closes his own findings. Raises ReportUnreadable.
    """
    read = SCANNERS[tool](report)
    digest = hashlib.sha256(json.dumps(report, sort_keys=True).encode()).hexdigest()
    asset = Asset.objects.select_for_update().get(id=asset.id)
    known = {(row.rule, row.location): row for row in Finding.objects.filter(asset=asset, tool=tool)}
    at = now()
    fresh = [_new(asset, tool, each, at) for each in read.sightings if each.key not in known]
    again = [_seen_again(known[each.key], each, at) for each in read.sightings if each.key in known]
    gone = _gone(known, read, digest, at, trusted=actor.reach is Reach.ALL)
    Finding.objects.bulk_create(fresh, batch_size=1000)
    Finding.objects.bulk_update([row for row, _ in again] + gone, CHANGED, batch_size=1000)
    row = Scan.objects.create(
        asset=asset,
        tool=tool,
        tool_version=read.tool_version,
        sha256=digest,
        scopes=sorted(scope.value for scope in read.scopes),
        seen=len(read.sightings),
        opened=len(fresh),
        reopened=sum(reopened for _, reopened in again),
        cleared=len(gone),
    )
    follow_market(asset=asset, findings=[*fresh, *(each for each, _ in again), *gone], actor=actor)
    publish(
        ScanImported(
            subject=row.id,
            tenant=asset.tenant_id,
            asset=asset.id,
            tool=tool,
            sha256=digest,
            seen=row.seen,
            opened=row.opened,
            reopened=row.reopened,
            cleared=row.cleared,
        ),
        actor=actor,
    )
    return row


def _new(asset: Asset, tool: str, seen: Sighting, at: datetime) -> Finding:
    return Finding(
        asset=asset,
        tool=tool,
        scope=seen.scope,
        rule=seen.rule,
        location=seen.location,
        first_seen_at=at,
        last_seen_at=at,
        due_at=due(at, seen.severity, sla_days()),
        **{name: getattr(seen, name) for name in TAKEN_OVER},
    )


def _seen_again(row: Finding, seen: Sighting, at: datetime) -> tuple[Finding, bool]:
    """The finding as the report has it now, and whether it had been closed."""
    for name in TAKEN_OVER:
        setattr(row, name, getattr(seen, name))
    row.last_seen_at, row.generation = at, row.generation + 1
    row.due_at = due(row.first_seen_at, Severity(seen.severity), sla_days())
    reopened = row.state == FindingState.CLOSED
    if reopened:
        row.state, row.closed_at = LIFE.after("reopen", row.state), None
    return row, reopened


def _gone(
    known: dict[tuple[str, str], Finding], read: ScanReport, digest: str, at: datetime, *, trusted: bool
) -> list[Finding]:
    """What this tool saw before and, having looked, does not see now; moved on with the report as evidence."""
    act = "clear" if trusted else "submit"
    sources, _ = LIFE.acts[act]
    seen = {each.key for each in read.sightings}
    gone = []
    for key, row in known.items():
        if key not in seen and row.scope in read.scopes and row.state in sources:
            row.state, row.generation = LIFE.after(act, row.state), row.generation + 1
            row.closed_at = at if trusted else None
            row.evidence_sha256 = digest
            row.evidence_note = "复扫未再发现 / not seen by the same tool any more"
            gone.append(row)
    return gone

"""Fairness audits: asked for by the supervision, worked off in slices by a job, and signed by the node when done."""

import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.errors import Busy, InvalidField
from kernel.objects import canonical_json
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish
from marketplace.selectors.orders import ordered_bundles
from monitoring.domain.fairness import (
    FIGURES,
    FORMAT,
    LIFE,
    MOST_SELECTIONS,
    AuditState,
    count,
    new_tally,
    result_of,
)
from monitoring.errors import SampleNeeded
from monitoring.events import FairnessAudited, FairnessAuditOpened
from monitoring.models import FairnessAudit
from nodes.services.signatures import sign_text
from participants.selectors.organisations import operator_s_own
from scheduling.selectors.line_providers import keys_of
from scheduling.selectors.selections import drawn, made_between
from scheduling.services.fairness import (
    COMPUTE,
    LINE,
    REPLAYED,
    Examined,
    Kept,
    Outcome,
    Owned,
    Parties,
    Supplies,
    examine,
    kept,
    kept_supplies,
)

AUDIT = "monitoring.audit_fairness"
SLICE = 50
"""So many selections are read at a time."""
SLICE_SECONDS = 20.0
"""After so long a slice ends and what was counted is committed: well within a job's lease."""


@transaction.atomic
def open_audit(
    *, start: datetime, end: datetime, sample: int | None, seed: str, actor: Actor
) -> FairnessAudit:
    """Draw the selections of [start, end) that are examined, and have a job examine them.

    Without a seed the node draws one. Raises InvalidField for a period that is not over or ends before it starts, SampleNeeded
    where there are more selections than one audit examines.
    """
    assert actor.tenant_id is not None  # noqa: S101 - the supervision are organisations
    if not start < end <= now():
        raise InvalidField(
            pointer="/end",
            reason_zh="end 须晚于 start，且不晚于现在：只有已结束的时段才有确定的全部选择。",
            reason_en="end must be after start and not later than now: only of a period that is over are all selections known.",
        )
    seed = seed or secrets.token_hex(16)
    population = made_between(start, end)
    if sample is None and population > MOST_SELECTIONS:
        raise SampleNeeded(pointer="/sample", count=population, most=MOST_SELECTIONS)
    own = operator_s_own()
    row = FairnessAudit.objects.create(
        tenant_id=actor.tenant_id,
        start=start,
        end=end,
        seed=seed,
        sample=sample,
        population=population,
        selections=drawn(start=start, end=end, sample=sample, seed=seed),
        owned={
            COMPUTE: sorted({party.code for party in own} - {""}),
            LINE: keys_of(party.id for party in own),
        },
        tally=new_tally(),
    )
    _go_on_later(row)
    publish(
        FairnessAuditOpened(
            subject=row.id,
            tenant=row.tenant_id,
            seed=seed,
            start=start,
            end=end,
            population=population,
            selections=row.size,
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def go_on(*, audit: UUID) -> None:
    """Examine a slice of what is left, and leave the rest to the next job; harmless when run twice.

    A worker that is lost leaves the audit as the slice before it did. Raises Busy while another worker is at it.
    """
    row = FairnessAudit.objects.select_for_update(skip_locked=True).filter(id=audit).first()
    if row is None:
        if FairnessAudit.objects.filter(id=audit).exists():
            raise Busy(retry_after=1)
        return
    if row.state != AuditState.RUNNING:
        return
    _examine_some(row, until=time.monotonic() + SLICE_SECONDS)
    if row.examined < row.size:
        row.advance("examined", "tally")
        _go_on_later(row)
    else:
        _finish(row)


def _examine_some(row: FairnessAudit, *, until: float) -> None:
    """Examine one selection or more, until that reading of the monotonic clock."""
    owned = Owned(row.owned[COMPUTE], row.owned[LINE])
    supplies = kept_supplies()
    while row.examined < row.size:
        ids = row.selections[row.examined : row.examined + SLICE]
        rows = kept(ids, ordered_bundles(ids))
        for found in examine(rows, seed=row.seed, owned=owned, supplies=supplies):
            _count(row.tally, *found)
            row.examined += 1
            if time.monotonic() > until:
                return


def _go_on_later(row: FairnessAudit) -> None:
    enqueue_job(AUDIT, key=f"fairness:{row.id}:{row.examined}", audit=str(row.id))


def _finish(row: FairnessAudit) -> None:
    """Write what was found as one text, and sign it."""
    result = _result(row.tally, row.owned)
    row.document = canonical_json(
        {
            "format": FORMAT,
            "audit": str(row.id),
            "node": settings.NODE_CODE,
            "release": settings.VERSION,
            "start": row.start.isoformat(),
            "end": row.end.isoformat(),
            "seed": row.seed,
            "sample": row.sample,
            "population": row.population,
            "operator_owned": row.owned,
            "result": result,
        }
    )
    row.digest, row.signature, row.key_id = sign_text(row.document)
    row.state, row.verdict, row.ended_at = LIFE.after("finish", row.state).value, result["verdict"], now()
    row.advance(
        "examined", "tally", "document", "digest", "signature", "key_id", "state", "verdict", "ended_at"
    )
    publish(
        FairnessAudited(
            subject=row.id,
            tenant=row.tenant_id,
            verdict=row.verdict,
            examined=result["examined"],
            replayed=result["replayed"],
            digest=row.digest,
        ),
        actor=SYSTEM,
    )


def again(document: Mapping[str, Any], selections: Sequence[Kept], supplies: Supplies) -> dict[str, Any]:
    """The result of an audit worked out once more, from its document and what it examined. Asks no database."""
    own, tally = document["operator_owned"], new_tally()
    owned = Owned(own[COMPUTE], own[LINE])
    for found in examine(selections, seed=document["seed"], owned=owned, supplies=supplies):
        _count(tally, *found)
    return _result(tally, own)


def _result(tally: dict[str, Any], owned: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    replayed = [each.value for each in REPLAYED]
    return result_of(tally, owned=owned, replayed=replayed, same=Outcome.SAME.value)


def _count(tally: dict[str, Any], selection: UUID, found: Examined, ordered: Parties) -> None:
    parties = (
        found.eligible,
        found.shown,
        found.shown_there,
        found.first,
        found.first_there,
        ordered,
    )
    count(
        tally,
        selection=str(selection),
        outcome=found.outcome.value,
        replayed=found.outcome in REPLAYED,
        same=found.outcome is Outcome.SAME,
        differences=found.differences,
        cut=found.cut,
        alone=found.alone,
        figures=dict(zip(FIGURES, parties, strict=True)),
    )

"""Taking heartbeats, and announcing pools that fall silent or come back."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from aggregation.domain.inventory import (
    CLOCK_SKEW,
    KEPT,
    Freshness,
    Reading,
    Verdict,
    freshness,
    supersedes,
)
from aggregation.domain.pools import UNIT
from aggregation.errors import HeartbeatRefused, SequenceReused, UnknownAgent
from aggregation.events import PoolFresh, PoolStale
from aggregation.models import Agent, Heartbeat, Inventory, Pool
from aggregation.selectors.inventory import stale_after
from identifiers.services.sightings import note_sightings
from kernel.actor import SYSTEM, Actor
from kernel.clock import now
from kernel.errors import InvalidField
from kernel.services.capacity import set_totals
from kernel.services.outbox import publish

AT_MOST = 500  # pools announced in one sweep; the rest wait for the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One heartbeat: the agent's key, its own sequence number, when it looked, and what it saw."""

    agent: str
    sequence: int
    observed_at: datetime
    readings: Sequence[Reading]

    @property
    def digest(self) -> bytes:
        """SHA-256 of what it says: the same heartbeat twice has the same digest."""
        said = [self.observed_at.isoformat(), [asdict(reading) for reading in self.readings]]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


@transaction.atomic
def report_inventory(*, beat: Beat, actor: Actor) -> Heartbeat:
    """Keep a heartbeat once and let its newer readings set the ledger; each reading gets its verdict.

    A replay changes nothing and answers as before (INVARIANTS B2). Raises UnknownAgent, SequenceReused for
    the number with other content, InvalidField for a time that is yet to come, HeartbeatRefused where no
    reading can be kept (nothing is stored then, INVARIANTS B1).
    """
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    agent = Agent.objects.select_for_update().filter(tenant_id=actor.tenant_id, key=beat.agent).first()
    if agent is None:
        raise UnknownAgent(pointer="/agent", agent=beat.agent)
    if known := Heartbeat.objects.filter(agent=agent, sequence=beat.sequence).first():
        if bytes(known.digest) != beat.digest:
            raise SequenceReused(pointer="/sequence", agent=beat.agent, sequence=beat.sequence)
        return known
    instant = now()
    if beat.observed_at > instant + CLOCK_SKEW:
        raise InvalidField(
            pointer="/observed_at",
            reason_zh="观测时间晚于节点时间；请校准代理的时钟。",
            reason_en="It lies ahead of the node's clock; set the agent's clock.",
        )
    verdicts = _verdicts(beat, agent, instant, actor)
    if not KEPT.intersection(verdicts):
        first = verdicts[0].label
        pool = beat.readings[0].pool
        raise HeartbeatRefused(pointer="/pools/0", pool=pool, reason_zh=first.zh, reason_en=first.en)
    return Heartbeat.objects.create(
        agent=agent,
        sequence=beat.sequence,
        observed_at=beat.observed_at,
        digest=beat.digest,
        readings=[
            {**asdict(reading), "verdict": verdict.value}
            for reading, verdict in zip(beat.readings, verdicts, strict=True)
        ],
    )


@transaction.atomic
def mark_stale(*, older_than: timedelta | None = None) -> int:
    """Announce the pools whose last reading is older than allowed, each once; returns how many."""
    horizon = now() - (older_than or stale_after())
    due = Inventory.objects.select_for_update(skip_locked=True, of=("self",)).select_related("pool")
    rows = list(due.filter(fresh=True, observed_at__lt=horizon).order_by("observed_at")[:AT_MOST])
    for row in rows:
        row.fresh = False
        row.save(update_fields=["fresh"])
        publish(
            PoolStale(subject=row.pool_id, tenant=row.pool.tenant_id, observed_at=row.observed_at),
            actor=SYSTEM,
        )
    return len(rows)


def _verdicts(beat: Beat, agent: Agent, instant: datetime, actor: Actor) -> list[Verdict]:
    """Apply the readings in the order of their pools' ids, so that heartbeats cannot deadlock."""
    named = [reading.pool for reading in beat.readings]
    # a part of another's pool is not reported: how much there is of it, its allotment says
    own = Pool.objects.filter(tenant_id=agent.tenant_id, part_of=None)
    pools = {pool.key: pool for pool in own.filter(key__in=named)}
    verdicts: dict[str, Verdict] = {}
    for reading in sorted(
        beat.readings, key=lambda each: str(pools[each.pool].id) if each.pool in pools else ""
    ):
        pool = pools.get(reading.pool)  # only the provider's own (INVARIANTS B4)
        if pool is None:
            verdicts[reading.pool] = Verdict.UNKNOWN_POOL
        elif not reading.consistent:
            verdicts[reading.pool] = Verdict.INCONSISTENT
        else:
            verdicts[reading.pool] = _apply(pool, reading, beat, instant, actor)
    seen = [pools[name] for name, verdict in verdicts.items() if verdict is Verdict.APPLIED]
    note_sightings(
        tenant=agent.tenant_id,
        seen={pool.centre_id: "pool" for pool in seen} | {pool.id: "heartbeat" for pool in seen},
        seen_at=beat.observed_at,
        good_until=beat.observed_at + stale_after(),
    )
    return [verdicts[pool] for pool in named]


def _apply(pool: Pool, reading: Reading, beat: Beat, instant: datetime, actor: Actor) -> Verdict:
    # the pool's row is locked, not the reading's: before the first reading there is none to lock
    Pool.objects.select_for_update(no_key=True).get(id=pool.id)
    row = Inventory.objects.filter(pool=pool).first()
    if not supersedes((beat.observed_at, beat.sequence), (row.observed_at, row.sequence) if row else None):
        return Verdict.OLDER
    was_fresh = row is not None and row.fresh
    # one that was too old already is announced again, whether or not mark_stale has come by
    known_fresh = row is not None and row.fresh and _still(row.observed_at, instant)
    is_fresh = _still(beat.observed_at, instant)
    Inventory.objects.update_or_create(
        pool=pool,
        defaults={
            "observed_at": beat.observed_at,
            "sequence": beat.sequence,
            "received_at": Now(),
            "total": reading.total,
            "idle": reading.free,
            "serving": reading.serving,
            "faulty": reading.faulty,
            "fresh": is_fresh or was_fresh,  # what was announced stays until mark_stale announces otherwise
        },
    )
    set_totals(totals={pool.id: reading.at_disposal}, tenant=pool.tenant_id, unit=UNIT, actor=actor)
    if is_fresh and not known_fresh:
        publish(PoolFresh(subject=pool.id, tenant=pool.tenant_id, observed_at=beat.observed_at), actor=actor)
    return Verdict.APPLIED


def _still(observed_at: datetime, instant: datetime) -> bool:
    return freshness(observed_at, instant, stale_after()) is Freshness.FRESH

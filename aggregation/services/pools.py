"""Registering pools of machines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from django.db import IntegrityError, transaction

from aggregation.domain.pools import UNIT, MachineSpec, faults_of_machine
from aggregation.errors import KeyTaken, WrongInput
from aggregation.events import PoolRegistered
from aggregation.models import Centre, Pool
from aggregation.selectors.pools import free_keys
from aggregation.selectors.profiles import accelerators
from kernel.actor import Actor
from kernel.errors import InvalidField, Problem
from kernel.services.capacity import set_totals
from kernel.services.outbox import publish_each
from participants.selectors.organisations import require_certified


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDraft:
    """`machines` equal machines in a centre of the caller's."""

    key: str
    centre: str
    kind: str
    spec: MachineSpec
    machines: int
    marking: str


@transaction.atomic
def register_pool(*, draft: PoolDraft, actor: Actor) -> Pool:
    """Register a pool, and open its ledger row.

    Raises NotCertified, InvalidField for a centre that is not the caller's, WrongInput where the machine
    contradicts the dictionary of accelerators or itself, KeyTaken.
    """
    (found,) = register_pools(drafts=[draft], actor=actor)
    if isinstance(found, Problem):
        raise found
    return Pool.objects.with_free().select_related("centre").get(id=found.id)


@transaction.atomic
def register_pools(*, drafts: Sequence[PoolDraft], actor: Actor) -> list[Pool | Problem]:
    """Register the pools that can be, and say why each of the others cannot, in order.

    Raises NotCertified, KeyTaken where another writer was faster.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    named = {draft.centre for draft in drafts}
    centres = {row.key: row for row in Centre.objects.filter(tenant_id=actor.tenant_id, key__in=named)}
    free = free_keys(Pool, [draft.key for draft in drafts])
    found = [
        _pool(draft, centres.get(draft.centre)) if place in free else KeyTaken(pointer="/pool", key=draft.key)
        for place, draft in enumerate(drafts)
    ]
    rows = [each for each in found if isinstance(each, Pool)]
    try:
        with transaction.atomic():
            Pool.objects.bulk_create(rows)
    except IntegrityError as error:
        raise KeyTaken(pointer="/pool", key="、".join(row.key for row in rows[:3])) from error
    totals = {row.id: row.machines for row in rows}
    set_totals(totals=totals, tenant=actor.tenant_id, unit=UNIT, actor=actor)
    publish_each(
        [
            PoolRegistered(
                subject=row.id, tenant=row.tenant_id, key=row.key, centre=row.centre_id, machines=row.machines
            )
            for row in rows
        ],
        actor=actor,
    )
    return found


def _pool(draft: PoolDraft, centre: Centre | None) -> Pool | Problem:
    """The row that a draft means, or what is wrong with it."""
    if centre is None:
        return InvalidField(
            pointer="/centre",
            reason_zh=f"本主体没有算力中心 {draft.centre}；请先登记。",
            reason_en=f"You have no centre {draft.centre}; register it first.",
        )
    dictionary, spec = accelerators(), draft.spec
    if faults := faults_of_machine(spec, dictionary):
        fault = faults[0]
        return WrongInput(pointer=f"/{fault.column}", reason_zh=fault.text.zh, reason_en=fault.text.en)
    if spec.accelerator and (card := dictionary.find(spec.accelerator)):
        spec = replace(spec, accelerator=card.name)
    return Pool(
        tenant_id=centre.tenant_id,
        key=draft.key,
        centre=centre,
        kind=draft.kind,
        machines=draft.machines,
        marking=draft.marking,
        **asdict(spec),
    )

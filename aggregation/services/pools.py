"""Registering pools of machines."""

from dataclasses import asdict, replace

from django.db import IntegrityError, transaction

from aggregation.domain.pools import UNIT, MachineSpec, faults_of_machine
from aggregation.errors import KeyTaken, WrongInput
from aggregation.events import PoolRegistered
from aggregation.models import Centre, Pool
from aggregation.selectors.profiles import accelerators
from kernel.actor import Actor
from kernel.errors import InvalidField
from kernel.services.capacity import set_total
from kernel.services.outbox import publish
from participants.selectors.organisations import require_certified


@transaction.atomic
def register_pool(
    *, key: str, centre: str, kind: str, spec: MachineSpec, machines: int, marking: str, actor: Actor
) -> Pool:
    """Register `machines` equal machines in a centre of the caller's, and open their ledger row.

    Raises NotCertified, InvalidField for a centre that is not the caller's, WrongInput where the machine
    contradicts the dictionary of accelerators or itself, KeyTaken.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    place = Centre.objects.filter(tenant_id=actor.tenant_id, key=centre).first()
    if place is None:
        raise InvalidField(
            pointer="/centre",
            reason_zh=f"本主体没有算力中心 {centre}；请先登记。",
            reason_en=f"You have no centre {centre}; register it first.",
        )
    dictionary = accelerators()
    if faults := faults_of_machine(spec, dictionary):
        fault = faults[0]
        raise WrongInput(pointer=f"/{fault.column}", reason_zh=fault.text.zh, reason_en=fault.text.en)
    if spec.accelerator and (card := dictionary.find(spec.accelerator)):
        spec = replace(spec, accelerator=card.name)
    try:
        with transaction.atomic():
            row = Pool.objects.create(
                tenant_id=place.tenant_id,
                key=key,
                centre=place,
                kind=kind,
                machines=machines,
                marking=marking,
                **asdict(spec),
            )
    except IntegrityError as error:
        raise KeyTaken(pointer="/pool", key=key) from error
    set_total(resource=row.id, tenant=row.tenant_id, unit=UNIT, total=machines, actor=actor)
    publish(
        PoolRegistered(subject=row.id, tenant=row.tenant_id, key=key, centre=place.id, machines=machines),
        actor=actor,
    )
    return Pool.objects.with_free().select_related("centre").get(id=row.id)

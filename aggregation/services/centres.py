"""Registering compute centres, and the storage that they rent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from aggregation.domain.centres import UNIT_GIB
from aggregation.errors import KeyTaken, WrongInput
from aggregation.events import CentreRegistered, StorageSet
from aggregation.models import Centre, CentreStore
from aggregation.selectors.places import Point, placing_of, points
from aggregation.selectors.pools import free_keys
from kernel.actor import Actor
from kernel.errors import Problem
from kernel.services.capacity import set_totals
from kernel.services.outbox import publish, publish_each
from participants.selectors.organisations import require_certified


@dataclass(frozen=True, slots=True)
class CentreDraft:
    """A centre's key and the columns of its row, checked by the serializer."""

    key: str
    facts: dict[str, Any]


@transaction.atomic
def register_centre(*, key: str, facts: dict[str, Any], actor: Actor) -> Centre:
    """Register a centre of the caller's. Raises NotCertified, KeyTaken where the key stands for something, WrongInput."""
    (found,) = register_centres(drafts=[CentreDraft(key, facts)], actor=actor)
    if isinstance(found, Problem):
        raise found
    return found


@transaction.atomic
def register_centres(*, drafts: Sequence[CentreDraft], actor: Actor) -> list[Centre | Problem]:
    """Register the centres that can be, and say why each of the others cannot, in order.

    Raises NotCertified before the provider's certification, KeyTaken where another writer was faster.
    """
    require_certified(actor)
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    free = free_keys(Centre, [draft.key for draft in drafts])
    sites = points({draft.facts["site"] for draft in drafts})
    found: list[Centre | Problem] = [
        _placed(Centre(tenant_id=actor.tenant_id, key=draft.key, **draft.facts), sites)
        if place in free
        else KeyTaken(pointer="/centre", key=draft.key)
        for place, draft in enumerate(drafts)
    ]
    rows = [each for each in found if isinstance(each, Centre)]
    try:
        with transaction.atomic():
            Centre.objects.bulk_create(rows)
    except IntegrityError as error:
        raise KeyTaken(pointer="/centre", key="、".join(row.key for row in rows[:3])) from error
    publish_each(
        [CentreRegistered(subject=row.id, tenant=row.tenant_id, key=row.key) for row in rows], actor=actor
    )
    return found


def _placed(centre: Centre, sites: Mapping[str, Point]) -> Centre | WrongInput:
    """The centre, unless its coordinates contradict its division or its site; one that is not known yet the gate asks about."""
    placing = placing_of(centre, sites)
    for pointer, why in (("/lat", placing.elsewhere), ("/site", placing.off_site)):
        if why is not None:
            return WrongInput(pointer=pointer, reason_zh=f"{why.zh}。", reason_en=f"{why.en}.")
    return centre


@transaction.atomic
def set_storage(
    *, centre: Centre, storage_class: str, gib: int, price_cny_gib_month: Decimal, actor: Actor
) -> Centre:
    """Say how much storage of a class a centre rents, and at what price, from now on; the ledger holds what is sold.

    Raises NotCertified.
    """
    require_certified(actor)
    row, _ = CentreStore.objects.update_or_create(
        centre=centre,
        storage_class=storage_class,
        defaults={"tenant_id": centre.tenant_id, "gib": gib, "price_cny_gib_month": price_cny_gib_month},
    )
    set_totals(totals={row.id: gib}, tenant=centre.tenant_id, unit=UNIT_GIB, actor=actor)
    publish(
        StorageSet(
            subject=centre.id, tenant=centre.tenant_id, key=centre.key, storage_class=storage_class, gib=gib
        ),
        actor=actor,
    )
    return Centre.objects.prefetch_related("stores").get(id=centre.id)

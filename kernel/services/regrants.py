"""Changing what a contract keeps, in one step: nothing that it goes on with is free for others in between."""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction

from kernel.domain.windows import Window
from kernel.errors import HoldGone
from kernel.models.capacity import Claim, ClaimState
from kernel.services.capacity import add_standing, lock_rows, recompute_peaks


@transaction.atomic
def regrant(*, bundle: UUID, spare: UUID, quantities: Mapping[UUID, int], instead_of: Iterable[UUID]) -> None:
    """Let a contract keep these quantities instead of what it keeps of some resources, out of that and of a spare bundle.

    Both are confirmed without end; the spare one is over then, and what neither needs is free. Raises HoldGone where the
    two do not have as much. Claims are locked before the rows, as everywhere.
    """
    confirmed = Claim.objects.filter(state=ClaimState.CONFIRMED, period=None).order_by("id")
    of_two = confirmed.filter(bundle=bundle, resource__in=list(instead_of)) | confirmed.filter(bundle=spare)
    claims = list(of_two.select_for_update())
    have = Counter[UUID]()
    for claim in claims:
        have[claim.resource_id] += claim.quantity
    lock_rows(have)
    if any(quantity > have[resource] for resource, quantity in quantities.items()):
        raise HoldGone
    changes = {each: quantities.get(each, 0) - had for each, had in have.items()}
    add_standing({resource: change for resource, change in changes.items() if change})
    Claim.objects.filter(id__in=[claim.id for claim in claims]).update(state=ClaimState.RELEASED)
    tenant = claims[0].tenant_id
    for resource, quantity in quantities.items():  # a line that moves back has had a claim there before
        Claim.objects.update_or_create(
            bundle=bundle,
            resource_id=resource,
            period=None,
            defaults={"quantity": quantity, "state": ClaimState.CONFIRMED, "tenant_id": tenant},
        )


@transaction.atomic
def bound(*, bundle: UUID, resources: Iterable[UUID], window: Window) -> None:
    """Let a contract keep within a window what it keeps of some resources without end; once more changes nothing.

    What stood falls by as much as the most of windows can rise, under the rows' locks: nobody can come in between.
    """
    confirmed = Claim.objects.filter(bundle=bundle, state=ClaimState.CONFIRMED, period=None)
    claims = list(confirmed.filter(resource__in=list(resources)).order_by("id").select_for_update())
    lock_rows(claim.resource_id for claim in claims)
    add_standing({claim.resource_id: -claim.quantity for claim in claims})
    Claim.objects.filter(id__in=[claim.id for claim in claims]).update(period=(window.start, window.end))
    if claims:
        recompute_peaks([claim.resource_id for claim in claims])

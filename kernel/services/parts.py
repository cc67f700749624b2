"""Parts of a resource: set aside by a claim on it, each with a row of the ledger of its own, from which it is sold."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.errors import SoldOut
from kernel.models.capacity import ACTIVE, Claim, ClaimState
from kernel.selectors.capacity import taken
from kernel.services.capacity import add_standing, confirm, lock_rows, release, set_totals
from kernel.services.peaks import recompute_peaks

LAST = datetime(9999, 1, 1, tzinfo=UTC)


@transaction.atomic
def open_part(*, bundle: UUID, part: UUID, tenant: UUID, unit: str, actor: Actor) -> None:
    """Turn a bundle's hold of one resource into a part of it, of which its tenant may sell as much as was held.

    Where it was held for a window, nothing of the part is granted at other times: those are booked by the bundle itself, so
    that the one arithmetic of windows says what is free. Raises HoldGone; SoldOut where less is left of the resource than was
    promised, so that nothing of it is granted.
    """
    confirm(bundle=bundle)
    claim = Claim.objects.get(bundle=bundle)
    if lock_rows([claim.resource_id])[claim.resource_id].over_committed:
        raise SoldOut(resource=claim.resource_id, wanted=claim.quantity, free=0)
    set_totals(totals={part: claim.quantity}, tenant=tenant, unit=unit, actor=actor)
    if claim.period is None:
        return
    outside = [(now(), claim.period.lower), (claim.period.upper, LAST)]
    Claim.objects.bulk_create(
        Claim(
            resource_id=part,
            bundle=bundle,
            tenant_id=tenant,
            quantity=claim.quantity,
            period=period,
            state=ClaimState.CONFIRMED,
        )
        for period in outside
        if period[0] < period[1]
    )
    recompute_peaks([part])


@transaction.atomic
def shrink_part(*, bundle: UUID, part: UUID, resource: UUID, least: int, actor: Actor) -> int:
    """Give back to a resource what its part has not sold, down to `least`; returns what is left of the part.

    What is sold of it, held or out of service stays. The claims are locked before the rows, the resource before its part.
    """
    claims = list(Claim.objects.filter(bundle=bundle, state__in=ACTIVE).order_by("id").select_for_update())
    rows = lock_rows([resource, part])
    total = rows[part].total
    left = min(total, max(least, taken([part], besides=[bundle])[part]))
    if left == total:
        return left
    if not left:
        release(bundle=bundle)
    else:
        Claim.objects.filter(id__in=[claim.id for claim in claims]).update(quantity=left)
        add_standing({claim.resource_id: left - claim.quantity for claim in claims if claim.period is None})
        recompute_peaks({claim.resource_id for claim in claims if claim.period is not None})
    set_totals(totals={part: left}, tenant=rows[part].tenant_id, unit=rows[part].unit, actor=actor)
    return left

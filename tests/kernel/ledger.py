"""Small words for the tests and attacks on the capacity ledger."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now

from kernel.actor import SYSTEM
from kernel.ids import new_id
from kernel.models import Capacity, Claim
from kernel.models.capacity import ACTIVE, ClaimState
from kernel.services import capacity

TENANT = new_id()
MINUTE = timedelta(minutes=1)


def declare(total: int, resource: UUID | None = None) -> UUID:
    """A resource with so many cards."""
    resource = resource or new_id()
    capacity.set_totals(totals={resource: total}, tenant=TENANT, unit="card", actor=SYSTEM)
    return resource


def hold(quantities: dict[UUID, int], *, bundle: UUID | None = None, **more: Any) -> UUID:
    """Hold for a minute, each time for another tenant, so that only the resources are shared; returns the bundle."""
    bundle = bundle or new_id()
    more = {"ttl": MINUTE, "tenant": new_id(), **more}
    with transaction.atomic():
        capacity.hold(bundle=bundle, quantities=quantities, **more)
    return bundle


def states(bundle: UUID) -> set[str]:
    """The states of the bundle's claims: one value unless something is wrong, empty if it never held."""
    return set(Claim.objects.filter(bundle=bundle).values_list("state", flat=True))


def let_time_pass(bundle: UUID) -> None:
    """Let the bundle's deadline have passed."""
    Claim.objects.filter(bundle=bundle, state=ClaimState.HELD).update(expires_at=Now() - MINUTE)


def taken(resource: UUID) -> int:
    """The sum of the active claims, counted from the claims themselves."""
    active = Claim.objects.filter(resource=resource, state__in=ACTIVE)
    return int(active.aggregate(sum=Sum("quantity"))["sum"] or 0)


def claims_of(bundles: Iterable[UUID]) -> tuple[dict[UUID, dict[UUID, int]], dict[UUID, set[str]]]:
    """What each bundle has claimed of each resource, and the states of its claims; by one statement."""
    quantities: dict[UUID, dict[UUID, int]] = {bundle: {} for bundle in bundles}
    states: dict[UUID, set[str]] = {bundle: set() for bundle in quantities}
    rows = Claim.objects.filter(bundle__in=list(quantities))
    for bundle, resource, quantity, state in rows.values_list("bundle", "resource", "quantity", "state"):
        quantities[bundle][resource] = quantity
        states[bundle].add(state)
    return quantities, states


def books(resource: UUID) -> tuple[int, int, int]:
    """Total, standing and peak as the row has them."""
    row = Capacity.objects.get(resource=resource)
    return row.total, row.standing, row.peak

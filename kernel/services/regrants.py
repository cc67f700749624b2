"""Changing what a contract keeps, in one step: nothing that it goes on with is free for others in between."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Least

from kernel.clock import now
from kernel.domain.windows import Window
from kernel.errors import HoldGone
from kernel.models.capacity import Claim, ClaimState
from kernel.selectors.capacity import free_over
from kernel.services.capacity import add_standing, lock_rows
from kernel.services.peaks import recompute_peaks


@transaction.atomic
def regrant(*, bundle: UUID, spare: UUID, quantities: Mapping[UUID, int], instead_of: Iterable[UUID]) -> None:
    """Let a contract keep these quantities instead of what it keeps of some resources, out of that and of a spare bundle.

    Both are confirmed; the spare one is over then, and what neither needs is free. What is kept is kept from now until the
    first of their windows ends, or without end where none has one. Raises HoldGone where the two do not have as much.
    Claims are locked before the rows, as everywhere.
    """
    confirmed = Claim.objects.filter(state=ClaimState.CONFIRMED)
    of_two = confirmed.filter(bundle=bundle, resource__in=list(instead_of)) | confirmed.filter(bundle=spare)
    claims = _locked(of_two)
    have = Counter[UUID]()
    for claim in claims:
        have[claim.resource_id] += claim.quantity
    over = _over_committed(have)
    ends, start = [claim.period.upper for claim in claims if claim.period], now()
    if any(quantity > have[resource] for resource, quantity in quantities.items()) or any(
        end <= start for end in ends
    ):
        raise HoldGone
    period = (start, min(ends)) if ends else None
    stood = Counter[UUID]()
    for claim in claims:
        if claim.period is None:
            stood[claim.resource_id] += claim.quantity
    wanted = quantities if period is None else {}
    changes = {each: wanted.get(each, 0) - stood[each] for each in have}
    add_standing({resource: change for resource, change in changes.items() if change})
    Claim.objects.filter(id__in=[claim.id for claim in claims]).update(state=ClaimState.RELEASED)
    tenant = claims[0].tenant_id
    for resource, quantity in quantities.items():  # a line that moves back has had a claim there before
        Claim.objects.update_or_create(
            bundle=bundle,
            resource_id=resource,
            period=period,
            defaults={"quantity": quantity, "state": ClaimState.CONFIRMED, "tenant_id": tenant},
        )
    if ends:
        recompute_peaks(have, over=over)


@transaction.atomic
def book(
    *, bundle: UUID, resources: Collection[UUID], windows: Sequence[Window], beside: Iterable[UUID] = ()
) -> None:
    """Let a live hold keep in windows alone what it keeps of some resources without end; what stood there covers them.

    So nothing can be short, and nobody comes in between. It runs out no later than its first window ends. The rows of what the
    caller goes on to hold (`beside`) are locked with them, in the one order. Raises HoldGone where it does not keep as much.
    """
    held = Claim.objects.filter(bundle=bundle, state=ClaimState.HELD, period=None)
    claims = _locked(held.filter(resource__in=list(resources)))
    if {claim.resource_id for claim in claims} != set(resources):
        raise HoldGone
    over = _over_committed({*resources, *beside})
    add_standing({claim.resource_id: -claim.quantity for claim in claims})
    first, *later = windows
    first_end = Value(min(window.end for window in windows), DateTimeField())
    mine = Claim.objects.filter(id__in=[claim.id for claim in claims])
    mine.update(period=(first.start, first.end), expires_at=Least(F("expires_at"), first_end))
    Claim.objects.bulk_create(
        Claim(
            resource_id=claim.resource_id,
            bundle=bundle,
            tenant_id=claim.tenant_id,
            quantity=claim.quantity,
            period=(window.start, window.end),
            state=ClaimState.HELD,
            expires_at=claim.expires_at,
        )
        for claim in mine.order_by("id")
        for window in later
    )
    recompute_peaks(resources, over=over)


@transaction.atomic
def curtail(*, bundle: UUID, by: datetime) -> None:
    """Let a live hold run no longer than until then."""
    claims = _locked(Claim.objects.filter(bundle=bundle, state=ClaimState.HELD))
    late = Claim.objects.filter(id__in=[claim.id for claim in claims], expires_at__gt=by)
    late.update(expires_at=by)


@transaction.atomic
def bound(*, bundle: UUID, resources: Iterable[UUID], window: Window) -> datetime:
    """Let a contract keep within a window what it keeps of some resources without end, or for a while; until when it does.

    That is the window's end, or where something is kept for less time and others have booked what comes after, when
    this is over. What stood falls by as much as the most of windows can rise, under the rows' locks: nobody can come in
    between.
    """
    confirmed = Claim.objects.filter(bundle=bundle, state=ClaimState.CONFIRMED)
    claims = _locked(confirmed.filter(resource__in=list(resources)))
    over = _over_committed({claim.resource_id for claim in claims})
    short = [claim for claim in claims if claim.period and claim.period.upper < window.end]
    end = min((claim.period.upper for claim in short if not _goes_on(claim, window.end)), default=window.end)
    add_standing({claim.resource_id: -claim.quantity for claim in claims if claim.period is None})
    period = (min(window.start, end), end)
    Claim.objects.filter(id__in=[claim.id for claim in claims]).update(period=period)
    if claims:
        recompute_peaks({claim.resource_id for claim in claims}, over=over)
    return end


@transaction.atomic
def give_back(*, bundle: UUID, resources: Iterable[UUID]) -> None:
    """Let a contract keep nothing more of some resources; it goes on with the rest."""
    confirmed = Claim.objects.filter(bundle=bundle, state=ClaimState.CONFIRMED)
    claims = _locked(confirmed.filter(resource__in=list(resources)))
    over = _over_committed({claim.resource_id for claim in claims})
    stood = Counter[UUID]()
    for claim in claims:
        if claim.period is None:
            stood[claim.resource_id] -= claim.quantity
    Claim.objects.filter(id__in=[claim.id for claim in claims]).update(state=ClaimState.RELEASED)
    add_standing(stood)
    if booked := {claim.resource_id for claim in claims if claim.period is not None}:
        recompute_peaks(booked, over=over)


def _over_committed(resources: Iterable[UUID]) -> list[UUID]:
    """Lock the rows; those of which more was sold than is left, by a cut: the contract stands there all the same."""
    return [id_ for id_, row in lock_rows(resources).items() if row.over_committed]


def _goes_on(claim: Claim, end: datetime) -> bool:
    """Whether what is booked after a claim leaves room for it to go on until then."""
    after = Window(claim.period.upper, end)
    return free_over([claim.resource_id], [after])[claim.resource_id] >= claim.quantity


def _locked(claims: QuerySet[Claim]) -> list[Claim]:
    return list(claims.order_by("id").select_for_update())

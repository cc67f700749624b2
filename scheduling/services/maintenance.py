"""Declaring maintenance and calling it off: what was sold stands, and who is hit is told."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import transaction
from django.db.models import Exists, Func, OuterRef, Q
from django.db.models.functions import Now

from aggregation.selectors.allotments import AllotmentFacts, allotments_of
from kernel.actor import Actor
from kernel.clock import now
from kernel.domain.windows import Window
from kernel.errors import InvalidField
from kernel.ids import new_id
from kernel.locks import Lock, share_lock, take_lock
from kernel.models.capacity import ACTIVE, Capacity, Claim
from kernel.selectors.capacity import totals
from kernel.services import capacity
from kernel.services.outbox import publish, publish_each
from scheduling import events
from scheduling.domain.maintenance import LIFE
from scheduling.models import BookingConflict, Maintenance
from scheduling.selectors.profiles import hold_profile

DECLARED = "maintenance"


@transaction.atomic
def declare_maintenance(
    *, resource: UUID, window: Window, quantity: int | None, reason: str, actor: Actor
) -> Maintenance:
    """Take so much (None: all) of a pool or a span of the caller's out of service for a window.

    Nothing more is granted there. Bookings that need more than is left stand; each becomes a conflict, of which its
    tenant is told; an allotment too, and then nothing more of it is granted and each of its bookings is one. Raises InvalidField for a resource that is not the caller's, a window that began or lies beyond the
    horizon, and more than there is.
    """
    assert actor.tenant_id is not None  # noqa: S101 - providers are organisations
    take_lock(Lock.LEDGER, DECLARED)  # before any row: see `await_maintenance`
    mine = Capacity.objects.filter(resource=resource, tenant_id=actor.tenant_id)
    row = mine.select_for_update(no_key=True).first()
    if row is None:
        raise InvalidField(
            pointer="/resource",
            reason_zh="本主体没有该资源池或光缆段。",
            reason_en="You have no such pool or span.",
        )
    _require_ahead(window)
    wanted = row.total if quantity is None else quantity
    if not 0 < wanted <= row.total:
        raise InvalidField(
            pointer="/quantity",
            reason_zh=f"该资源共 {row.total} {row.unit}。",
            reason_en=f"There are {row.total} {row.unit} of it.",
        )
    work = Maintenance(
        id=new_id(),
        tenant_id=actor.tenant_id,
        resource=resource,
        unit=row.unit,
        quantity=wanted,
        start=window.start,
        end=window.end,
        reason=reason,
    )
    hit = capacity.cut(
        bundle=work.id, tenant=work.tenant_id, resource=resource, quantity=wanted, window=window
    )
    allotted = allotments_of(hit)
    hit = sorted({*hit, *_cut_parts(work, window, allotted)})
    conflicts = _conflicts(work, hit, allotted)
    work.conflicts = len(conflicts)
    work.save(force_insert=True)
    BookingConflict.objects.bulk_create(conflicts)
    publish(
        events.MaintenanceDeclared(
            subject=work.id,
            tenant=work.tenant_id,
            resource=resource,
            quantity=wanted,
            start=window.start,
            end=window.end,
            conflicts=work.conflicts,
        ),
        actor=actor,
    )
    publish_each([_told(each, work) for each in conflicts], actor=actor)
    return work


@transaction.atomic
def cancel_maintenance(*, maintenance: Maintenance, actor: Actor) -> Maintenance:
    """Call it off: what it took is granted again, and its open conflicts are over. Raises StateConflict."""
    row = Maintenance.objects.select_for_update().get(id=maintenance.id)
    row.state = LIFE.after("cancel", row.state).value
    row.advance("state")
    capacity.release(bundle=row.id)
    row.hits.filter(closed_at=None).update(closed_at=Now())
    publish(
        events.MaintenanceCancelled(subject=row.id, tenant=row.tenant_id, resource=row.resource), actor=actor
    )
    return row


@transaction.atomic
def close_conflicts() -> int:
    """End the conflicts of bookings that claim nothing any more of what is out of service then, and those of maintenance that is over; how many."""
    cut = Claim.objects.filter(bundle=OuterRef(OuterRef("maintenance"))).values("resource")
    window = Func(
        OuterRef("maintenance__start"),
        OuterRef("maintenance__end"),
        function="tstzrange",
        output_field=DateTimeRangeField(),
    )
    claims = Claim.objects.filter(bundle=OuterRef("bundle"), state__in=ACTIVE, resource__in=cut)
    standing = claims.filter(Q(period=None) | Q(period__overlap=window))
    over = Q(maintenance__end__lte=Now()) | ~Exists(standing)
    return BookingConflict.objects.filter(over, closed_at=None).update(closed_at=Now())


def await_maintenance() -> None:
    """Let nothing be declared until the transaction is over: whoever takes a booking over takes over all its conflicts.

    It comes before any lock on the ledger.
    """
    share_lock(Lock.LEDGER, DECLARED)


@transaction.atomic
def carry_conflicts(*, bundle: UUID, by: UUID) -> None:
    """What a booking claimed is claimed by another one now, whose conflicts its open ones are; one for each maintenance.

    Such a one that the other has already is left: it ends, as its own booking claims nothing any more.
    """
    known = BookingConflict.objects.filter(bundle=by).values("maintenance")
    carried = BookingConflict.objects.filter(bundle=bundle, closed_at=None).exclude(maintenance__in=known)
    carried.update(bundle=by)


def _require_ahead(window: Window) -> None:
    instant = now()
    if window.start <= instant:
        raise InvalidField(
            pointer="/start",
            reason_zh="维护须自将来的时间开始；正在发生的故障请由代理上报。",
            reason_en="Maintenance begins in the future; what fails now is reported by the agent.",
        )
    if window.end > instant + hold_profile().horizon:
        days = hold_profile().horizon.days
        raise InvalidField(
            pointer="/end", reason_zh=f"维护须在 {days} 天内结束。", reason_en=f"It ends within {days} days."
        )


def _cut_parts(work: Maintenance, window: Window, allotted: Mapping[UUID, AllotmentFacts]) -> set[UUID]:
    """Take what is allotted of the pool and hit out of service too; the bundles that need some of it then."""
    parts = totals(facts.part for facts in allotted.values() if facts.part is not None)
    found = set[UUID]()
    for part, total in sorted(parts.items()):
        found.update(
            capacity.cut(bundle=work.id, tenant=work.tenant_id, resource=part, quantity=total, window=window)
        )
    return found


def _conflicts(
    work: Maintenance, hit: list[UUID], allotted: Mapping[UUID, AllotmentFacts]
) -> list[BookingConflict]:
    """A conflict for each booking that is hit, of an allotment its reseller's; other maintenance is none."""
    others = set(Maintenance.objects.filter(id__in=hit).values_list("id", flat=True))
    tenants = dict(Claim.objects.filter(bundle__in=hit).values_list("bundle", "tenant_id"))
    tenants |= {id_: facts.reseller for id_, facts in allotted.items()}
    return [
        BookingConflict(tenant_id=tenants[bundle], provider=work.tenant_id, maintenance=work, bundle=bundle)
        for bundle in hit
        if bundle not in others
    ]


def _told(conflict: BookingConflict, work: Maintenance) -> events.BookingConflicted:
    return events.BookingConflicted(
        subject=conflict.bundle,
        tenant=conflict.tenant_id,
        parties=conflict.concerned(),
        maintenance=work.id,
        start=work.start,
        end=work.end,
    )

"""What is allotted: how much of it is sold, and what the floors above ask of a pool that is a part of another's."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from aggregation.models import Allotment, Pool
from kernel.selectors.capacity import taken


@dataclass(frozen=True, slots=True)
class AllotmentFacts:
    """A pool's machines for a reseller; `part` is the ledger's row that it sells from, None before it accepts."""

    reseller: UUID
    part: UUID | None


def sold_of(rows: Iterable[Allotment]) -> dict[UUID, int]:
    """Part → the most of it that is sold, held or out of service at any instant, in machines; one statement."""
    rows = [row for row in rows if row.part_id is not None]
    return taken([row.part_id for row in rows if row.part_id], besides=[row.id for row in rows])


def allotments_of(bundles: Iterable[UUID]) -> dict[UUID, AllotmentFacts]:
    """The allotments among bundles of the ledger, by their ids."""
    rows = Allotment.objects.filter(id__in=list(bundles))
    return {id_: AllotmentFacts(*facts) for id_, *facts in rows.values_list("id", "reseller", "part_id")}


def parts_of(*, owners: Iterable[UUID], pools: Iterable[UUID]) -> set[UUID]:
    """The parts of these owners' pools and of these pools: what hangs on them beside their own offers."""
    parts = Pool.objects.exclude(part_of=None)
    theirs = parts.filter(part_of__tenant_id__in=list(owners)) | parts.filter(part_of__in=list(pools))
    return set(theirs.values_list("id", flat=True))


def identified_as(pools: Iterable[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Pool → (owner, pool) under which its machines have their identifier: those of the whole for a part."""
    rows = Pool.objects.filter(id__in=set(pools)).select_related("part_of")
    wholes = {row.id: row.part_of or row for row in rows}
    return {id_: (whole.tenant_id, whole.id) for id_, whole in wholes.items()}

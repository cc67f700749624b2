"""What a change of a running line does to the ledger and to the line's life: more is held, confirmed, and switched to."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.services import capacity
from kernel.services.regrants import regrant
from scheduling.models import LineOpening
from scheduling.selectors.profiles import hold_profile
from scheduling.selectors.selections import Begins, BundleFacts
from scheduling.services.carriers import ask_change, ask_confirmation, drop_change, replace_line
from scheduling.services.gate import require_buyer, require_line, require_line_sellable, require_spans_listed
from scheduling.services.maintenance import carry_conflicts
from scheduling.services.openings import note_switch
from scheduling.services.shortages import LINE, naming

__all__ = [
    "ask_change",
    "ask_confirmation",
    "begins_of",
    "confirm_more",
    "hold_more",
    "let_go",
    "require_buyer",
    "require_line",
    "require_line_sellable",
    "require_spans_listed",
    "switch",
]


def begins_of(order: UUID) -> Begins:
    """Where an order's line begins now."""
    return LineOpening.objects.values_list("a_id", "protection_a_id").get(order=order)


def hold_more(
    *, change: UUID, tenant: UUID, quantities: Mapping[UUID, int], ttl: timedelta, needed_until: datetime
) -> datetime:
    """Pre-occupy what a changed line needs beside what it has, until the service is over; until when it is held.

    Raises SoldOut, HoldQuotaReached, HoldsLapse.
    """
    with naming(LINE):
        return capacity.hold(
            bundle=change,
            tenant=tenant,
            quantities=quantities,
            ttl=ttl,
            until=needed_until,
            quota=hold_profile().quota,
        )


def confirm_more(*, change: UUID) -> None:
    """Both agreed: what was pre-occupied is a contract. Raises HoldGone."""
    capacity.confirm(bundle=change)


def let_go(*, change: UUID, actor: Actor, lapsed: bool = True) -> None:
    """Nothing comes of the change: what it held is free, at its carrier too; not `lapsed` where that was the carrier's doing."""
    capacity.release(bundle=change, lapsed=lapsed)
    drop_change(change=change, actor=actor)


@transaction.atomic
def switch(
    *,
    order: UUID,
    change: UUID,
    quantities: Mapping[UUID, int],
    instead_of: Iterable[UUID],
    bandwidth_mbps: int,
    moved: BundleFacts | None,
    actor: Actor,
) -> None:
    """The order's line is on these spans with these Mbps from now on, and where the bundle is that it `moved` to.

    Raises HoldGone, CarrierNotReady.
    """
    replace_line(change=change, actor=actor)
    regrant(bundle=order, spare=change, quantities=quantities, instead_of=instead_of)
    carry_conflicts(bundle=change, by=order)
    note_switch(order=order, bandwidth_mbps=bandwidth_mbps, moved=moved, actor=actor)

"""Number blocks: asking for one, opening what the upstream grants, closing what a former database drew from."""

from django.db import transaction
from django.db.models import Max

from identifiers.domain.blocks import LIFE, BlockState
from identifiers.events import BlockNeeded, BlockOpened
from identifiers.models import NumberBlock, Prefix
from identifiers.selectors.blocks import block_in_use, incarnation
from identifiers.services.applications import ISSUE_JOB
from kernel.actor import SYSTEM
from kernel.locks import Lock, take_lock
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish


@transaction.atomic
def renew_block(*, by_hand: bool = False) -> bool:
    """Ask for a block where this database has none of its own; what another incarnation drew from is closed for ever.

    Harmless at any time; whether it asked. Issuing waits until the upstream has granted one. `by_hand` closes this
    database's own block too: for a restore that it cannot see.
    """
    prefix = Prefix.objects.order_by("-id").first()
    if prefix is None:
        return False
    if block_in_use(prefix) is not None and not by_hand:
        return False
    take_lock(Lock.ISSUER, prefix.prefix)
    mine = incarnation()
    rows = NumberBlock.objects.filter(prefix=prefix)
    living = rows.filter(state__in=(BlockState.ASKED, BlockState.OPEN)).select_for_update()
    if not by_hand and any(row.incarnation == mine for row in living):
        return False
    for row in living:
        row.state = LIFE.after("close", row.state)
        row.advance("state")
    last = rows.aggregate(last=Max("number"))["last"]
    _ask(prefix, 0 if last is None else last + 1, mine)
    return True


@transaction.atomic
def grant_block(*, prefix: str, number: int, incarnation: str) -> None:
    """The upstream granted the block that was asked for: issuing goes on. Nothing where it was not, or is over."""
    row = _asked(prefix, number, incarnation)
    if row is None:
        return
    row.state = LIFE.after("open", row.state)
    row.advance("state")
    publish(BlockOpened(subject=row.id, tenant=None, prefix=prefix, number=number), actor=SYSTEM)
    enqueue_job(ISSUE_JOB)


@transaction.atomic
def refuse_block(*, prefix: str, number: int, incarnation: str) -> None:
    """The upstream gave that block to a former database of ours: ask for the next."""
    row = _asked(prefix, number, incarnation)
    if row is None:
        return
    row.state = LIFE.after("refuse", row.state)
    row.advance("state")
    _ask(row.prefix, number + 1, incarnation)


def open_first_block(prefix: Prefix, number: int) -> None:
    """The block that came with the prefix, in the caller's transaction."""
    row = NumberBlock.objects.create(
        prefix=prefix, number=number, incarnation=incarnation(), state=BlockState.OPEN
    )
    publish(BlockOpened(subject=row.id, tenant=None, prefix=prefix.prefix, number=number), actor=SYSTEM)


def _asked(prefix: str, number: int, incarnation: str) -> NumberBlock | None:
    rows = NumberBlock.objects.select_for_update(of=("self",)).select_related("prefix")
    return rows.filter(
        prefix__prefix=prefix, number=number, incarnation=incarnation, state=BlockState.ASKED
    ).first()


def _ask(prefix: Prefix, number: int, incarnation: str) -> None:
    row = NumberBlock.objects.create(
        prefix=prefix, number=number, incarnation=incarnation, state=BlockState.ASKED
    )
    publish(
        BlockNeeded(
            subject=row.id, tenant=None, prefix=prefix.prefix, number=number, incarnation=incarnation
        ),
        actor=SYSTEM,
    )

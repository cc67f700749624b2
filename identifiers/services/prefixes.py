"""Accepting the prefix that the national node delegates."""

from django.db import transaction

from identifiers.domain.codes import PREFIX
from identifiers.events import PrefixAccepted
from identifiers.models import Prefix
from identifiers.services.applications import ISSUE_JOB
from identifiers.services.blocks import open_first_block
from kernel.actor import Actor
from kernel.services.jobs import enqueue_job
from kernel.services.outbox import publish


@transaction.atomic
def accept_prefix(*, prefix: str, delegated_by: str, actor: Actor, block: int = 0) -> Prefix:
    """Let this node issue under `prefix`, from the number block that comes with it; accepting it again changes nothing.

    Raises ValueError if malformed.
    """
    if not PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix")
    row, new = Prefix.objects.get_or_create(prefix=prefix, defaults={"delegated_by": delegated_by})
    if new:
        publish(PrefixAccepted(subject=row.id, tenant=None, prefix=prefix), actor=actor)
        open_first_block(row, block)
        enqueue_job(ISSUE_JOB)  # what waited for it
    return row

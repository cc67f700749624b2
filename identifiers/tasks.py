"""Work of identifiers that runs later."""

import contextlib

from celery import shared_task

from identifiers.errors import NoBlock, NoPrefix
from identifiers.services.applications import ISSUE_JOB
from identifiers.services.blocks import renew_block
from identifiers.services.issuing import issue_by_rule
from kernel.jobs import job


@job(ISSUE_JOB)
def issue() -> None:
    """Issue all that waits for the rule; harmless when run twice. What has to wait is issued once a block is there."""
    with contextlib.suppress(NoPrefix, NoBlock):
        while issue_by_rule():
            pass


@shared_task(name="identifiers.tasks.renew_blocks", ignore_result=True)
def renew_blocks() -> None:
    """Ask for a number block where this database has none of its own."""
    renew_block()
